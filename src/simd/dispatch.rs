//! Plain code, compiled once for each level.

use super::Level;

/// Work that is compiled for each level. `run`, and whatever it calls in its loops, has to be `#[inline(always)]`: only
/// what is inlined gets the level's instructions.
pub trait Work {
    /// What comes out.
    type Output;

    /// Does the work.
    fn run(self) -> Self::Output;
}

/// Does the work with the instructions of a level; the result is the same at every level. A level that this processor lacks
/// is taken for the portable one.
#[inline]
pub fn dispatch<W: Work>(level: Level, work: W) -> W::Output {
    match level {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the processor has been asked for the instructions that the function is compiled with.
        Level::Avx512 if level.is_here() => unsafe { avx512(work) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Level::Avx2 if level.is_here() => unsafe { avx2(work) },
        _ => work.run(),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,bmi1,bmi2,lzcnt,popcnt")]
fn avx512<W: Work>(work: W) -> W::Output {
    work.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn avx2<W: Work>(work: W) -> W::Output {
    work.run()
}

/// The whole part of a number from 0 to 2^22. A cast does the same, but also minds NaN and what is too large, of which
/// the compiler makes no vector code.
#[inline(always)]
pub fn whole(value: f32) -> u32 {
    // Where units are the last binary digit the sum is rounded to them, up or down.
    const UNITS: f32 = 8_388_608.0;
    let nearest = value + UNITS;
    nearest.to_bits().wrapping_sub(UNITS.to_bits()).wrapping_sub(u32::from(nearest - UNITS > value))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sum<'a>(&'a [f32]);

    impl Work for Sum<'_> {
        type Output = Vec<f32>;

        #[inline(always)]
        fn run(self) -> Vec<f32> {
            self.0.iter().map(|v| v * 1.1 + 0.3).collect()
        }
    }

    #[test]
    fn the_whole_part_is_that_of_a_cast() {
        for i in 0..=0x4a80_0000_u32 / 997 {
            let value = f32::from_bits(i * 997);
            assert_eq!(whole(value), value as u32, "{value}");
        }
        for value in [0.0, 0.5, 1.0, 1.5, 2.5, 65_534.496, 65_534.5, 4_194_303.5, 4_194_304.0] {
            assert_eq!(whole(value), value as u32, "{value}");
        }
    }

    #[test]
    fn every_level_rounds_alike() {
        let values: Vec<f32> = (0..1000).map(|i| i as f32 * 0.013).collect();
        let plain = dispatch(Level::Portable, Sum(&values));
        for level in Level::ALL {
            assert_eq!(dispatch(level, Sum(&values)), plain, "{level}");
        }
    }
}

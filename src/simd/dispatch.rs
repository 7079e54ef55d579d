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
    fn every_level_rounds_alike() {
        let values: Vec<f32> = (0..1000).map(|i| i as f32 * 0.013).collect();
        let plain = dispatch(Level::Portable, Sum(&values));
        for level in Level::ALL {
            assert_eq!(dispatch(level, Sum(&values)), plain, "{level}");
        }
    }
}

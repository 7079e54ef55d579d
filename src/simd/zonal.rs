//! Areas of a block of pixels, summed by class code.
//!
//! The area of a pixel on a projected grid is a weighted mean of two numbers, rounded to an integer: a few operations that
//! the compiler turns into vectors of whatever width [`dispatch()`](super::dispatch()) lets it use.

/// Most pixels in a block.
pub const BLOCK: usize = 64;

/// Four tables of 256 sums, used by turns: a processor that adds to one entry twice in a row waits for its own store.
pub type Tables = [[u64; 256]; 4];

/// Areas along a row between two nodes: `left * (1 - s) + right * s` with `s = (first + i) * step`, in square metres.
#[derive(Clone, Copy, Debug)]
pub struct Slope {
    /// At the node to the left.
    pub left: f64,
    /// At the node to the right.
    pub right: f64,
    /// Pixels from the left node to the first pixel.
    pub first: i32,
    /// One over the pixels between the nodes, a power of two.
    pub step: f64,
    /// Units in a square metre: those in a square millimetre, after 10^6.
    pub units: f64,
}

/// 2^52: a double above it has no fraction bits.
const ROUNDER: f64 = (1_u64 << 52) as f64;

/// 2^51: from here on [`rounded`] is not to be used.
pub const HALF_OF_EXACT: f64 = (1_u64 << 51) as f64;

/// Rounds to the nearest integer, halves up: what `f64::round` gives from 0 to below 2^51.
#[inline(always)]
pub fn rounded(value: f64) -> u64 {
    let shifted = value + ROUNDER;
    // The processor rounds halves to even: one that went down is a half short.
    let short = value - (shifted - ROUNDER) == 0.5;
    shifted.to_bits() - ROUNDER.to_bits() + u64::from(short)
}

impl Slope {
    /// The area of the pixel `i` after the first, in units.
    #[inline(always)]
    pub fn at(&self, i: i32) -> u64 {
        let s = f64::from(self.first + i) * self.step;
        rounded((self.left * (1.0 - s) + self.right * s) * 1e6 * self.units)
    }
}

/// Whether a block is of one class.
#[inline(always)]
fn uniform(codes: &[u8]) -> bool {
    let first = codes.first().copied().unwrap_or_default();
    codes.iter().fold(0, |all, code| all | (code ^ first)) == 0
}

/// Adds the areas of at most [`BLOCK`] pixels to the entries of their codes. The areas must be below 2^51 units, and the
/// caller sees to it that no sum passes 64 bits.
#[inline(always)]
pub fn add_block(codes: &[u8], slope: &Slope, tables: &mut Tables) {
    let mut areas = [0_u64; BLOCK];
    let areas = &mut areas[..codes.len()];
    for (i, area) in areas.iter_mut().enumerate() {
        *area = slope.at(i as i32);
    }
    if uniform(codes) {
        if let Some(code) = codes.first() {
            tables[0][usize::from(*code)] += areas.iter().sum::<u64>();
        }
        return;
    }
    let (code_groups, area_groups) = (codes.chunks_exact(4), areas.chunks_exact(4));
    for (code, area) in code_groups.remainder().iter().zip(area_groups.remainder()) {
        tables[0][usize::from(*code)] += area;
    }
    for (codes, areas) in code_groups.zip(area_groups) {
        for turn in 0..4 {
            tables[turn][usize::from(codes[turn])] += areas[turn];
        }
    }
}

/// Codes that are counted one after the other, at most: a class raster rarely holds more.
const COUNTED: usize = 8;
/// Pixels that are counted in one go, so few that a byte holds the count.
const GROUP: usize = 128;
/// Pixels below which a table is faster than counting.
const SHORT: usize = 32;

/// The codes met so far, as long as they are few.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known {
    codes: [u8; COUNTED],
    len: usize,
    many: bool,
}

impl Known {
    /// Adds an area for every pixel by counting each code; false, and nothing added, when there are too many codes.
    #[inline(always)]
    fn add(&mut self, codes: &[u8], units: u64, table: &mut [u64; 256]) -> bool {
        let (groups, rest) = codes.as_chunks::<GROUP>();
        // The last group is filled up with a code of its own.
        let filler = rest.first().copied().unwrap_or_default();
        let mut last = [filler; GROUP];
        last[..rest.len()].copy_from_slice(rest);
        let (mut counts, mut left, mut i) = ([0; COUNTED], codes.len() as u64, 0);
        while left > 0 {
            if i == self.len && !self.meet(codes) {
                return false;
            }
            let code = self.codes[i];
            let mut count: u64 = groups.iter().map(|group| occurrences(group, code)).sum();
            if !rest.is_empty() {
                count += occurrences(&last, code);
                count -= if code == filler { (GROUP - rest.len()) as u64 } else { 0 };
            }
            counts[i] = count;
            left -= count;
            i += 1;
        }
        for (code, count) in self.codes.iter().zip(counts).take(i) {
            table[usize::from(*code)] += units * count;
        }
        true
    }

    /// Takes up a code of these that was not met yet; false when there are too many.
    fn meet(&mut self, codes: &[u8]) -> bool {
        let new = codes.iter().find(|code| !self.codes[..self.len].contains(code));
        let (Some(new), true) = (new, self.len < COUNTED) else {
            self.many = true;
            return false;
        };
        self.codes[self.len] = *new;
        self.len += 1;
        true
    }
}

/// How often a code occurs.
#[inline(always)]
fn occurrences(codes: &[u8; GROUP], wanted: u8) -> u64 {
    u64::from(codes.iter().fold(0, |n: u8, code| n + u8::from(*code == wanted)))
}

/// Adds the same area for every pixel, however many; the caller sees to it that no sum passes 64 bits.
#[inline(always)]
pub fn add_constant(codes: &[u8], units: u64, known: &mut Known, tables: &mut Tables) {
    if codes.len() >= SHORT && !known.many && known.add(codes, units, &mut tables[0]) {
        return;
    }
    for block in codes.chunks(BLOCK) {
        if uniform(block) {
            tables[0][usize::from(block[0])] += units * block.len() as u64;
            continue;
        }
        let groups = block.chunks_exact(4);
        for code in groups.remainder() {
            tables[0][usize::from(*code)] += units;
        }
        for codes in groups {
            for turn in 0..4 {
                tables[turn][usize::from(codes[turn])] += units;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::simd::{Level, Work, dispatch};

    /// Both ways to add.
    struct Both<'a>(&'a [u8], Slope, &'a mut [Tables; 2]);

    impl Work for Both<'_> {
        type Output = ();

        #[inline(always)]
        fn run(self) {
            let [areas, constant] = self.2;
            add_block(self.0, &self.1, areas);
            add_constant(self.0, 12_345, &mut Known::default(), constant);
        }
    }

    #[test]
    fn halves_go_up_and_the_rest_to_the_nearest() {
        for value in
            [0.0, 0.25, 0.5, 1.5, 2.5, 2.499_999_999, 0.499_999_999_999_999_94, 1e11 + 0.5, (1_u64 << 50) as f64 + 0.5]
        {
            assert_eq!(rounded(value), value.round() as u64, "{value}");
        }
    }

    proptest! {
        #[test]
        fn every_level_gives_the_same_sums_as_pixel_by_pixel(
            codes in proptest::collection::vec(prop_oneof![3 => Just(1_u8), 1 => any::<u8>()], 1..=BLOCK),
            (left, slant, first) in (1e-3..1e5_f64, -1e-3..1e-3_f64, 0..64_i32),
        ) {
            let slope = Slope { left, right: left * (1.0 + slant), first, step: 1.0 / 128.0, units: 1024.0 };
            let (mut want, mut same) = ([0_u64; 256], [0_u64; 256]);
            for (i, code) in codes.iter().enumerate() {
                let s = f64::from(first + i as i32) / 128.0;
                want[usize::from(*code)] += ((left * (1.0 - s) + slope.right * s) * 1e6 * 1024.0).round() as u64;
                same[usize::from(*code)] += 12_345;
            }
            for level in Level::here() {
                let mut tables = [[[0; 256]; 4]; 2];
                dispatch(level, Both(&codes, slope, &mut tables));
                let [areas, constant] = tables;
                for code in 0..256 {
                    prop_assert_eq!(areas.iter().map(|table| table[code]).sum::<u64>(), want[code]);
                    prop_assert_eq!(constant.iter().map(|table| table[code]).sum::<u64>(), same[code]);
                }
            }
        }
    }
}

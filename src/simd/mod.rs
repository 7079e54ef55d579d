//! The only compute code that knows instruction sets: which one to use, and what is written for each.
//!
//! One binary, built for the baseline processor, holds every level; the best one that the processor has is taken when it
//! runs, or the one that `COCAL_SIMD` names. All levels give the same bytes: integers, or `f32` by the same operations in
//! the same order (Rust never fuses a multiplication with an addition on its own).
//!
//! | module | what it does |
//! | --- | --- |
//! | [`dispatch()`] | plain code compiled once for each level |
//! | [`masks`] | the leaves of small trees of any shape over a block of pixels |
//! | [`ranks`] | how many of some thresholds lie below a value |
//! | [`symmetric`] | sums of the leaves of symmetric trees over a block of pixels |
//! | [`walk`] | pixels side by side down a large tree |
//! | [`zonal`] | areas of pixels, summed by class code |

mod dispatch;
pub mod masks;
pub mod ranks;
pub mod symmetric;
pub mod walk;
pub mod zonal;

pub use dispatch::{Work, dispatch, whole};

use std::sync::OnceLock;

/// The environment variable that forces a level.
pub const VARIABLE: &str = "COCAL_SIMD";

/// What a kernel is written for, from the least to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Whatever the compiler makes of plain code for the baseline processor (SSE2 or NEON).
    Portable,
    /// AVX2: 32 bytes per instruction.
    Avx2,
    /// AVX-512 with byte permutations (F, BW, DQ, VL, VBMI): 64 bytes per instruction.
    Avx512,
}

/// A level that `COCAL_SIMD` names and that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LevelError {
    /// No such level.
    #[error("{VARIABLE}={0} names no level; use avx512, avx2 or portable, or unset it")]
    Unknown(String),
    /// The processor lacks it.
    #[error("{VARIABLE}={0}: this processor does not have it; it has: {1}")]
    Absent(Level, String),
}

impl Level {
    /// Every level.
    pub const ALL: [Self; 3] = [Self::Portable, Self::Avx2, Self::Avx512];

    /// Its name in `COCAL_SIMD`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }

    /// Whether this processor has it.
    pub fn is_here(self) -> bool {
        match self {
            Self::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => {
                is_x86_feature_detected!("avx2")
                    && is_x86_feature_detected!("bmi1")
                    && is_x86_feature_detected!("bmi2")
                    && is_x86_feature_detected!("lzcnt")
                    && is_x86_feature_detected!("popcnt")
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512vbmi")
                    && Self::Avx2.is_here()
            }
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }

    /// The levels of this processor, from the least to the most.
    pub fn here() -> Vec<Self> {
        Self::ALL.into_iter().filter(|level| level.is_here()).collect()
    }

    /// The level that `wanted` (the value of `COCAL_SIMD`) asks for; the best one without it.
    ///
    /// # Errors
    /// [`LevelError`]: a name that is none, or a level that this processor lacks.
    pub fn choose(wanted: Option<&str>) -> Result<Self, LevelError> {
        let here = Self::here();
        let Some(wanted) = wanted.filter(|name| !name.is_empty()) else {
            return Ok(here.last().copied().unwrap_or(Self::Portable));
        };
        let named = Self::ALL.into_iter().find(|level| level.name().eq_ignore_ascii_case(wanted));
        let named = named.ok_or_else(|| LevelError::Unknown(wanted.to_owned()))?;
        let names: Vec<_> = here.iter().map(|level| level.name()).collect();
        if here.contains(&named) { Ok(named) } else { Err(LevelError::Absent(named, names.join(", "))) }
    }

    /// The level of this process, chosen once. The command line refuses a wrong `COCAL_SIMD` before this is asked.
    pub fn current() -> Self {
        static LEVEL: OnceLock<Level> = OnceLock::new();
        *LEVEL.get_or_init(|| Self::choose(std::env::var(VARIABLE).ok().as_deref()).unwrap_or(Self::Portable))
    }
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_chosen_by_name_or_the_best_is_taken() {
        assert_eq!(Level::choose(Some("portable")), Ok(Level::Portable));
        assert_eq!(Level::choose(None), Ok(*Level::here().last().unwrap()));
        assert_eq!(Level::choose(Some("sse9")), Err(LevelError::Unknown("sse9".to_owned())));
    }
}

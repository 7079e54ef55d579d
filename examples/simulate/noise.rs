//! Hashed noise: values that depend on a seed and a place only, so that any window can be made on its own.

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators").
fn scramble(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A hash of a seed and a place on a lattice.
pub fn hash(seed: u64, i: i64, j: i64) -> u64 {
    let a = scramble(seed.wrapping_add((i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    scramble(a.wrapping_add((j as u64).wrapping_mul(0xd1b5_4a32_d192_ed03)))
}

/// A seed of its own for one use (`stream`) of the world's seed.
pub fn stream(seed: u64, stream: u64) -> u64 {
    scramble(seed ^ scramble(stream.wrapping_add(0x9e37_79b9_7f4a_7c15)))
}

/// From 0 (included) to 1 (excluded).
pub fn unit(hash: u64) -> f64 {
    (hash >> 11) as f64 / (1_u64 << 53) as f64
}

/// About normal with mean 0 and standard deviation 1: the sum of four uniforms (Irwin-Hall), cut at 3.46.
pub fn normal(hash: u64) -> f64 {
    let sum = (hash & 0xffff) + (hash >> 16 & 0xffff) + (hash >> 32 & 0xffff) + (hash >> 48);
    // The sum of four uniforms on 0..65535 has a standard deviation of 65536 * sqrt(4 / 12).
    (sum as f64 - 131_070.0) / 37_837.2
}

fn smooth(t: f64) -> f64 {
    t * t * (3.0 - 2.0 * t)
}

/// Smooth noise along a line, from -1 to 1, with a lattice of 1.
pub fn noise_1d(seed: u64, x: f64) -> f64 {
    let i = x.floor();
    let at = |k: i64| unit(hash(seed, i as i64 + k, 0)) * 2.0 - 1.0;
    let t = smooth(x - i);
    at(0) * (1.0 - t) + at(1) * t
}

/// Smooth noise on a plane, from -1 to 1, with a lattice of 1.
pub fn noise_2d(seed: u64, x: f64, y: f64) -> f64 {
    let (i, j) = (x.floor(), y.floor());
    let at = |a: i64, b: i64| unit(hash(seed, i as i64 + a, j as i64 + b)) * 2.0 - 1.0;
    let (s, t) = (smooth(x - i), smooth(y - j));
    let low = at(0, 0) * (1.0 - s) + at(1, 0) * s;
    let high = at(0, 1) * (1.0 - s) + at(1, 1) * s;
    low * (1.0 - t) + high * t
}

/// Octaves of [`noise_2d`], each twice as fine and half as strong, scaled back to -1 to 1.
pub fn fractal_2d(seed: u64, x: f64, y: f64, octaves: u32) -> f64 {
    let (mut sum, mut weight, mut total, mut scale) = (0.0, 1.0, 0.0, 1.0);
    for octave in 0..octaves {
        sum += weight * noise_2d(seed.wrapping_add(u64::from(octave)), x * scale, y * scale);
        total += weight;
        weight *= 0.5;
        scale *= 2.0;
    }
    sum / total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_has_mean_0_and_deviation_1() {
        let values: Vec<f64> = (0..100_000).map(|i| normal(hash(1, i, 0))).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03, "{mean} {variance}");
    }

    #[test]
    fn noise_is_continuous_across_the_lattice() {
        for k in 0..50 {
            let x = f64::from(k);
            assert!((noise_2d(3, x - 1e-9, 0.3) - noise_2d(3, x + 1e-9, 0.3)).abs() < 1e-6);
        }
    }
}

//! The Hilbert curve: a place's number along a line on which neighbours stay close.

/// Bits of each coordinate.
const BITS: u32 = 16;

/// The number of a place in `[west, south, east, north]`, which is cut into 65,536 x 65,536 squares.
///
/// Quadrants are turned at each step, as in H. S. Warren, "Hacker's Delight", second edition, section 16-2.
pub(super) fn number([x, y]: [f64; 2], [west, south, east, north]: [f64; 4]) -> u32 {
    let side = f64::from((1_u32 << BITS) - 1);
    let square = |v: f64, low: f64, high: f64| if high > low { ((v - low) / (high - low) * side) as u32 } else { 0 };
    let (mut x, mut y) = (square(x, west, east), square(y, south, north));
    let mut number = 0;
    for bit in (0..BITS).rev() {
        let half = 1 << bit;
        let (right, above) = (u32::from(x & half > 0), u32::from(y & half > 0));
        number = number << 2 | ((3 * right) ^ above);
        if above == 0 {
            if right == 1 {
                x = !x;
                y = !y;
            }
            std::mem::swap(&mut x, &mut y);
        }
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Squares in the order of their numbers touch each other, and each is met once.
    #[test]
    fn the_curve_goes_from_neighbour_to_neighbour() {
        let side = 1 << BITS;
        let mut squares = Vec::new();
        for x in 0..16_u32 {
            for y in 0..16_u32 {
                let middle = |v: u32| (f64::from(v) + 0.5) / 16.0 * f64::from(side - 1);
                let bounds = [0.0, 0.0, f64::from(side - 1), f64::from(side - 1)];
                squares.push((number([middle(x), middle(y)], bounds), x, y));
            }
        }
        squares.sort_unstable();
        for pair in squares.windows(2) {
            assert!(pair[0].0 < pair[1].0);
            assert_eq!(pair[0].1.abs_diff(pair[1].1) + pair[0].2.abs_diff(pair[1].2), 1, "{pair:?}");
        }
    }
}

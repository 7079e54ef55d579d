//! One edge of a polygon in the pixels that it crosses, in integers: what it covers to its right, what it leaves to its left.

use super::rows::{Placed, Rows};
use crate::scene::Window;

/// Fraction bits of a vertex: 2^-28 pixel, 0.04 micrometres at 10 m.
const BITS: u32 = 28;
/// One pixel in vertex units.
pub(super) const PIXEL: i64 = 1 << BITS;
/// A wholly covered pixel. Sums over the whole Earth must fit 128 bits: see [`super::AreaTable`].
pub const FULL: i64 = 1 << 45;
/// [`FULL`] per height of an edge across a whole pixel.
pub(super) const FULL_PER_HEIGHT: i64 = FULL >> BITS;
/// Bits of height times twice a width that are below a unit of [`FULL`].
const BELOW: u32 = 2 * BITS + 1 - 45;

/// An edge, upper end first (`y` grows downwards); `sign` is +1 when its ring runs along it downwards.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub x0: i64,
    pub y0: i64,
    pub x1: i64,
    pub y1: i64,
    pub sign: i64,
}

impl Edge {
    /// x where the edge meets the line `y`, within its ends, rounded once.
    fn x_at(&self, y: i64) -> i64 {
        if y == self.y1 { self.x1 } else { self.x0 + scale(y - self.y0, self.x1 - self.x0, self.y1 - self.y0) }
    }
}

/// `part * whole / of` rounded to the nearest integer, for `0 <= part <= of`. It never falls as `part` grows.
fn scale(part: i64, whole: i64, of: i64) -> i64 {
    if part == 0 {
        return 0;
    }
    let small = part.checked_mul(2 * whole).and_then(|product| product.checked_add(of));
    if let Some(product) = small {
        return product.div_euclid(2 * of);
    }
    let (part, whole, of) = (i128::from(part), i128::from(whole), i128::from(of));
    // The quotient lies between 0 and `whole`, which is an i64.
    (2 * part * whole + of).div_euclid(2 * of) as i64
}

/// What an edge leaves in one pixel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    /// Row in the window.
    pub row: u32,
    /// Column in the window.
    pub col: u32,
    /// Height of the edge, in vertex units: it covers every pixel to the right.
    pub cover: i64,
    /// Left of the edge in this pixel, in units of 1 / [`FULL`].
    pub area: i64,
}

impl Placed for Cell {
    fn row(&self) -> u32 {
        self.row
    }

    fn col(&self) -> u32 {
        self.col
    }
}

/// Buffers of [`super::coverage::Outline::runs`], kept from polygon to polygon.
#[derive(Debug, Default)]
pub struct Scratch {
    /// What edges leave in pixels.
    pub(super) cells: Vec<Cell>,
    /// The same by row and column.
    pub(super) sorted: Rows<Cell>,
    /// Cover that comes into each row from the left of the window.
    pub(super) carry: Vec<i64>,
}

/// A window's borders in vertex units.
pub(super) struct Frame {
    pub top: i64,
    pub bottom: i64,
    pub left: i64,
    pub right: i64,
    row0: i64,
    col0: i64,
}

impl Frame {
    pub fn new(window: &Window) -> Self {
        let unit = |pixels: usize| (pixels as i64) << BITS;
        Self {
            top: unit(window.row0),
            bottom: unit(window.row_end()),
            left: unit(window.col0),
            right: unit(window.col_end()),
            row0: window.row0 as i64,
            col0: window.col0 as i64,
        }
    }

    /// Row of the window that holds a line within it.
    pub fn row_of(&self, y: i64) -> usize {
        (y.div_euclid(PIXEL) - self.row0) as usize
    }
}

/// Cuts the part `first..last` (in y) of an edge at the lines between rows.
pub(super) fn cross_rows(edge: &Edge, first: i64, last: i64, frame: &Frame, scratch: &mut Scratch) {
    let mut row = first.div_euclid(PIXEL);
    if edge.x0.max(edge.x1) <= frame.left {
        return carry_rows(edge.sign, first, last, frame, scratch);
    }
    let (mut ya, mut xa) = (first, edge.x_at(first));
    while ya < last {
        let yb = ((row + 1) * PIXEL).min(last);
        let xb = edge.x_at(yb);
        let piece = Piece { row: (row - frame.row0) as usize, xa, xb, height: yb - ya, sign: edge.sign };
        cross_columns(&piece, frame, scratch);
        (ya, xa) = (yb, xb);
        row += 1;
    }
}

/// An edge wholly to the left of the window covers its rows, wherever it is.
fn carry_rows(sign: i64, first: i64, last: i64, frame: &Frame, scratch: &mut Scratch) {
    let mut y = first;
    while y < last {
        let row = y.div_euclid(PIXEL);
        let end = ((row + 1) * PIXEL).min(last);
        scratch.carry[(row - frame.row0) as usize] += sign * (end - y);
        y = end;
    }
}

/// The part of an edge inside one row.
struct Piece {
    row: usize,
    xa: i64,
    xb: i64,
    height: i64,
    sign: i64,
}

/// Cuts a piece at the lines between columns; what lies left of the window only adds to the carry.
fn cross_columns(piece: &Piece, frame: &Frame, scratch: &mut Scratch) {
    let (low, high) = (piece.xa.min(piece.xb), piece.xa.max(piece.xb));
    if low >= frame.right {
        return;
    }
    if high <= frame.left {
        scratch.carry[piece.row] += piece.sign * piece.height;
        return;
    }
    // Height of the piece between its left end and x: the same whichever window asks.
    let height_to = |x: i64| if x == high { piece.height } else { scale(x - low, piece.height, high - low) };
    let (mut x, mut done) = (low, 0);
    if low < frame.left {
        x = frame.left;
        done = height_to(x);
        scratch.carry[piece.row] += piece.sign * done;
    }
    let mut col = x.div_euclid(PIXEL);
    while x < frame.right {
        let next = ((col + 1) * PIXEL).min(high);
        let reached = height_to(next);
        let height = reached - done;
        if height != 0 {
            // Twice the mean width, times the height: below 2^57.
            let left = (x - col * PIXEL) + (next - col * PIXEL);
            let area = (height * left + (1 << (BELOW - 1))) >> BELOW;
            let at = (piece.row as u32, (col - frame.col0) as u32);
            scratch.cells.push(Cell { row: at.0, col: at.1, cover: piece.sign * height, area: piece.sign * area });
        }
        if next == high {
            break;
        }
        (x, done) = (next, reached);
        col += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_stays_within_the_ends() {
        assert_eq!(scale(1, -3, 2), -1, "-1.5 rounds up");
        assert_eq!(scale(1, 3, 2), 2);
        let far = 1_i64 << 60;
        assert_eq!(scale(far - 1, far, far), far - 1);
        assert_eq!(scale(7, -far, far), -7);
    }
}

//! Items of a window's rows brought into the order of rows and columns.

/// What lies at a pixel of a window.
pub(super) trait Placed: Copy {
    /// Row of the window.
    fn row(&self) -> u32;
    /// Column.
    fn col(&self) -> u32;
}

/// Items by row and, within a row, by column; kept from use to use for its memory.
#[derive(Debug)]
pub(super) struct Rows<T> {
    sorted: Vec<T>,
    /// Where each row begins in `sorted`, and where the last one ends.
    starts: Vec<usize>,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { sorted: Vec::new(), starts: Vec::new() }
    }
}

/// From here on a row is sorted by halves, not by insertion.
const MANY: usize = 24;

impl<T: Placed> Rows<T> {
    /// Takes up items of rows below `rows`. A row holds few of them and mostly in order: counting, then insertion.
    pub fn sort(&mut self, items: &[T], rows: usize) {
        self.starts.clear();
        self.starts.resize(rows + 2, 0);
        for item in items {
            self.starts[item.row() as usize + 2] += 1;
        }
        for row in 2..self.starts.len() {
            self.starts[row] += self.starts[row - 1];
        }
        self.sorted.clear();
        let Some(any) = items.first() else { return };
        self.sorted.resize(items.len(), *any);
        for item in items {
            let next = &mut self.starts[item.row() as usize + 1];
            self.sorted[*next] = *item;
            *next += 1;
        }
        for row in 0..rows {
            let row = &mut self.sorted[self.starts[row]..self.starts[row + 1]];
            if row.len() < MANY { insert(row) } else { row.sort_unstable_by_key(T::col) }
        }
    }

    /// The items of a row, by column.
    pub fn row(&self, row: usize) -> &[T] {
        &self.sorted[self.starts[row]..self.starts[row + 1]]
    }
}

fn insert<T: Placed>(row: &mut [T]) {
    for end in 1..row.len() {
        let item = row[end];
        let mut at = end;
        while at > 0 && row[at - 1].col() > item.col() {
            row[at] = row[at - 1];
            at -= 1;
        }
        row[at] = item;
    }
}

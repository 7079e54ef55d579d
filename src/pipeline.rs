//! READ FIRST: the pure chain from tiles to an area table.

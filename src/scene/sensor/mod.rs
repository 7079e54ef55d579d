//! Sensors as tables: band names, scale and offset, quality bits.

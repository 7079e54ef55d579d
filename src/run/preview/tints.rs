//! What is drawn of each cell: its hectares of coca, added up over the whole mask and not over the picture.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::civil::Date;

use super::PreviewError;
use crate::io::class_mosaic::group_rasters;
use crate::io::class_raster::ClassRaster;
use crate::io::dated_masks::open_masks;
use crate::permanence::{Presence, Seen};
use crate::report::picture::cells::Tint;
use crate::run::cell_tally::{CellRule, tally_cells};
use crate::run::threads::Threads;
use crate::territory::{CellIndex, CellLattice};

/// Part of a cell that must have been observed for it to be drawn.
const OBSERVED: f64 = 0.5;

/// The values of a mask that are coca.
///
/// # Errors
/// A raster that is no mask, or one of named classes without coca.
pub fn coca_values(mask: &Path) -> Result<Vec<u8>, PreviewError> {
    let masks = open_masks(&[(Date::default(), mask.to_owned())], &[])?;
    Ok(masks.into_iter().flat_map(|mask| mask.coca).collect())
}

/// Tints of the cells of a mask.
///
/// # Errors
/// A mask that cannot be read, or that lies outside the plane of the cells.
pub fn cell_tints(
    threads: &Threads,
    mask: &Path,
    lattice: CellLattice,
) -> Result<BTreeMap<CellIndex, Tint>, PreviewError> {
    let year = 0;
    let open = |mask: &Path| ClassRaster::open(mask).map_err(crate::io::dated_masks::DatedMasksError::Raster);
    // One raster never overlaps another.
    let mosaics = group_rasters(vec![open(mask)?], Some(year)).map_err(|source| {
        PreviewError::Masks(crate::io::dated_masks::DatedMasksError::Mosaic { date: Date::default(), source })
    })?;
    let mut found: BTreeMap<CellIndex, (bool, f64)> = BTreeMap::new();
    for coca in coca_values(mask)? {
        // No hectares count as enough: the state then says whether half of the cell was observed, whatever is in it.
        let presence = Presence { present_ha: f64::INFINITY, observed_share: OBSERVED };
        let rule = CellRule { lattice, coca, presence, bare_areas: false };
        let cells = tally_cells(threads, &mosaics, &rule)?;
        for (number, cell) in cells.all().iter().enumerate() {
            let centre = cell.centre();
            let known = found.entry(lattice.cell_of(centre.x, centre.y)).or_default();
            known.0 |= cells.seen(number, year) == Seen::Absent;
            known.1 += cells.density(number, year).unwrap_or(0.0);
        }
        if let Some(bare) = cells.bare() {
            for cell in bare.cells() {
                let seen = bare.histories()[cell.history].seen(Some(0)) == Seen::Absent;
                found.entry(cell.index).or_default().0 |= seen;
            }
        }
    }
    let tint = |(seen, density)| if seen { Tint::of_density(density) } else { Tint::Unseen };
    Ok(found.into_iter().map(|(cell, known)| (cell, tint(known))).collect())
}

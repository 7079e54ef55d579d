//! Years of cells: what masks show, and what of it may be shown.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::Serialize;

use super::Request;
use super::error::PublishError;
use crate::area::AreaTable;
use crate::area::cell_area::metres_per_unit;
use crate::io::class_mosaic::ClassMosaic;
use crate::io::dated_masks::{DatedMask, masks_in_folder, open_masks};
use crate::io::project_grounds::project_grounds;
use crate::io::read_municipalities::MunicipalityLayer;
use crate::io::read_outputs::is_of_run;
use crate::io::read_publishable::Outputs;
use crate::io::write_publication::CellRow;
use crate::publish::lots::Lot;
use crate::publish::outline::PixelRun;
use crate::publish::suppress::{Counted, Decision, Piece, Shown, Threshold, decide};
use crate::publish::tables::WithheldMap;
use crate::run::cell_lots::{CellGround, YearOfCells, tally_lots};
use crate::run::threads::Threads;
use crate::scene::Grid;
use crate::territory::CellIndex;

/// Ground of a cell in a municipality, in hectares, that counts as a place of its own.
const ROOM_HA: f64 = 1.0;
/// Pixels that a side of a cell has at least.
const LEAST_PIXELS: f64 = 4.0;

/// Cells of a year by what is shown of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct YearCount {
    /// The year.
    pub year: i32,
    /// Cells with their figures.
    pub shown: usize,
    /// Cells without, whatever the reason.
    pub withheld: usize,
    /// Of these, those that had enough lots: withheld for others' sake. Not published.
    pub complement: usize,
}

/// The lots of one mosaic.
pub struct MosaicLots {
    /// Its grid.
    pub grid: Grid,
    /// Its lots.
    pub lots: Vec<Lot>,
    /// Their pixels, where they are to leave.
    pub pixels: Vec<(u32, PixelRun)>,
}

/// A year's cells and what may be shown.
pub struct PublishedYear {
    /// Its counts.
    pub count: YearCount,
    /// A row for each cell.
    pub rows: Vec<CellRow>,
    /// What may be shown; municipalities in the order of the layer.
    pub decision: Decision,
    /// Lots, where they are to leave.
    pub lots: Vec<MosaicLots>,
    /// What must be known.
    pub notes: Vec<String>,
}

/// Counts every year that has a mask.
pub fn count_years(
    threads: &Threads,
    request: &Request,
    outputs: &Outputs,
) -> Result<Vec<PublishedYear>, PublishError> {
    let layer = &outputs.layer;
    let mut found = masks_in_folder(&request.out)?;
    let name = |path: &PathBuf| path.strip_prefix(&request.out).unwrap_or(path).to_string_lossy().into_owned();
    found.retain(|(_, path)| is_of_run(&request.out, &name(path), outputs.record.as_ref()));
    let dated = found.into_iter().map(|(year, path)| (jiff::civil::date(year, 12, 31), path));
    let masks = open_masks(&dated.collect::<Vec<_>>(), &[])?;
    masks.iter().map(|mask| count_year(threads, request, layer, mask)).collect()
}

fn count_year(
    threads: &Threads,
    request: &Request,
    layer: &MunicipalityLayer,
    mask: &DatedMask,
) -> Result<PublishedYear, PublishError> {
    let lattice = request.settings.lattice;
    let keep = request.settings.lots_reason.is_some();
    let mut cells: BTreeMap<CellIndex, CellGround> = BTreeMap::new();
    let mut lots = Vec::new();
    for mosaic in &mask.mosaics {
        refuse_coarse(mosaic, lattice.side_m())?;
        let grounds = project_grounds(layer, &mosaic.grid.crs)?;
        let YearOfCells { cells: own, lots: found, pixels } =
            tally_lots(threads, (mosaic, &mask.coca), lattice, &grounds, keep)?;
        own.iter().for_each(|(cell, ground)| cells.entry(*cell).or_default().merge(ground));
        lots.push(MosaicLots { grid: mosaic.grid.clone(), lots: found, pixels });
    }
    let counted = counted(&cells, lots.iter().flat_map(|of| &of.lots));
    let threshold = Threshold {
        k: request.settings.k,
        least: AreaTable::amount_of(request.settings.min_ha.unwrap_or(0.0)),
        room: AreaTable::amount_of(ROOM_HA),
    };
    let decision = decide(&counted, &departments(layer), &threshold);
    Ok(published_year(i32::from(mask.date.year()), (&cells, &counted), decision, lots))
}

fn refuse_coarse(mosaic: &ClassMosaic, side: f64) -> Result<(), PublishError> {
    let grid = &mosaic.grid;
    let pixel = grid.pixel_width.max(grid.pixel_height) * metres_per_unit(&grid.crs);
    if pixel * LEAST_PIXELS <= side {
        return Ok(());
    }
    let path = mosaic.rasters().next().map(|r| r.path.clone()).unwrap_or_default();
    Err(PublishError::Coarse { path, pixel, side, fits: (pixel * LEAST_PIXELS / 1000.0).ceil() })
}

/// Number of each municipality's department.
fn departments(layer: &MunicipalityLayer) -> Vec<usize> {
    let codes: BTreeSet<&str> = layer.municipalities.iter().map(|m| m.code.department()).collect();
    let codes: Vec<&str> = codes.into_iter().collect();
    layer.municipalities.iter().map(|m| codes.partition_point(|c| *c < m.code.department())).collect()
}

/// Ground and lots of the cells, in their order.
fn counted<'a>(cells: &BTreeMap<CellIndex, CellGround>, lots: impl Iterator<Item = &'a Lot>) -> Vec<Counted> {
    let mut of_cell: BTreeMap<CellIndex, u32> = BTreeMap::new();
    let mut of_piece: BTreeMap<(CellIndex, usize), u32> = BTreeMap::new();
    for lot in lots {
        *of_cell.entry(lot.cell).or_default() += 1;
        if let Some(municipality) = lot.municipality {
            *of_piece.entry((lot.cell, municipality as usize)).or_default() += 1;
        }
    }
    let count = |(cell, ground): (&CellIndex, &CellGround)| Counted {
        lots: of_cell.get(cell).copied().unwrap_or_default(),
        coca: ground.all.coca,
        pieces: ground
            .pieces
            .iter()
            .map(|(municipality, of)| Piece {
                municipality: *municipality,
                lots: of_piece.get(&(*cell, *municipality)).copied().unwrap_or_default(),
                coca: of.coca,
                ground: of.observed,
            })
            .collect(),
    };
    cells.iter().map(count).collect()
}

fn published_year(
    year: i32,
    (cells, counted): (&BTreeMap<CellIndex, CellGround>, &[Counted]),
    decision: Decision,
    lots: Vec<MosaicLots>,
) -> PublishedYear {
    let row = |((cell, ground), (counted, shown)): ((&CellIndex, &CellGround), (&Counted, &Shown))| CellRow {
        cell: *cell,
        year,
        observed_share: ground.all.observed as f64 / ground.all.reached as f64,
        coverage_ha: AreaTable::hectares_of(ground.all.reached),
        figures: (*shown == Shown::Yes).then(|| (counted.lots, AreaTable::hectares_of(counted.coca))),
    };
    let rows: Vec<CellRow> = cells.iter().zip(counted.iter().zip(&decision.cells)).map(row).collect();
    let of = |wanted: Shown| decision.cells.iter().filter(|shown| **shown == wanted).count();
    let (shown, complement) = (of(Shown::Yes), of(Shown::Complement));
    let count = YearCount { year, shown, withheld: rows.len() - shown, complement };
    let mut notes = Vec::new();
    if lots.len() > 1 {
        notes.push(format!("{year}: lots are not joined over the borders of masks on different grids"));
    }
    if complement > 0 {
        notes.push(format!("{year}: {complement} cells with enough lots are withheld, as they would give others back"));
    }
    PublishedYear { count, rows, decision, lots, notes }
}

/// Of which places no mapped figure leaves.
pub fn withheld_map(years: &[PublishedYear], layer: &MunicipalityLayer) -> WithheldMap {
    let mut withheld = WithheldMap::default();
    let codes: BTreeSet<&str> = layer.municipalities.iter().map(|m| m.code.department()).collect();
    for year in years {
        let number = year.count.year;
        let hidden = layer.municipalities.iter().zip(&year.decision.municipalities).filter(|(_, shown)| !**shown);
        withheld.municipalities.extend(hidden.map(|(m, _)| (m.code.to_string(), number)));
        let hidden = codes.iter().zip(&year.decision.departments).filter(|(_, shown)| !**shown);
        withheld.departments.extend(hidden.map(|(code, _)| ((*code).to_owned(), number)));
        withheld.all.extend((!year.decision.all).then_some(number));
    }
    withheld
}

/// Every year with figures needs its mask: else nobody knows how many lots are in them.
pub fn refuse_years_without_masks(outputs: &Outputs, years: &[PublishedYear]) -> Result<(), PublishError> {
    let known: BTreeSet<i32> = years.iter().map(|year| year.count.year).collect();
    for table in &outputs.tables {
        let column = table.table.header.iter().position(|name| name == "year");
        let mapped = table.table.header.iter().position(|name| name == "mapped_area_ha");
        let (Some(column), Some(mapped)) = (column, mapped) else { continue };
        let rows = table.table.rows.iter().filter(|row| !row.fields[mapped].is_empty());
        let missing = rows.filter_map(|row| row.fields[column].parse().ok()).find(|year| !known.contains(year));
        if let Some(year) = missing {
            return Err(PublishError::NoMask { file: table.name.clone(), year });
        }
    }
    Ok(())
}

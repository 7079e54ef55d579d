//! Masks added up cell by cell, pixel by pixel and without any of the ways that spare work: the figures must be the same.

use cocal::area::{AreaTable, CellArea, Zones, tabulate};
use cocal::io::cell_plane::{carry, cell_plane};
use cocal::io::class_mosaic::{ClassMosaic, group_rasters};
use cocal::io::class_raster::ClassRaster;
use cocal::io::crs::Transform;
use cocal::permanence::bare::BareCell;
use cocal::permanence::{Cells, Presence, Seen};
use cocal::run::cell_tally::{CellRule, tally_cells};
use cocal::run::threads::Threads;
use cocal::territory::{CellIndex, CellLattice};
use geo::{Coord, MultiPolygon, Rect};
use proptest::prelude::*;

use super::Case;
use super::masks::mask;

const PRESENCE: Presence = Presence { present_ha: 2.0, observed_share: 0.8 };
const RULE: CellRule = CellRule { lattice: CellLattice::KILOMETRE, coca: 7, presence: PRESENCE, bare_areas: true };

/// A number that looks random, the same for the same place.
fn hash(seed: u64, place: [usize; 2]) -> u64 {
    let mut v = seed ^ 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(1 + place[0] as u64) ^ (place[1] as u64) << 32;
    for _ in 0..3 {
        v = (v ^ v >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    }
    v >> 33
}

/// Clumps of ten pixels of one code, now and then a single pixel of another: 7 is coca, 3 another class.
fn code(seed: u64, row: usize, col: usize) -> u8 {
    let of = |v: u64| [0, 0, 3, 0, 0, 255, 0, 7, 0, 255][v as usize % 10];
    match hash(seed + 1, [row, col]) % 60 {
        0 => of(hash(seed + 2, [row, col])),
        _ => of(hash(seed, [row / 10, col / 10])),
    }
}

/// Year, reference system, transform, columns and rows of a raster.
type Given = (i32, u32, [f64; 6], (usize, usize));

/// Five rasters: two years on one grid in degrees whose windows are cut at row 512, one in the plane, and one with a mask in
/// degrees in the west and one in UTM in the east.
fn mosaics(case: &Case, seed: u64) -> Vec<ClassMosaic> {
    let degrees = |west: f64| [west, 0.003, 0.0, 4.7001, 0.0, -0.003];
    let plane = [4_990_130.0, 250.0, 0.0, 2_050_070.0, 0.0, -250.0];
    // Some 40 m east of the last column in degrees, so that cells lie in both.
    let utm = [727_450.0, 270.0, 0.0, 519_000.0, 0.0, -270.0];
    let rasters = [
        (2021, 4326, degrees(-73.1001), (60, 550)),
        (2022, 4326, degrees(-73.1001), (60, 550)),
        (2023, 9377, plane, (50, 90)),
        (2024, 4326, degrees(-73.1001), (50, 40)),
        (2024, 32618, utm, (30, 60)),
    ];
    let open = |(i, (year, epsg, transform, size)): (usize, Given)| {
        let path = case.path(&format!("{i}.tif"));
        mask(&path, epsg, transform, size, |row, col| code(seed * 10 + i as u64, row, col));
        let mut raster = ClassRaster::open(&path).unwrap();
        raster.year = Some(year);
        raster
    };
    group_rasters(rasters.into_iter().enumerate().map(open).collect(), None).unwrap()
}

fn ground(index: CellIndex) -> MultiPolygon<f64> {
    let (x, y) = RULE.lattice.corner(index);
    Rect::new(Coord { x, y }, Coord { x: x + 1000.0, y: y + 1000.0 }).to_polygon().into()
}

/// Every cell of a year from whole rasters.
fn plain(mosaics: &[ClassMosaic], year: i32, cells: &[CellIndex]) -> AreaTable {
    let mut sum = AreaTable::default();
    for mosaic in mosaics.iter().filter(|mosaic| mosaic.year == Some(year)) {
        let (grid, window) = (&mosaic.grid, mosaic.grid.window());
        let mut grounds: Vec<_> = cells.iter().map(|index| ground(*index)).collect();
        carry(&mut grounds, &cell_plane().unwrap(), &grid.crs).unwrap();
        let (mut x, mut y) = CellArea::corners(grid, &window);
        Transform::to_own_lonlat(&grid.crs).unwrap().apply(&mut x, &mut y).unwrap();
        let areas = CellArea::from_lonlat(grid, &window, &x, &y);
        let codes = mosaic.reader().unwrap().read(&window).unwrap();
        sum.merge(&tabulate(&window, codes.view(), &Zones::new(grid, &grounds), &areas));
    }
    sum
}

/// All cells in order, each with its place in one of the two kinds and its area.
fn all_cells(cells: &Cells) -> Vec<(CellIndex, Result<usize, BareCell>, f64)> {
    let bare = cells.bare().unwrap();
    let index = |id: &str| {
        let (north, east) = id.strip_prefix("1kmN").unwrap().split_once('E').unwrap();
        CellIndex { north: north.parse().unwrap(), east: east.parse().unwrap() }
    };
    let own = cells.all().iter().enumerate().map(|(i, cell)| (index(&cell.id), Ok(i), cell.area_ha));
    let apart = bare.cells().map(|cell| (cell.index, Err(cell), bare.area_ha(cell).unwrap()));
    let mut all: Vec<_> = own.chain(apart).collect();
    all.sort_by_key(|(index, _, _)| *index);
    all
}

fn figures_are_the_plain_ones(seed: u64) {
    let case = Case::new();
    let mosaics = mosaics(&case, seed);
    let tally = |threads| tally_cells(&Threads::start(Some(threads)).unwrap(), &mosaics, &RULE).unwrap();
    let cells = tally(2);
    assert_eq!(format!("{cells:?}"), format!("{:?}", tally(1)), "threads");
    let found = all_cells(&cells);
    // All cells around, of which some are reached by no mask.
    let around: Vec<CellIndex> =
        (1800..2090).flat_map(|north| (4980..5035).map(move |east| CellIndex { north, east })).collect();
    let tables: Vec<AreaTable> = cells.years().iter().map(|year| plain(&mosaics, *year, &around)).collect();
    let reached: Vec<CellIndex> = (0..around.len())
        .filter(|zone| tables.iter().any(|table| table.coverage_hectares(*zone) > 0.0))
        .map(|zone| around[zone])
        .collect();
    assert_eq!(found.iter().map(|(index, _, _)| *index).collect::<Vec<_>>(), reached);
    let (mut with_coca, mut bare) = (0, 0);
    for (index, place, area_ha) in found {
        let zone = around.binary_search(&index).unwrap();
        let mut any = 0.0;
        for (at, (year, table)) in cells.years().iter().zip(&tables).enumerate() {
            let coca = table.hectares(zone, 7);
            let observed = coca + table.hectares(zone, 0) + table.hectares(zone, 3);
            let expected = (PRESENCE.seen(coca, observed / area_ha), observed > 0.0);
            any += coca;
            match place {
                Ok(cell) => {
                    let hectares = cells.hectares(cell, *year);
                    assert_eq!((cells.seen(cell, *year), hectares.is_some()), expected, "{index:?} in {year}");
                    let millionths = hectares.map_or(0.0, |ha| ha.to_f64() * 1e6);
                    assert_eq!(millionths.round(), (coca * 1e6).round(), "{index:?} in {year}");
                }
                Err(cell) => {
                    let history = &cells.bare().unwrap().histories()[cell.history];
                    assert_eq!((history.seen[at], history.figures[at]), expected, "{index:?} in {year}");
                    assert_ne!(history.seen[at], Seen::Present);
                }
            }
        }
        assert_eq!(any > 0.0, place.is_ok(), "{index:?}");
        *(if place.is_ok() { &mut with_coca } else { &mut bare }) += 1;
    }
    assert!(with_coca > 500 && bare > 100, "{with_coca} cells with coca and {bare} without");
    assert_eq!(cells.count(), with_coca + bare);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2, max_shrink_iters: 0, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cells_that_need_no_look_have_the_figures_of_those_that_had_one(seed in 0..1000_u64) {
        figures_are_the_plain_ones(seed);
    }
}

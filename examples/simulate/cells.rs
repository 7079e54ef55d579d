//! A grid of cells of 1 km with hectares by year, and two lands that overlap: input of `cocal permanence`.
//!
//! One stand of coca lasts, one was given up, one spreads from 2022 on; the rest comes and goes. Some figures are blank, as
//! where clouds hid the ground.

use std::path::PathBuf;

use cocal::io::atomic;
use cocal::io::cell_plane::{carry, cell_plane};
use cocal::io::write_geojson::{MapFeature, geojson_bytes};
use cocal::scene::Crs;
use cocal::territory::{CellIndex, CellLattice};
use geo::{Coord, LineString, MultiPolygon, Polygon};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::write::{self, SimulateError};

const YEARS: std::ops::RangeInclusive<i32> = 2013..=2024;
/// Cells along a side.
const SIDE: i32 = 12;
/// The lower left cell: the sample's corner of the country, where there is no such coca.
const CORNER: CellIndex = CellIndex { north: 1772, east: 5218 };

/// Writes a synthetic grid of cells, a park and a reserve.
#[derive(Debug, clap::Args)]
pub struct CellsOf {
    /// Seed of what is drawn.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Folder to write to.
    #[arg(short, long)]
    out: PathBuf,
}

/// A stand of coca: its middle in cells, hectares in its densest cell, and how that changes with the year.
struct Stand {
    middle: (f64, f64),
    densest_ha: f64,
    reach: f64,
    grows: fn(i32) -> f64,
}

const STANDS: [Stand; 3] = [
    Stand { middle: (3.0, 3.5), densest_ha: 11.0, reach: 2.0, grows: |_| 1.0 },
    Stand { middle: (8.5, 2.5), densest_ha: 6.0, reach: 1.5, grows: |year| if year < 2020 { 1.0 } else { 0.0 } },
    Stand { middle: (8.0, 9.0), densest_ha: 7.0, reach: 1.8, grows: |year| (f64::from(year - 2021) / 3.0).max(0.0) },
];

impl CellsOf {
    /// Makes `coca_cells.csv`, `park.geojson` and `reserve.geojson`.
    pub fn make(&self) -> Result<(), SimulateError> {
        atomic::make_folder(&self.out)?;
        write::text(&self.out, "coca_cells.csv", &table(self.seed))?;
        for (name, corners) in LANDS {
            write::text(&self.out, &format!("{name}.geojson"), &land(name, &corners)?)?;
        }
        Ok(())
    }
}

/// Corners in cells from the lower left one: the reserve lies across the lasting stand and into the park.
const LANDS: [(&str, [(f64, f64); 5]); 2] = [
    ("park", [(0.0, 4.3), (3.4, 4.0), (4.6, 8.1), (1.2, 9.0), (-1.0, 7.0)]),
    ("reserve", [(2.2, 1.1), (6.3, 1.5), (6.0, 5.2), (4.1, 6.4), (1.7, 4.9)]),
];

fn table(seed: u64) -> String {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let lattice = CellLattice::KILOMETRE;
    let mut text = "cell,x,y".to_owned();
    YEARS.for_each(|year| text.push_str(&format!(",areacoca_{year}")));
    text.push('\n');
    for (north, east) in (0..SIDE).flat_map(|n| (0..SIDE).map(move |e| (n, e))) {
        let cell = CellIndex { north: CORNER.north + north, east: CORNER.east + east };
        let (x, y) = lattice.corner(cell);
        text.push_str(&format!("{},{},{}", lattice.name(cell), x + 500.0, y + 500.0));
        for year in YEARS {
            text.push_str(&format!(",{}", figure(&mut rng, (f64::from(east), f64::from(north)), year)));
        }
        text.push('\n');
    }
    text
}

/// Hectares of a cell in a year as they are written; blank where nobody looked.
fn figure(rng: &mut ChaCha8Rng, (east, north): (f64, f64), year: i32) -> String {
    let of_stand = |stand: &Stand| {
        let away = (east - stand.middle.0).hypot(north - stand.middle.1) / stand.reach;
        (stand.grows)(year) * stand.densest_ha * (-away * away / 2.0).exp()
    };
    let expected: f64 = STANDS.iter().map(of_stand).sum();
    let (draw, spread, hidden): (f64, f64, f64) = (rng.random(), rng.random(), rng.random());
    match () {
        () if hidden < 0.004 => String::new(),
        () if draw < 1.0 - (-4.0 * expected).exp() && expected > 0.02 => {
            format!("{:.2}", (expected * (0.6 + 0.8 * spread)).max(0.01))
        }
        () => "0".to_owned(),
    }
}

fn land(name: &str, corners: &[(f64, f64)]) -> Result<String, SimulateError> {
    let at = |&(east, north): &(f64, f64)| Coord {
        x: (f64::from(CORNER.east) + east) * 1000.0,
        y: (f64::from(CORNER.north) + north) * 1000.0,
    };
    let ring: LineString<f64> = corners.iter().map(at).collect();
    let mut grounds = [MultiPolygon::from(Polygon::new(ring, Vec::new()))];
    carry(&mut grounds, &cell_plane()?, &Crs::wgs84())?;
    let properties = [("name".to_owned(), format!("{name} (synthetic)").into())].into_iter().collect();
    let feature = MapFeature { id: Some(name.to_owned()), ground: Some(&grounds[0]), properties };
    Ok(String::from_utf8_lossy(&geojson_bytes(&[feature])).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_cells() {
        assert_eq!(table(7), table(7));
        assert_ne!(table(7), table(8));
        assert_eq!(table(7).lines().count(), 145);
        assert!(table(7).lines().skip(1).any(|line| line.contains(",,")), "some figures are blank");
    }
}

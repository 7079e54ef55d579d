//! The known truth in hectares, and what fictional offices made of it: census and eradication records.

use std::collections::BTreeMap;

use cocal::io::crs::{CrsError, Transform, crs_from_text};
use cocal::scene::Crs;
use geo::{GeodesicArea, Polygon};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::landscape::{Bounds, Cover, Day, Neighbourhood, Object};
use crate::lots::Method;
use crate::noise::normal;
use crate::render::{FINE, PIXEL, sub_pixel};
use crate::territory::Ground;

/// The world's place: EPSG:32618 coordinates of its origin, near 71 W, 2 N.
pub const ORIGIN: [f64; 2] = [945_200.0, 222_600.0];
pub const CRS: &str = "EPSG:32618";

/// From the world's metres to longitude and latitude.
pub struct Place(Transform);

impl Place {
    pub fn new() -> Result<Self, CrsError> {
        Ok(Self(Transform::new(&crs_from_text(CRS)?, &Crs::wgs84())?))
    }

    /// Longitude and latitude of points in metres from the origin.
    pub fn lon_lat(&self, points: &[[f64; 2]]) -> Result<Vec<[f64; 2]>, CrsError> {
        let mut x: Vec<f64> = points.iter().map(|p| p[0] + ORIGIN[0]).collect();
        let mut y: Vec<f64> = points.iter().map(|p| p[1] + ORIGIN[1]).collect();
        self.0.apply(&mut x, &mut y)?;
        Ok(x.into_iter().zip(y).map(|(lon, lat)| [lon, lat]).collect())
    }

    /// Square metres on the WGS 84 ellipsoid of a rectangle of the projection (Karney 2013, through `geo`).
    fn geodesic_m2(&self, b: &Bounds) -> Result<f64, CrsError> {
        let ring = self.lon_lat(&[[b.min_x, b.min_y], [b.max_x, b.min_y], [b.max_x, b.max_y], [b.min_x, b.max_y]])?;
        Ok(Polygon::new(ring.into(), vec![]).geodesic_area_signed().abs())
    }
}

/// Hectares of what was on the ground, from sub-pixels of 2.5 m.
#[derive(Debug, Default)]
pub struct Truth {
    /// Inside the imagery, by municipality, year and class, at the cut-off.
    pub seen_ha: BTreeMap<(usize, i32, Cover), f64>,
    /// Coca at the cut-off, in the whole municipality whether in the imagery or not.
    pub coca_ha: BTreeMap<(usize, i32), f64>,
    /// Lots eradicated in the year, in the whole municipality.
    pub eradicated_ha: BTreeMap<(usize, i32, Method), f64>,
}

/// Side of the squares over which the size of a sub-pixel on the ellipsoid is taken as constant, sub-pixels (320 m).
const SQUARE: i64 = 128;

/// Adds up the truth of every municipality.
///
/// Each sub-pixel belongs to the municipality that holds its middle. Its size is that of the square of 320 m around
/// it on the ellipsoid, divided by the number of sub-pixels there.
pub fn truth(
    near: &Neighbourhood,
    grounds: &[Ground],
    imagery: Bounds,
    years: &[i32],
    place: &Place,
) -> Result<Truth, CrsError> {
    let step = PIXEL / FINE as f64;
    let mut truth = Truth::default();
    let mut sizes: BTreeMap<(i64, i64), f64> = BTreeMap::new();
    for (number, ground) in grounds.iter().enumerate() {
        let bounds = ground.bounds();
        let rows = (-bounds.max_y / step).floor() as i64..=(-bounds.min_y / step).ceil() as i64;
        for row in rows {
            let y = -(row as f64 + 0.5) * step;
            for inside in ground.crossings(y).chunks_exact(2) {
                let cols = (inside[0] / step - 0.5).ceil() as i64..(inside[1] / step - 0.5).ceil() as i64;
                for col in cols {
                    let square = (col.div_euclid(SQUARE), row.div_euclid(SQUARE));
                    let ha = match sizes.get(&square) {
                        Some(ha) => *ha,
                        None => *sizes.entry(square).or_insert(sub_pixel_ha(place, square, step)?),
                    };
                    let seen = imagery.holds((col as f64 + 0.5) * step, y);
                    truth.add(near, sub_pixel(near, col, row), years, (number, seen.then_some(ha), ha));
                }
            }
        }
    }
    Ok(truth)
}

fn sub_pixel_ha(place: &Place, square: (i64, i64), step: f64) -> Result<f64, CrsError> {
    let side = SQUARE as f64 * step;
    let (x, y) = (square.0 as f64 * side, -(square.1 as f64) * side);
    let bounds = Bounds { min_x: x, max_x: x + side, min_y: y - side, max_y: y };
    Ok(place.geodesic_m2(&bounds)? / (SQUARE * SQUARE) as f64 / 10_000.0)
}

impl Truth {
    /// Adds one sub-pixel: municipality, hectares inside the imagery, hectares.
    fn add(&mut self, near: &Neighbourhood, object: Object, years: &[i32], at: (usize, Option<f64>, f64)) {
        let (number, seen, ha) = at;
        for year in years {
            let cover = near.cover(object, Day::cutoff(*year));
            if let Some(seen) = seen {
                *self.seen_ha.entry((number, *year, cover)).or_default() += seen;
            }
            if cover == Cover::Coca {
                *self.coca_ha.entry((number, *year)).or_default() += ha;
            }
        }
        if let Object::Lot(lot) = object
            && let Some((when, method)) = near.lot(lot).eradicated
        {
            *self.eradicated_ha.entry((number, when.year, method)).or_default() += ha;
        }
    }
}

const KEYS: &str = "municipality_code,municipality_name,year";

/// `truth.csv`: every class, also where there is none of it.
pub fn truth_csv(truth: &Truth, grounds: &[Ground], years: &[i32]) -> String {
    let mut text = format!("{KEYS},class,truth_ha\n");
    for (number, ground) in grounds.iter().enumerate() {
        for year in years {
            for cover in Cover::ALL {
                let ha = truth.seen_ha.get(&(number, *year, cover)).copied().unwrap_or(0.0);
                text += &format!("{},{},{year},{},{ha:.4}\n", ground.code, ground.name, cover.name());
            }
        }
    }
    text
}

/// `census.csv`: the truth of the whole municipality with an error of some 7 % and 0.3 ha.
pub fn census_csv(
    coca_ha: &BTreeMap<(usize, i32), f64>,
    grounds: &[Ground],
    years: &[i32],
    rng: &mut ChaCha8Rng,
) -> String {
    let mut text = format!("{KEYS},census_ha\n");
    for (number, ground) in grounds.iter().enumerate() {
        for year in years {
            let ha = coca_ha.get(&(number, *year)).copied().unwrap_or(0.0);
            let seen = (ha * (1.0 + 0.07 * normal(rng.random())) + 0.3 * normal(rng.random())).max(0.0);
            text += &format!("{},{},{year},{seen:.2}\n", ground.code, ground.name);
        }
    }
    text
}

/// `eradication.csv`: what was reported, some 15 % more than was done. A municipality without spraying has no such row.
pub fn eradication_csv(
    eradicated_ha: &BTreeMap<(usize, i32, Method), f64>,
    grounds: &[Ground],
    years: &[i32],
    rng: &mut ChaCha8Rng,
) -> String {
    let mut text = format!("{KEYS},method,eradicated_ha\n");
    for (number, ground) in grounds.iter().enumerate() {
        for year in years {
            for method in Method::ALL {
                let ha = eradicated_ha.get(&(number, *year, method)).copied().unwrap_or(0.0);
                let reported = ha * rng.random_range(1.0..1.3);
                if method == Method::Manual || reported > 0.0 {
                    let (code, name, method) = (&ground.code, &ground.name, method.name());
                    text += &format!("{code},{name},{year},{method},{reported:.2}\n");
                }
            }
        }
    }
    text
}

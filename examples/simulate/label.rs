//! The interpreter of the synthetic sample: what truly covers the pixel of each unit.

use std::path::PathBuf;

use cocal::io::atomic;
use cocal::io::crs::{CrsError, Transform, crs_from_text};
use cocal::scene::{Crs, Window};

use crate::landscape::{Cover, Day, Landscape, Neighbourhood};
use crate::records::{CRS, ORIGIN};
use crate::render::{FINE, PIXEL, bounds, sub_pixel};
use crate::write::SimulateError;

/// Labels a sample that `cocal sample` drew from a map of the shipped scenes with the truth at the end of a year.
#[derive(Debug, clap::Args)]
pub struct Label {
    /// Seed that the scenes were made with.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Year of the labels (31 December).
    #[arg(long)]
    year: i32,
    /// Blinded sample: a CSV with id, lon, lat and reference.
    #[arg(long, value_name = "SAMPLE.csv")]
    sample: PathBuf,
    /// Labelled sample to write.
    #[arg(short, long, value_name = "LABELLED.csv")]
    output: PathBuf,
}

/// Pixels of the shipped scenes.
const SHIPPED: Window = Window { row0: 0, col0: 0, rows: 256, cols: 640 };

impl Label {
    pub fn make(&self) -> Result<(), SimulateError> {
        let land = Landscape::new(self.seed);
        let near = land.neighbourhood(bounds(SHIPPED).grown(300.0));
        let way = Transform::new(&Crs::wgs84(), &crs_from_text(CRS)?)?;
        let text = std::fs::read_to_string(&self.sample)?;
        let mut out = String::from("id,lon,lat,reference\n");
        for line in text.lines().skip(1) {
            let fields: Vec<&str> = line.split(',').collect();
            let (Some(id), Some(lon), Some(lat)) = (fields.first(), degrees(&fields, 1), degrees(&fields, 2)) else {
                continue;
            };
            let cover = seen(&near, pixel(&way, lon, lat)?, Day::cutoff(self.year));
            out.push_str(&format!("{id},{},{},{}\n", fields[1], fields[2], cover.name()));
        }
        Ok(atomic::write_bytes(&self.output, out.as_bytes())?)
    }
}

fn degrees(fields: &[&str], at: usize) -> Option<f64> {
    fields.get(at)?.parse().ok()
}

/// Column and row of the pixel that holds a place.
fn pixel(way: &Transform, lon: f64, lat: f64) -> Result<(i64, i64), CrsError> {
    let (mut x, mut y) = ([lon], [lat]);
    way.apply(&mut x, &mut y)?;
    Ok((((x[0] - ORIGIN[0]) / PIXEL).floor() as i64, ((ORIGIN[1] - y[0]) / PIXEL).floor() as i64))
}

/// The cover of most of a pixel's sub-pixels; of equals the first in the order of covers.
fn seen(near: &Neighbourhood, (col, row): (i64, i64), day: Day) -> Cover {
    let fine = FINE as i64;
    let parts =
        (0..fine * fine).map(|i| near.cover(sub_pixel(near, col * fine + i % fine, row * fine + i / fine), day));
    let parts: Vec<Cover> = parts.collect();
    let share = |cover: &Cover| parts.iter().filter(|part| *part == cover).count();
    let mut most = parts[0];
    for part in &parts {
        if (share(part), most as u8) > (share(&most), *part as u8) {
            most = *part;
        }
    }
    most
}

//! Training polygons that a sample falls into are taken out: a map is not assessed on ground that it was taught.

use std::path::PathBuf;

use cocal::io::atomic;
use geo::{Distance, Euclidean, Geometry, Point};
use geojson::FeatureCollection;

use crate::write::{SimulateError, collection};

/// Nearer than half a pixel (5 m) a unit shares ground with a polygon; here a little more, in degrees.
const NEAR: f64 = 4.7e-5;

/// Takes the polygons that hold a unit of a sample out of the training polygons. Prints how many.
#[derive(Debug, clap::Args)]
pub struct Untrain {
    /// Training polygons (GeoJSON in longitude and latitude); written anew.
    #[arg(long, value_name = "TRAINING.geojson")]
    training: PathBuf,
    /// Sample: a CSV with id, lon and lat.
    #[arg(long, value_name = "SAMPLE.csv")]
    sample: PathBuf,
}

impl Untrain {
    pub fn make(&self) -> Result<(), SimulateError> {
        let sample = std::fs::read_to_string(&self.sample)?;
        let units: Vec<Point<f64>> = sample.lines().skip(1).filter_map(place).collect();
        let invalid = |e: geojson::Error| std::io::Error::other(e.to_string());
        let mut layer: FeatureCollection = std::fs::read_to_string(&self.training)?.parse().map_err(invalid)?;
        let all = layer.features.len();
        layer.features.retain(|feature| {
            let ground = feature.geometry.clone().and_then(|g| Geometry::<f64>::try_from(g).ok());
            !ground.is_some_and(|ground| units.iter().any(|unit| Euclidean.distance(unit, &ground) <= NEAR))
        });
        atomic::write_bytes(&self.training, collection(&layer.features).as_bytes())?;
        println!("{}", all - layer.features.len());
        Ok(())
    }
}

fn place(line: &str) -> Option<Point<f64>> {
    let mut fields = line.split(',').skip(1);
    Some(Point::new(fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

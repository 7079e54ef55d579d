//! Layers of protected areas, reserves and community lands: their ground, in the plane of the cells.

use std::path::Path;

use gdal::vector::LayerAccess;
use gdal::{DatasetOptions, GdalOpenFlags};
use geo::MultiPolygon;

use super::cell_plane::{carry, cell_plane, with_short_edges};
use super::crs::crs_from_gdal;
use super::read_municipalities::{LayerError, valid_ground};

/// Reads the polygons of every layer of a file, repaired where their rings are invalid, and what was repaired.
///
/// # Errors
/// [`LayerError`], naming the file and the feature.
pub fn read_overlay(path: &Path) -> Result<(Vec<MultiPolygon<f64>>, Vec<String>), LayerError> {
    let open = |source| LayerError::Open { path: path.to_owned(), source };
    let read = DatasetOptions { open_flags: GdalOpenFlags::GDAL_OF_VECTOR, ..DatasetOptions::default() };
    let dataset = crate::io::fence::open(path, read).map_err(open)?;
    let named = |source| LayerError::Crs { place: path.display().to_string(), source: Box::new(source) };
    let plane = cell_plane().map_err(named)?;
    let (mut grounds, mut notes) = (Vec::new(), Vec::new());
    for mut layer in dataset.layers() {
        let srs = layer.spatial_ref().ok_or_else(|| LayerError::NoCrs { path: path.to_owned() })?;
        let crs = crs_from_gdal(&srs).map_err(named)?;
        let mut own = Vec::new();
        for (i, feature) in layer.features().enumerate() {
            let place = format!("feature {}", i + 1);
            let refuse =
                |rule| LayerError::Feature { path: path.to_owned(), number: i + 1, label: "overlay".to_owned(), rule };
            let (ground, repair) = valid_ground(&feature, &crs).map_err(refuse)?;
            notes.extend(repair.map(|r| format!("{}, {place}: {r}", path.display())));
            own.push(with_short_edges(&ground, &crs));
        }
        let held = carry(&mut own, &crs, &plane).map_err(named)?;
        if let Some(number) = held.iter().position(|held| !held) {
            let place = format!("{}, feature {}", path.display(), number + 1);
            return Err(LayerError::NoImage { place, to: plane.label() });
        }
        grounds.append(&mut own);
    }
    if grounds.is_empty() {
        return Err(LayerError::Empty { path: path.to_owned() });
    }
    Ok((grounds, notes))
}

//! What a run writes for programs that open its folder: a QGIS project, styles, and a STAC catalog.

use std::path::Path;

use jiff::ToSpan;

use super::error::JobError;
use super::layers::layers;
use super::outputs::Run;
use crate::io::atomic::Staged;
use crate::io::cog::Layer;
use crate::io::map_layer::MapLayer;
use crate::io::read_project::ReadProjectError;
use crate::io::stac::{Catalog, Year};
use crate::io::write_qgis_project::{PROJECT, QgisProject, opened, qgis_project, raster_style};

/// The layers of a mapped year, as its rasters were written.
fn of_year(run: &Run<'_>, year: i16) -> [(&'static str, Layer); 4] {
    let label = format!("{} {year}", run.file.project.project.name);
    layers(run.model, Some(year), label.trim())
}

/// The QGIS project, and style files beside the rasters of amounts.
pub(super) fn for_qgis(run: &Run<'_>, layer: &MapLayer) -> Vec<(String, Vec<u8>)> {
    let masks: Vec<(i16, &'static str, Layer)> = run
        .scenes
        .years
        .iter()
        .flat_map(|year| of_year(run, year.year).map(|(name, layer)| (year.year, name, layer)))
        .collect();
    let name = &run.file.project.project.name;
    let project = QgisProject {
        title: if name.is_empty() { "cocal" } else { name },
        map: (layer, opened(&run.file.project.output.formats)),
        grid: &run.scenes.grid,
        masks: &masks,
    };
    let styles = masks
        .iter()
        .filter_map(|(year, name, layer)| raster_style(layer).map(|style| (format!("mask/{name}_{year}.qml"), style)));
    std::iter::once((PROJECT.to_owned(), qgis_project(&project))).chain(styles).collect()
}

/// The STAC catalog of all that is staged.
///
/// # Errors
/// [`JobError`] naming a file that cannot be read again.
pub(super) fn catalog(run: &Run<'_>, out: &Path, staged: &[Staged]) -> Result<Vec<(String, Vec<u8>)>, JobError> {
    let project = &run.file.project;
    let mut years = Vec::new();
    for (plan, map) in run.scenes.years.iter().zip(run.maps) {
        let invalid = |source| ReadProjectError::Invalid { path: run.file.path.clone(), source };
        let last = project.years.cutoff_date(plan.year).map_err(invalid)?;
        let first = last.saturating_sub((project.years.window_days - 1).days());
        let layers = of_year(run, plan.year).into_iter().zip(&map.statistics);
        let layers = layers.map(|((name, layer), statistics)| (name, layer, *statistics)).collect();
        years.push(Year { year: plan.year, days: (first, last), layers });
    }
    let lineage = format!(
        "Scenes of the {} days up to the cut-off were made one composite and classified; patches of coca below {} ha were \
         taken off. Scenes, settings, model and SHA-256 of all inputs are in run.json.",
        project.years.window_days, project.mask.minimum_mapping_unit_ha
    );
    let name = &project.project.name;
    Ok(Catalog { name, out, grid: &run.scenes.grid, years, staged, lineage }.files()?)
}

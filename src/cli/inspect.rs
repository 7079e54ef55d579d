//! `cocal inspect`: what would be read of a scene.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{Failure, Output, print_json, print_line};
use crate::classify::symmetric::InOrder;
use crate::io::scene::{SceneError, check_values, open_scene};
use crate::scene::Band;
use crate::scene::source::{Scene, SceneOptions};

/// Show what would be read of a scene: sensor, date, bands, CRS, scale and offset and why, validity.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cocal inspect S2B_MSIL2A_20240812T152639.SAFE tile_a.tif")]
pub(super) struct Inspect {
    /// Scenes: rasters, or product folders.
    #[arg(value_name = "SCENE", required = true)]
    scenes: Vec<PathBuf>,
    /// Read the scenes as this sensor: sentinel-2-l2a, landsat-c2-l2, landsat-l1, stack or drone.
    #[arg(long, value_name = "NAME")]
    sensor: Option<String>,
}

/// One scene, or why it cannot be opened.
#[derive(Serialize)]
struct Report {
    path: PathBuf,
    scene: Option<Scene>,
    crs: Option<String>,
    validity_summary: Option<String>,
    warnings: Vec<String>,
    error: Option<String>,
}

/// The object that `--json` prints.
#[derive(Serialize)]
struct Reports {
    scenes: Vec<Report>,
}

/// Scenes that could not be opened; the others were shown.
#[derive(Debug, thiserror::Error)]
#[error("{failed} of {all} scenes cannot be read: {first}")]
struct Unreadable {
    failed: usize,
    all: usize,
    first: String,
}

impl Inspect {
    pub(super) fn run(self, output: Output) -> Result<(), Failure> {
        let options = SceneOptions { sensor: self.sensor, ..SceneOptions::default() };
        let reports: Vec<Report> = self.scenes.iter().map(|path| report(path, &options)).collect();
        let reports = Reports { scenes: reports };
        if output.json {
            print_json(&reports)?;
        } else {
            reports.scenes.iter().for_each(show);
        }
        let mut errors = reports.scenes.iter().filter_map(|r| r.error.clone());
        match errors.next() {
            None => Ok(()),
            Some(first) => Err(Unreadable { failed: 1 + errors.count(), all: reports.scenes.len(), first }.into()),
        }
    }
}

fn report(path: &Path, options: &SceneOptions) -> Report {
    let opened = open_scene(path, options).and_then(|scene| {
        let warnings = warnings(&scene)?;
        Ok::<_, SceneError>((scene, warnings))
    });
    match opened {
        Ok((scene, warnings)) => Report {
            path: path.to_owned(),
            crs: Some(scene.grid.crs.label()),
            validity_summary: Some(scene.validity_in_words()),
            warnings,
            scene: Some(scene),
            error: None,
        },
        Err(error) => Report {
            path: path.to_owned(),
            scene: None,
            crs: None,
            validity_summary: None,
            warnings: Vec::new(),
            error: Some(error.to_string()),
        },
    }
}

/// What the values themselves say; what would stop a run is a warning here.
fn warnings(scene: &Scene) -> Result<Vec<String>, SceneError> {
    let bands: Vec<Band> = scene.bands.iter().map(|b| b.band.clone()).collect();
    match check_values(scene, &bands, &InOrder) {
        Err(error @ (SceneError::NotReflectance { .. } | SceneError::UndeclaredFill { .. })) => {
            Ok(vec![format!("not to be mapped as it is: {error}")])
        }
        checked => checked,
    }
}

fn show(report: &Report) {
    print_line(&report.path.display().to_string());
    if let Some(scene) = &report.scene {
        show_scene(scene);
        scene.notes.iter().for_each(|note| print_line(&format!("  note      {note}")));
    }
    report.warnings.iter().for_each(|warning| print_line(&format!("  WARNING   {warning}")));
    if let Some(error) = &report.error {
        print_line(&format!("  ERROR     {error}"));
    }
}

fn show_scene(scene: &Scene) {
    let grid = &scene.grid;
    let unit = if grid.crs.geographic { "degrees" } else { "m" };
    let date = scene.date.map_or_else(|| "unknown".to_owned(), |d| d.to_string());
    print_line(&format!("  sensor    {} ({})", scene.sensor, scene.sensor_reason));
    print_line(&format!("  date      {date} ({})", scene.date_reason));
    print_line(&format!("  CRS       {}", grid.crs.label()));
    let (rows, cols, width, height) = (grid.rows, grid.cols, grid.pixel_width, grid.pixel_height);
    print_line(&format!("  size      {rows} rows x {cols} columns of {width} x {height} {unit}"));
    print_line(&format!("  validity  {}", scene.validity_in_words()));
    print_line("  bands     reflectance = scale * DN + offset");
    for band in &scene.bands {
        let own = if band.source_name.is_empty() { "-" } else { &band.source_name };
        print_line(&format!(
            "    {:<12} {own:<8} {:<8} scale {:<12.7} offset {:<10.6} {}",
            band.band.name(),
            band.data_type,
            band.scale,
            band.offset,
            band.scale_reason
        ));
    }
}

//! `cocal classify`: scenes to class raster, mask and probability.

use std::path::PathBuf;

use serde_json::json;

use super::progress::Bars;
use super::table::{figure, table};
use super::{Failure, Output, print_error, print_json, print_line, print_notes};
use crate::io::atomic;
use crate::io::model_file::read_model;
use crate::io::scene::open_scene;
use crate::run::JobError;
use crate::run::single::{Classified, Target, classify_scene, outputs_apart};
use crate::run::threads::Threads;
use crate::scene::Band;
use crate::scene::source::SceneOptions;

/// Classify scenes with a model: class raster, coca mask and probability, a set per scene.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cocal classify --model model.cocal -o masks tile_a.tif tile_b.tif")]
pub(super) struct Classify {
    /// The model file made by `cocal train`.
    #[arg(long, value_name = "model.cocal")]
    model: PathBuf,
    /// Which band is which, 1-based: blue=1,green=2,red=3.
    #[arg(long, value_name = "NAME=INDEX,...", value_delimiter = ',', value_parser = band_number)]
    bands: Vec<(Band, usize)>,
    /// Reflectance is value * SCALE + OFFSET; overrides what the file says.
    #[arg(long, value_name = "S", requires = "offset", allow_negative_numbers = true)]
    scale: Option<f64>,
    /// See --scale.
    #[arg(long, value_name = "O", requires = "scale", allow_negative_numbers = true)]
    offset: Option<f64>,
    /// Patches of coca smaller than so many hectares are taken off the mask.
    #[arg(long, value_name = "HA", default_value_t = 0.0, value_parser = not_negative)]
    minimum_mapping_unit_ha: f64,
    /// Folder for the outputs.
    #[arg(short, long, value_name = "OUTDIR")]
    output: PathBuf,
    /// Scenes: rasters, or product folders.
    #[arg(value_name = "SCENE", required = true)]
    scenes: Vec<PathBuf>,
}

/// `red=3` as a band and its 1-based number.
fn band_number(text: &str) -> Result<(Band, usize), String> {
    let wrong = || format!("'{text}' is not NAME=INDEX with an index of 1 or more, such as red=3");
    let (name, index) = text.split_once('=').ok_or_else(wrong)?;
    let index: usize = index.trim().parse().map_err(|_| wrong())?;
    if index == 0 || name.trim().is_empty() { Err(wrong()) } else { Ok((Band::new(name), index)) }
}

/// Hectares, 0 or more.
fn not_negative(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| format!("'{text}' is not a number of hectares"))?;
    if value.is_finite() && value >= 0.0 { Ok(value) } else { Err("it must be 0 or more".to_owned()) }
}

impl Classify {
    pub(super) fn run(self, output: Output) -> Result<(), Failure> {
        let model = read_model(&self.model)?;
        atomic::make_folder(&self.output)?;
        let threads = Threads::start(output.threads.map(usize::from))?;
        let bars = Bars::new(output);
        let options = SceneOptions {
            bands: self.bands.clone(),
            scale: self.scale,
            offset: self.offset,
            ..SceneOptions::default()
        };
        let opened = threads.map(&self.scenes, |path| open_scene(path, &options));
        outputs_apart(opened.iter().flatten(), &self.output)?;
        let (mut done, mut failed) = (Vec::new(), 0);
        let target = Target { model: &model, unit_ha: self.minimum_mapping_unit_ha, out: &self.output };
        for scene in opened {
            let classified = scene
                .map_err(JobError::from)
                .and_then(|scene| classify_scene(&threads, scene, &target, &|p| bars.tell(p)));
            bars.finish();
            match classified {
                Ok(classified) => {
                    print_notes(&classified.notes, output);
                    done.push(classified);
                }
                Err(error) => {
                    failed += 1;
                    print_error(&error);
                }
            }
        }
        if output.json {
            print_json(&json!({ "scenes": done, "failed": failed }))?;
        } else if !output.quiet {
            done.iter().for_each(print_scene);
        }
        if failed > 0 { Err(Failure::Part { failed, of: self.scenes.len() }) } else { Ok(()) }
    }
}

fn print_scene(scene: &Classified) {
    print_line(&format!("{}\n", scene.scene.display()));
    let mut rows: Vec<Vec<String>> =
        scene.mapped_area_ha.iter().map(|(class, ha)| vec![class.clone(), figure(Some(*ha), 2)]).collect();
    rows.push(vec!["(unobserved)".to_owned(), figure(Some(scene.unobserved_ha), 2)]);
    print_line(&table(&["class", "mapped ha"], &rows, &[0]));
    for file in &scene.files {
        print_line(&format!("  {}", file.display()));
    }
    print_line("");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_are_named_and_numbered_from_one() {
        assert_eq!(band_number("SWIR1=5"), Ok((Band::new("swir16"), 5)));
        for wrong in ["red", "red=0", "=3", "red=x"] {
            assert!(band_number(wrong).is_err(), "{wrong}");
        }
    }
}

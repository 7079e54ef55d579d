//! `cocal train`: fit a classifier.

use std::path::PathBuf;

use serde_json::json;

use super::progress::Bars;
use super::{Failure, Output, accuracy, print_json, print_line, print_notes};
use crate::io::atomic;
use crate::io::model_file::write_model;
use crate::io::read_project::read_project;
use crate::project::ClassifierKind;
use crate::run::faults::{Guard, OnError};
use crate::run::model::{Labels, train_model};
use crate::run::prepare::prepare_scenes;
use crate::run::provenance::digest_inputs;
use crate::run::threads::Threads;

/// Fit a classifier on labelled polygons or points and print its held-out error matrix.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cocal train --project sample_tiles/cocal.toml --samples sample_tiles/training.geojson --class-field class -o model.cocal"
)]
pub(super) struct Train {
    /// The project file: which scenes, years and features.
    #[arg(long, value_name = "PROJECT.toml")]
    project: PathBuf,
    /// Labelled polygons or points, in any vector format that GDAL reads.
    #[arg(long, value_name = "VECTOR")]
    samples: PathBuf,
    /// Field that holds the class.
    #[arg(long, value_name = "NAME")]
    class_field: String,
    /// Boosted symmetric trees, or a random forest [default: the project's, or boosted].
    #[arg(long, value_name = "KIND", value_parser = kind)]
    classifier: Option<ClassifierKind>,
    /// Seed of the classifier and of the split [default: the project's, or 1].
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// The model file to write.
    #[arg(short, long, value_name = "model.cocal")]
    output: PathBuf,
}

/// `boosted` or `forest`.
fn kind(text: &str) -> Result<ClassifierKind, String> {
    match text {
        "boosted" => Ok(ClassifierKind::Boosted),
        "forest" => Ok(ClassifierKind::Forest),
        other => Err(format!("'{other}' is no classifier: give boosted or forest")),
    }
}

impl Train {
    pub(super) fn run(self, output: Output) -> Result<(), Failure> {
        let file = read_project(&self.project)?;
        atomic::make_folder(atomic::parent(&self.output))?;
        let threads = Threads::start(output.threads.map(usize::from))?;
        let bars = Bars::new(output);
        let scenes = prepare_scenes(&threads, &file, OnError::Stop)?;
        let scene_files = scenes.scenes.iter().flat_map(|s| s.files.iter().map(|f| (f.clone(), "scene")));
        let files: Vec<_> = std::iter::once((self.samples.clone(), "samples")).chain(scene_files).collect();
        let input_paths = files.iter().map(|(path, _)| path.as_path()).chain([self.project.as_path()]);
        atomic::keep_inputs([self.output.as_path()], input_paths)?;
        let inputs = digest_inputs(&threads, &files)?;
        let seed = self.seed.unwrap_or(file.project.classifier.seed);
        let labels = Labels { path: &self.samples, class_field: &self.class_field, seed, kind: self.classifier };
        let guard = Guard::new(&scenes.scenes, &inputs);
        let trained = train_model(&threads, &file, (&scenes, &guard), (&labels, &inputs), &|p| bars.tell(p));
        bars.finish();
        let (model, report) = trained?;
        write_model(&self.output, &model)?;
        let notes: Vec<String> = scenes.notes.iter().chain(&report.notes).cloned().collect();
        print_notes(&notes, output);
        if output.json {
            print_json(&json!({
                "model": self.output,
                "classes": model.classes,
                "features": model.features,
                "sensor": model.sensor,
                "training_years": model.training_years,
                "seed": model.seed,
                "pixels": report.pixels,
                "folds": report.folds,
                "classifier": model.classifier.name(),
                "trees": model.classifier.trees(),
                "held_out": accuracy::as_json(&report.held_out),
                "reliability": report.reliability,
                "importance": report.importance.lost,
                "notes": notes,
            }))?;
        } else if !output.quiet {
            print_line(&accuracy::held_out(&report.held_out));
            print_line(&accuracy::model_card(&report));
            print_line(&format!("Model written to {}", self.output.display()));
        }
        Ok(())
    }
}

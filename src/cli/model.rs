//! `cocal model`: take over a model of another library, show a model, predict with one.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::table::table;
use super::{Failure, Output, print_json, print_line, print_notes};
use crate::classify::imported::Ensemble;
use crate::classify::model::{Classifier, Model};
use crate::classify::network::Input;
use crate::io::atomic::{self, Staged};
use crate::io::model_file::{read_model, write_model};
use crate::io::read_features::read_features;
use crate::io::write_predictions::predictions;
use crate::run::import::{Names, import, predict};
use crate::run::threads::Threads;

/// Take over a model of another library, show a model, or predict with one.
#[derive(Debug, clap::Args)]
pub(super) struct ModelCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Import(Import),
    Show(Show),
    Predict(Predict),
}

/// Take over a model: LightGBM's text, XGBoost's JSON or UBJ, CatBoost's JSON, or a forest or a network in ONNX.
///
/// Its decisions are those of the library. Features are bands (nir, red, swir16), indices (ndvi, nbr) or statistics of one
/// over the year (nbr_min), in reflectance; for a model of digital numbers classify with --scale 1 --offset 0. A network is
/// over images [1, feature, row, col], a pixel's features [pixel, feature], or its dates [pixel, band, date].
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cocal model import lightgbm.txt --features blue,green,red,nir,ndvi --classes forest,coca,pasture -o model.cocal"
)]
struct Import {
    /// The model file of the other library.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Names of the features in the model's order; without it those in the file.
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    features: Vec<String>,
    /// Names of the classes in the model's order; without it those in the file, else 0, 1, ...
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    classes: Vec<String>,
    /// The classes that are coca; without it those with coca in their names.
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    coca: Vec<String>,
    /// The model file to write.
    #[arg(short, long, value_name = "model.cocal")]
    output: PathBuf,
}

/// Show what a model is: its kind, classes, features, and where it comes from.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cocal model show model.cocal")]
struct Show {
    /// The model.
    #[arg(value_name = "model.cocal")]
    model: PathBuf,
}

/// Predict rows of feature values with an imported model, to hold it against its library.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cocal model predict model.cocal pixels.npy -o predictions.csv")]
struct Predict {
    /// The model.
    #[arg(value_name = "model.cocal")]
    model: PathBuf,
    /// Values, a column a feature in the model's order: a CSV with a header, or NumPy's .npy of float32 or float64.
    #[arg(value_name = "TABLE")]
    table: PathBuf,
    /// CSV to write: the class and the probability of each class.
    #[arg(short, long, value_name = "FILE.csv")]
    output: PathBuf,
}

/// Only imported models predict tables.
#[derive(Debug, thiserror::Error)]
#[error("{path} was trained by cocal on coded features: only imported models predict tables; use 'cocal classify'")]
struct NotImported {
    path: PathBuf,
}

/// A table that does not fit the model.
#[derive(Debug, thiserror::Error)]
#[error("{path} has {found} columns; the model has {wanted} features: {names}")]
struct Columns {
    path: PathBuf,
    found: usize,
    wanted: usize,
    names: String,
}

impl ModelCommand {
    pub(super) fn run(self, output: Output) -> Result<(), Failure> {
        match self.action {
            Action::Import(import) => import.run(output),
            Action::Show(show) => Ok(print_model(&show.model, &read_model(&show.model)?, output)?),
            Action::Predict(predict) => predict.run(output),
        }
    }
}

impl Import {
    fn run(self, output: Output) -> Result<(), Failure> {
        atomic::keep_inputs([self.output.as_path()], [self.file.as_path()])?;
        let names = Names { features: self.features, classes: self.classes, coca: self.coca };
        let (model, notes) = import(&self.file, &names)?;
        write_model(&self.output, &model)?;
        print_notes(&notes, output);
        print_model(&self.output, &model, output)
    }
}

impl Predict {
    fn run(self, output: Output) -> Result<(), Failure> {
        let model = read_model(&self.model)?;
        let Classifier::Imported(ensemble) = &model.classifier else {
            return Err(NotImported { path: self.model }.into());
        };
        atomic::keep_inputs([self.output.as_path()], [self.model.as_path(), self.table.as_path()])?;
        let features = read_features(&self.table)?;
        if features.columns() != ensemble.features() {
            let names: Vec<&str> = model.features.iter().map(|f| f.name.as_str()).collect();
            let (found, wanted) = (features.columns(), ensemble.features());
            return Err(Columns { path: self.table, found, wanted, names: names.join(", ") }.into());
        }
        let threads = Threads::start(output.threads.map(usize::from))?;
        let start = std::time::Instant::now();
        let (classes, all) = predict(&threads, ensemble, &features);
        let seconds = start.elapsed().as_secs_f64();
        Staged::bytes(&self.output, &predictions(&model, &classes, &all)?)?.put()?;
        if output.json {
            print_json(&json!({ "rows": classes.len(), "seconds": seconds }))?;
        } else if !output.quiet {
            print_line(&format!(
                "{} rows, predicted in {seconds:.3} s, are in {}",
                classes.len(),
                self.output.display()
            ));
        }
        Ok(())
    }
}

fn ensemble(model: &Model) -> Option<&Ensemble> {
    match &model.classifier {
        Classifier::Imported(ensemble) => Some(ensemble),
        _ => None,
    }
}

/// What the classifier consists of, or takes.
fn parts(model: &Model) -> String {
    match model.network().map(|network| network.input) {
        None => format!("{} trees", model.classifier.trees()),
        Some(Input::Image { side }) => format!("over images of {side} x {side} pixels"),
        Some(Input::Pixels) => "over the features of a pixel".to_owned(),
        Some(Input::Series { dates, .. }) => format!("over {dates} dates of a pixel"),
    }
}

/// The model as one JSON object or as lines.
fn print_model(path: &Path, model: &Model, output: Output) -> Result<(), Failure> {
    let coca: Vec<&String> = model.classes.iter().zip(&model.coca).filter(|(_, c)| **c).map(|(name, _)| name).collect();
    let features: Vec<&str> = model.features.iter().map(|f| f.name.as_str()).collect();
    let bands: Vec<&str> = model.bands.iter().map(crate::scene::Band::name).collect();
    let source = match &model.classifier {
        Classifier::Imported(ensemble) => ensemble.source.as_str(),
        Classifier::Network(_) => "ONNX",
        Classifier::Forest(_) | Classifier::Symmetric(_) => "cocal",
    };
    let trees = model.network().is_none().then(|| model.classifier.trees());
    let takes = model.network().map(|network| network.input);
    let own = source == "cocal";
    let accuracy = model.assessment.as_ref().and_then(crate::accuracy::ErrorMatrix::overall);
    if output.json {
        return print_json(&json!({
            "path": path, "classifier": model.classifier.name(), "source": source, "trees": trees, "takes": takes,
            "leaves_found_by": ensemble(model).map(Ensemble::engine), "classes": model.classes, "coca_classes": coca,
            "features": features, "bands": bands, "sensor": (!model.sensor.is_empty()).then_some(&model.sensor),
            "training_years": model.training_years, "seed": own.then_some(model.seed),
            "held_out_overall_accuracy": accuracy, "calibrated": model.calibration.is_some(), "inputs": model.inputs,
        }));
    }
    if output.quiet {
        return Ok(());
    }
    let or_unknown = |text: String| if text.is_empty() { "not known".to_owned() } else { text };
    let years: Vec<String> = model.training_years.iter().map(ToString::to_string).collect();
    let accuracy = accuracy.map_or("not known".to_owned(), |p| format!("{:.1} % of held-out pixels right", 100.0 * p));
    let rows = [
        ("model", path.display().to_string()),
        ("classifier", format!("{}, {}, made by {source}", model.classifier.name(), parts(model))),
        ("classes", model.classes.join(", ")),
        (
            "coca",
            if coca.is_empty() {
                "none".to_owned()
            } else {
                coca.iter().map(|c| c.as_str()).collect::<Vec<_>>().join(", ")
            },
        ),
        ("features", features.join(", ")),
        ("bands", bands.join(", ")),
        ("sensor", or_unknown(model.sensor.clone())),
        ("training years", or_unknown(years.join(", "))),
        ("accuracy", accuracy),
        ("calibrated", if model.calibration.is_some() { "yes" } else { "no" }.to_owned()),
        ("made from", or_unknown(model.inputs.keys().cloned().collect::<Vec<_>>().join(", "))),
    ];
    let rows: Vec<Vec<String>> = rows.into_iter().map(|(what, is)| vec![what.to_owned(), is]).collect();
    print_line(&table(&["", ""], &rows, &[0, 1]));
    Ok(())
}

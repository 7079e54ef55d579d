//! Why a job stopped.

use super::assess::AssessError;
use super::batch::BatchError;
use super::batch::workplace::WorkplaceError;
use super::budget::TooLittle;
use super::map::MapError;
use super::plan::PlanError;
use super::prepare::PrepareError;
use super::threads::ThreadError;
use super::train::TrainError;
use crate::compare::CompareError;
use crate::features::recipe::RecipeError;
use crate::io::atomic::WriteError;
use crate::io::crs::CrsError;
use crate::io::csv_bytes::CsvError;
use crate::io::digest::DigestError;
use crate::io::map_layer::MapLayerError;
use crate::io::model_file::ModelFileError;
use crate::io::read_municipalities::LayerError;
use crate::io::read_project::ReadProjectError;
use crate::io::read_records::ReadRecordsError;
use crate::io::read_samples::SampleError;
use crate::io::read_truth::TruthError;
use crate::io::scene::SceneError;
use crate::io::stac::StacError;
use crate::io::write_comparison::ComparisonBytesError;

/// Why a job stopped; the message is that of the part that found the fault.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
#[allow(missing_docs)] // Each variant is named after the type that it wraps.
pub enum JobError {
    Assess(#[from] AssessError),
    Batch(#[from] BatchError),
    Budget(#[from] TooLittle),
    Compare(#[from] CompareError),
    ComparisonBytes(#[from] ComparisonBytesError),
    Crs(#[from] CrsError),
    Csv(#[from] CsvError),
    Digest(#[from] DigestError),
    Map(#[from] MapError),
    MapLayer(#[from] MapLayerError),
    ModelFile(#[from] ModelFileError),
    Municipalities(#[from] LayerError),
    Plan(#[from] PlanError),
    Prepare(#[from] PrepareError),
    Project(#[from] ReadProjectError),
    Recipe(#[from] RecipeError),
    Record(serde_json::Error),
    Records(#[from] ReadRecordsError),
    Sample(#[from] SampleError),
    Scene(#[from] SceneError),
    Stac(#[from] StacError),
    Thread(#[from] ThreadError),
    Train(#[from] TrainError),
    Truth(#[from] TruthError),
    Unfit(#[from] UnfitModel),
    Workplace(#[from] WorkplaceError),
    Write(#[from] WriteError),
}

/// A model and a scene that do not go together.
#[derive(Debug, thiserror::Error)]
pub enum UnfitModel {
    /// Trained on another sensor.
    #[error(
        "the model was trained on '{trained_on}', scene {scene} is '{sensor}': reflectances of different sensors are not comparable; train a model on this sensor"
    )]
    Sensor {
        /// The scene.
        scene: String,
        /// Its sensor.
        sensor: String,
        /// The model's.
        trained_on: String,
    },
    /// A band is missing.
    #[error(
        "the model needs band '{band}', scene {scene} has: {present}; name its bands with --bands or in the project file"
    )]
    Band {
        /// The scene.
        scene: String,
        /// The band.
        band: String,
        /// The bands of the scene.
        present: String,
    },
    /// No class of the model is coca.
    #[error("no class of the model is coca: it has {classes}; name those that are: [mask] coca_classes = [...]")]
    NoCoca {
        /// The classes.
        classes: String,
    },
}

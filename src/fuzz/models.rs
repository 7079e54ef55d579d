//! Models: our own file, and those of other libraries.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::classify::imported::{Ensemble, Room};
use crate::classify::model::{Bench, Classifier, Model};
use crate::classify::model_bytes::{from_bytes, to_bytes};
use crate::classify::prediction::Prediction;
use crate::features::FeatureBlock;
use crate::features::recipe::Recipe;
use crate::io::import::foreign_model;
use crate::simd::Level;

/// Pixels that a model is tried on: more than a run of the kernels, and no whole number of them.
const PIXELS: usize = 70;

/// A model file. Its digest is put behind the input: nothing but the digest would be tested otherwise.
pub fn model(data: &[u8]) {
    let _ = from_bytes(data);
    let mut bytes = data.to_vec();
    bytes.extend(Sha256::digest(data));
    let Ok(model) = from_bytes(&bytes) else { return };
    let written = to_bytes(&model);
    assert!(from_bytes(&written).is_ok_and(|again| to_bytes(&again) == written), "a model that does not come back");
    try_model(&model);
}

fn try_model(model: &Model) {
    let _ = Bench::new(model);
    let _ = Recipe::for_features(&model.features, &model.bands);
    if let Some(matrix) = &model.assessment {
        let _ = (matrix.pixels(), matrix.total_units(), matrix.overall(), matrix.overall_by_unit(), matrix.rows());
    }
    let (kept, _) = model.classifier.keep_used();
    match &kept {
        Classifier::Imported(ensemble) => try_ensemble(ensemble, &model.coca),
        Classifier::Network(_) => {}
        Classifier::Forest(_) | Classifier::Symmetric(_) => {
            let mut block = FeatureBlock::missing(model.features.len(), PIXELS);
            let codes = block.codes.iter_mut().enumerate().skip(PIXELS / 2);
            codes.for_each(|(at, code)| *code = (at * 7_919) as u16);
            let found = model.classifier.predict(&block, &model.coca);
            assert!(found.class.iter().all(|class| usize::from(*class) < model.classes.len()), "a class that is none");
        }
    }
}

fn try_ensemble(ensemble: &Ensemble, coca: &[bool]) {
    let values: Vec<f32> = (0..ensemble.features() * PIXELS)
        .map(|at| if at % 11 == 0 { f32::NAN } else { (at as f32 * 0.37).sin() })
        .collect();
    let (mut room, mut found) = (Room::default(), Prediction::default());
    found.resize(PIXELS);
    ensemble.predict((Level::current(), &values, PIXELS), PIXELS, coca, (&mut room, 0, &mut found));
    assert!(found.class.iter().all(|class| usize::from(*class) < ensemble.classes()), "a class that is none");
}

/// A model of another library: LightGBM's text, JSON or UBJ of XGBoost and CatBoost, ONNX.
pub fn import(data: &[u8]) {
    for counts in [(None, None), (Some(4), Some(3))] {
        let Ok(found) = foreign_model(Path::new("m"), data.to_vec(), counts) else { continue };
        if let Classifier::Imported(ensemble) = &found.classifier {
            let coca: Vec<bool> = (0..ensemble.classes()).map(|class| class == 1).collect();
            try_ensemble(ensemble, &coca);
        }
    }
}

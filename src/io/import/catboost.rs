//! CatBoost's JSON (`save_model(..., format="json")`).

use serde_json::Value;

use super::{Kind, Parsed, own_names};
use crate::classify::imported::build::{Raw, tree};
use crate::classify::imported::{Arithmetic, Link, Parts, Tree};

pub(super) fn parse(value: &Value) -> Result<Parsed, String> {
    let info = &value["features_info"];
    for kind in ["categorical_features", "text_features", "embedding_features"] {
        if info[kind].as_array().is_some_and(|features| !features.is_empty()) {
            return Err(format!("{} are not supported", kind.replace('_', " ")));
        }
    }
    let features = info["float_features"].as_array().ok_or("no float_features")?;
    let flat = |feature: &Value| feature["flat_feature_index"].as_u64().or_else(|| feature["feature_index"].as_u64());
    // What a missing value is taken for, in the order of the features.
    let missing_left: Vec<bool> = features.iter().map(|f| f["nan_value_treatment"] != "AsTrue").collect();
    let names =
        features.iter().map(|f| f["feature_id"].as_str().or(f["feature_name"].as_str()).unwrap_or_default().to_owned());
    let names: Vec<String> = names.collect();
    if features.iter().zip(0..).any(|(feature, number)| flat(feature) != Some(number)) {
        return Err("its features are not numbered from 0 on".to_owned());
    }
    let (scale, base) = scale_and_bias(&value["scale_and_bias"]).ok_or("no scale_and_bias")?;
    let loss = loss_function(value).unwrap_or_default();
    let classes = class_names(value);
    let (count, link) = match base.len() {
        1 if !["RMSE", "MAE"].contains(&loss.as_str()) => (2, Link::Logistic(1.0)),
        several if several > 2 && loss != "MultiClassOneVsAll" => (several, Link::Softmax),
        _ => {
            return Err(format!(
                "loss function '{loss}' is not supported: it must be Logloss, CrossEntropy or MultiClass"
            ));
        }
    };
    let trees = value["oblivious_trees"].as_array().ok_or("no oblivious_trees (grow_policy must be SymmetricTree)")?;
    let of = |(i, one): (usize, &Value)| {
        one_tree(one, (base.len(), scale, &missing_left)).map_err(|rule| format!("tree {i} (from 0): {rule}"))
    };
    let trees = trees.iter().enumerate().map(of).collect::<Result<_, _>>()?;
    let parts = Parts {
        source: "CatBoost".to_owned(),
        features: features.len(),
        classes: count,
        arithmetic: Arithmetic::Double,
        link,
        base,
        trees,
    };
    Ok(Parsed {
        kind: Kind::Trees(parts),
        features: own_names(names),
        classes: classes.filter(|names| names.len() == count),
    })
}

/// `[scale, [bias, ...]]`; older files have one number for the bias.
fn scale_and_bias(value: &Value) -> Option<(f64, Vec<f64>)> {
    let (scale, bias) = (value.get(0)?.as_f64()?, value.get(1)?);
    match bias.as_array() {
        Some(list) => Some((scale, list.iter().map(Value::as_f64).collect::<Option<_>>()?)),
        None => Some((scale, vec![bias.as_f64()?])),
    }
}

fn loss_function(value: &Value) -> Option<String> {
    let parameters = &value["model_info"]["params"];
    // Some versions hold the parameters as text.
    let parsed = parameters.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let parameters = parsed.as_ref().unwrap_or(parameters);
    Some(parameters["loss_function"]["type"].as_str()?.to_owned())
}

fn class_names(value: &Value) -> Option<Vec<String>> {
    let parameters = &value["model_info"]["class_params"];
    let parsed = parameters.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let names = parsed.as_ref().unwrap_or(parameters)["class_names"].as_array()?;
    Some(names.iter().map(|name| name.as_str().map_or_else(|| name.to_string(), str::to_owned)).collect())
}

fn one_tree(value: &Value, (scores, scale, missing_left): (usize, f64, &[bool])) -> Result<Tree, String> {
    let splits = value["splits"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut questions = Vec::new();
    for split in splits {
        if split["split_type"] != "FloatFeature" {
            return Err(format!("split type {} is not supported", split["split_type"]));
        }
        let feature = split["float_feature_index"].as_u64().ok_or("a split without a feature")? as usize;
        // Borders are numbers of 32 bits.
        let border = f64::from(split["border"].as_f64().ok_or("a split without a border")? as f32);
        let left = *missing_left.get(feature).ok_or("a split of a feature that is not there")?;
        questions.push((feature as u32, border, left));
    }
    let values = value["leaf_values"].as_array().ok_or("no leaf_values")?;
    let values: Vec<f64> = values.iter().map(Value::as_f64).collect::<Option<_>>().ok_or("a leaf that is no number")?;
    let depth = questions.len();
    if depth > 16 || values.len() != scores << depth {
        return Err(format!("{} leaf values for {depth} splits", values.len()));
    }
    // Split i is bit i of the leaf's number. A node is its level and the bits so far, as one number with a bit before them.
    let node = |number: usize| {
        let level = number.ilog2() as usize;
        let bits = number - (1 << level);
        let Some((feature, border, left)) = questions.get(level) else {
            return Some(Raw::Leaf(values[bits * scores..(bits + 1) * scores].iter().map(|v| v * scale).collect()));
        };
        let next = 2 << level;
        Some(Raw::Split(*feature, *border, *left, next + bits, next + bits + (1 << level)))
    };
    Ok(tree((scores == 1).then_some(0), 1, 2 << depth, node)?)
}

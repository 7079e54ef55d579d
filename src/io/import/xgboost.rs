//! XGBoost's JSON and UBJ (`Booster.save_model`): XGBoost's `doc/model.schema`.

use serde_json::Value;

use super::{Kind, Parsed, own_names};
use crate::classify::imported::build::{Raw, below, tree};
use crate::classify::imported::{Arithmetic, Link, Parts, Tree};

pub(super) fn parse(value: &Value) -> Result<Parsed, String> {
    let learner = &value["learner"];
    let booster = &learner["gradient_booster"];
    match booster["name"].as_str() {
        Some("gbtree") => {}
        other => return Err(format!("booster {other:?} is not supported: it must be gbtree")),
    }
    let parameters = &learner["learner_model_param"];
    let number = |key: &str| text_number(&parameters[key]).map(|n| n as usize).ok_or(format!("no number for {key}"));
    let (classes, features) = (number("num_class")?, number("num_feature")?);
    let objective = learner["objective"]["name"].as_str().unwrap_or_default();
    let (classes, link) = match objective {
        "binary:logistic" => (2, Link::Logistic(1.0)),
        "multi:softprob" | "multi:softmax" => (classes, Link::Softmax),
        _ => {
            let wanted = "it must be binary:logistic, multi:softprob or multi:softmax";
            return Err(format!("objective '{objective}' is not supported: {wanted}"));
        }
    };
    let scores = link.scores(classes);
    let mut base = base_scores(&parameters["base_score"]).ok_or("no base_score")?;
    if base.len() == 1 {
        base = vec![base[0]; scores.min(1 << 16)];
    }
    if objective == "binary:logistic" {
        base.iter_mut().for_each(|p| *p = f64::from(-(1.0 / *p as f32 - 1.0).ln()));
    }
    let model = &booster["model"];
    let info = model["tree_info"].as_array().ok_or("no tree_info")?;
    let trees = model["trees"].as_array().ok_or("no trees")?;
    if info.len() != trees.len() {
        return Err("tree_info does not say of each tree which score it adds to".to_owned());
    }
    let one = |(i, (tree, score)): (usize, (&Value, &Value))| {
        let score = score.as_u64().filter(|score| *score < 256).ok_or("no score");
        score
            .map_err(str::to_owned)
            .and_then(|score| one_tree(tree, score as u32))
            .map_err(|e| format!("tree {i} (from 0): {e}"))
    };
    let trees = trees.iter().zip(info).enumerate().map(one).collect::<Result<_, _>>()?;
    let names = learner["feature_names"].as_array().map(Vec::as_slice).unwrap_or_default();
    let names = names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect();
    let source = "XGBoost".to_owned();
    let parts = Parts { source, features, classes, arithmetic: Arithmetic::Single, link, base, trees };
    Ok(Parsed { kind: Kind::Trees(parts), features: own_names(names), classes: None })
}

/// A number, or a number as text.
fn text_number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// One number, or since XGBoost 3.1 a list of them as text: `[5E-1,5E-1]`.
fn base_scores(value: &Value) -> Option<Vec<f64>> {
    if let Some(number) = text_number(value) {
        return Some(vec![number]);
    }
    let inner = value.as_str()?.trim().strip_prefix('[')?.strip_suffix(']')?;
    inner.split(',').map(|word| word.trim().parse().ok()).collect()
}

fn one_tree(tree_value: &Value, score: u32) -> Result<Tree, String> {
    let list = |key: &str| tree_value[key].as_array().ok_or(format!("no list {key}"));
    let (left, right) = (list("left_children")?, list("right_children")?);
    let (features, conditions) = (list("split_indices")?, list("split_conditions")?);
    let defaults = list("default_left")?;
    let count = left.len();
    if [right, features, conditions, defaults].iter().any(|list| list.len() != count) {
        return Err("its lists are of different lengths".to_owned());
    }
    let categories = tree_value["categories_nodes"].as_array().is_some_and(|nodes| !nodes.is_empty());
    if categories {
        return Err("categorical features are not supported".to_owned());
    }
    if tree_value["tree_param"]["size_leaf_vector"].as_str().is_some_and(|size| !["0", "1"].contains(&size)) {
        return Err("leaves of several numbers are not supported".to_owned());
    }
    let flag = |value: &Value| value.as_bool().or_else(|| value.as_u64().map(|n| n != 0));
    let node = |number: usize| {
        let condition = conditions.get(number)?.as_f64()? as f32;
        let child = left[number].as_i64()?;
        if child < 0 {
            return Some(Raw::Leaf(vec![f64::from(condition)]));
        }
        let (feature, missing_left) = (features[number].as_u64()? as u32, flag(&defaults[number])?);
        // Left where the value is *below* the condition.
        let threshold = f64::from(below(condition));
        Some(Raw::Split(feature, threshold, missing_left, child as usize, right[number].as_u64()? as usize))
    };
    Ok(tree(Some(score), 0, count, node)?)
}

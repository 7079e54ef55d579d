//! LightGBM's text (`Booster.save_model`): blocks of `key=value` lines (LightGBM, `src/boosting/gbdt_model_text.cpp`).

use std::collections::BTreeMap;

use super::{Kind, Parsed, own_names};
use crate::classify::imported::build::{Raw, tree};
use crate::classify::imported::{Arithmetic, Link, MOST_CLASSES, Parts, Tree};

/// The text, if it is one of LightGBM's.
pub(super) fn text_of(bytes: &[u8]) -> Option<&str> {
    bytes.starts_with(b"tree\n").then(|| std::str::from_utf8(bytes).ok()).flatten()
}

type Block<'a> = BTreeMap<&'a str, &'a str>;

pub(super) fn parse(text: &str) -> Result<Parsed, String> {
    // The trees end before their importances; each begins with its number.
    let text = text.split("\nend of trees").next().unwrap_or(text);
    let mut blocks = text.split("\nTree=").map(block);
    let head = blocks.next().unwrap_or_default();
    let number = |key: &str| head.get(key).and_then(|v| v.parse::<usize>().ok()).ok_or(format!("no number for {key}"));
    let objective = head.get("objective").copied().unwrap_or_default();
    let per_round = number("num_tree_per_iteration")?;
    if !(1..=MOST_CLASSES).contains(&per_round) {
        return Err(format!("num_tree_per_iteration is {per_round}: it must be 1 to {MOST_CLASSES}"));
    }
    let (classes, link) = link(objective, per_round)?;
    if head.contains_key("average_output") && head.get("average_output") != Some(&"0") {
        return Err("boosting_type=rf (averaged output) is not supported".to_owned());
    }
    let trees: Vec<Tree> = blocks
        .enumerate()
        .map(|(i, block)| one_tree(&block, (i % per_round) as u32).map_err(|rule| format!("tree {i} (from 0): {rule}")))
        .collect::<Result<_, _>>()?;
    let names =
        head.get("feature_names").map(|names| names.split(' ').map(str::to_owned).collect()).unwrap_or_default();
    let parts = Parts {
        source: "LightGBM".to_owned(),
        features: number("max_feature_idx")?.saturating_add(1),
        classes,
        arithmetic: Arithmetic::Double,
        link,
        base: vec![0.0; per_round],
        trees,
    };
    Ok(Parsed { kind: Kind::Trees(parts), features: own_names(names), classes: None })
}

fn block(text: &str) -> Block<'_> {
    // A line without a value is a flag.
    text.lines().map(|line| line.split_once('=').unwrap_or((line, "1"))).collect()
}

fn link(objective: &str, per_round: usize) -> Result<(usize, Link), String> {
    let mut words = objective.split(' ');
    let name = words.next().unwrap_or_default();
    match name {
        "binary" => {
            let factor = words.find_map(|word| word.strip_prefix("sigmoid:")?.parse().ok()).unwrap_or(1.0);
            if per_round == 1 {
                Ok((2, Link::Logistic(factor)))
            } else {
                Err("binary with several trees a round".to_owned())
            }
        }
        "multiclass" => Ok((per_round, Link::Softmax)),
        _ => Err(format!("objective '{name}' is not supported: it must be binary or multiclass")),
    }
}

fn one_tree(block: &Block<'_>, score: u32) -> Result<Tree, String> {
    let leaves: usize = block.get("num_leaves").and_then(|v| v.parse().ok()).ok_or("no number of leaves")?;
    if block.get("num_cat").is_some_and(|n| *n != "0") {
        return Err("categorical features are not supported".to_owned());
    }
    if block.get("is_linear").is_some_and(|n| *n != "0") {
        return Err("linear trees are not supported".to_owned());
    }
    let nodes = leaves.checked_sub(1).ok_or("no leaf")?;
    let features: Vec<u32> = list(block, "split_feature", nodes)?;
    let thresholds: Vec<f64> = list(block, "threshold", nodes)?;
    let kinds: Vec<u8> = list(block, "decision_type", nodes)?;
    let (left, right): (Vec<i64>, Vec<i64>) = (list(block, "left_child", nodes)?, list(block, "right_child", nodes)?);
    let values: Vec<f64> = list(block, "leaf_value", leaves)?;
    // The third and fourth bit: 0 missing is taken for 0, 1 zeros are missing, 2 NaN is missing.
    if kinds.iter().any(|kind| kind & 1 == 1 || kind >> 2 & 3 == 1) {
        return Err("zero_as_missing and categorical features are not supported".to_owned());
    }
    // Leaf n is -1 - n; here leaves follow the nodes.
    let slot = |child: i64| if child < 0 { nodes + !child as usize } else { child as usize };
    let node = |number: usize| {
        if number >= nodes {
            return Some(Raw::Leaf(vec![*values.get(number - nodes)?]));
        }
        let missing_left = if kinds[number] >> 2 & 3 == 2 { kinds[number] & 2 == 2 } else { 0.0 <= thresholds[number] };
        Some(Raw::Split(features[number], thresholds[number], missing_left, slot(left[number]), slot(right[number])))
    };
    Ok(tree(Some(score), 0, nodes + leaves, node)?)
}

fn list<T: std::str::FromStr>(block: &Block<'_>, key: &str, count: usize) -> Result<Vec<T>, String> {
    let text = block.get(key).copied().unwrap_or_default();
    let values: Option<Vec<T>> = text.split_whitespace().map(|word| word.parse().ok()).collect();
    values.filter(|values| values.len() == count).ok_or_else(|| format!("{key} does not hold {count} numbers"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that a product or a sum cannot take, and a round of no trees.
    #[test]
    fn sizes_that_cannot_be_are_refused() {
        let head = |per_round: &str, most: &str| {
            format!(
                "tree\nnum_tree_per_iteration={per_round}\nmax_feature_idx={most}\nobjective=multiclass\n\nTree=0\nnum_leaves=1\nleaf_value=1\n"
            )
        };
        for (per_round, most) in [("0", "1"), ("18446744073709551615", "1"), ("1000000000000", "1")] {
            let refused = parse(&head(per_round, most)).map(|_| ()).unwrap_err();
            assert!(refused.contains("num_tree_per_iteration"), "{refused}");
        }
        assert!(parse(&head("3", "18446744073709551615")).is_ok(), "an ensemble says how many features it takes");
    }
}

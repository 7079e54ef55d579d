//! From the inputs and outputs that an ONNX file declares to what a network takes.

use std::sync::Arc;

use super::{Input, Network, SIDE, Scores};

/// What an ONNX file says of a network: dimensions, `None` where it leaves them open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Of the one input, float32.
    pub input: Vec<Option<usize>>,
    /// Of the first output, float32.
    pub output: Vec<Option<usize>>,
    /// Whether the first output is made by a softmax or a logistic function.
    pub probabilities: bool,
}

impl Declared {
    /// The network, its features and classes being known or not by their number.
    ///
    /// # Errors
    /// What rule is broken, and what to do.
    pub fn network(&self, bytes: Vec<u8>, features: Option<usize>, classes: Option<usize>) -> Result<Network, String> {
        let image = self.input.len() == 4;
        let batch = self.input.first().copied().flatten();
        if batch.is_some_and(|n| n != 1 || !image) {
            return Err("its first dimension is fixed; export it with a dynamic batch axis".to_owned());
        }
        let (input, takes) = self.takes(features)?;
        let takes =
            takes.or(features).ok_or("it does not say how many features it takes; name them with --features")?;
        if self.output.len() != if image { 4 } else { 2 } {
            return Err(format!("its output has {} dimensions, its input {}", self.output.len(), self.input.len()));
        }
        let gives =
            self.output[1].or(classes).ok_or("it does not say how many classes it has; name them with --classes")?;
        let one = gives == 1 || (classes == Some(2) && self.output[1].is_none_or(|n| n == 1));
        let scores = match (one, self.probabilities) {
            (true, true) => Scores::Probability,
            (true, false) => Scores::Logit,
            (false, true) => Scores::Probabilities,
            (false, false) => Scores::Logits,
        };
        let classes = if one { 2 } else { gives };
        let network = Network { bytes: Arc::from(bytes), input, scores, features: takes, classes };
        match network.broken() {
            Some(rule) => Err(format!("{rule}; it is of {classes} classes, {takes} features, {input:?}")),
            None => Ok(network),
        }
    }

    /// What goes in, and how many features it has where the file says so.
    fn takes(&self, features: Option<usize>) -> Result<(Input, Option<usize>), String> {
        match *self.input.as_slice() {
            [_, features] => Ok((Input::Pixels, features)),
            [_, features, rows, cols] => {
                let side = rows.or(cols).unwrap_or(SIDE);
                if rows.is_some_and(|n| n != side) || cols.is_some_and(|n| n != side) {
                    return Err("its images are not square".to_owned());
                }
                Ok((Input::Image { side }, features))
            }
            [_, first, second] => {
                let bands = features.ok_or("it takes a series of dates: name its bands with --features")?;
                let (dates, dates_first) = match (first, second) {
                    (Some(own), Some(dates)) if own == bands => (dates, false),
                    (Some(dates), Some(own)) if own == bands => (dates, true),
                    _ => {
                        return Err(format!(
                            "neither of its dimensions {first:?} and {second:?} is that of the {bands} bands, with the other fixed"
                        ));
                    }
                };
                Ok((Input::Series { dates, dates_first }, Some(bands)))
            }
            _ => Err(format!("its input has {} dimensions; cocal takes 2 to 4", self.input.len())),
        }
    }
}

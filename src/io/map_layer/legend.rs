//! Legends of the map layer: what is coloured, in which classes, so that every style and project file shows the same.

use super::MapLayer;
use super::columns::{Column, Figure};

/// A class: values above `above` up to and with `up_to`, in hectares, per cent or shares.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// Lower end, not part of it; `None`: no lower end.
    pub above: Option<f64>,
    /// Upper end, part of it; `None`: no upper end.
    pub up_to: Option<f64>,
    /// Its words in the legend.
    pub label: String,
    /// Its colour.
    pub colour: [u8; 3],
}

/// A column with its classes. What is unknown is a class of its own in every style, hatched, never the colour of zero.
#[derive(Clone, Debug, PartialEq)]
pub struct Legend {
    /// `Estimated coca 2024`
    pub title: String,
    /// One sentence.
    pub description: String,
    /// The column.
    pub column: Column,
    /// Classes from low to high.
    pub classes: Vec<Class>,
}

/// Words of what is unknown.
pub const UNKNOWN: &str = "not known";
/// Colour of exactly zero in a legend of hectares.
const ZERO: [u8; 3] = [247, 247, 247];
/// ColorBrewer 2.0 "YlOrBr", six classes without the palest (C. Brewer, colorbrewer2.org), marked there as safe for
/// colour-blind people.
pub const RISING: [[u8; 3]; 5] = [[254, 227, 145], [254, 196, 79], [254, 153, 41], [217, 95, 14], [153, 52, 4]];
/// ColorBrewer 2.0 "PuOr", seven classes turned round: purple falls, orange rises.
const BOTH_WAYS: [[u8; 3]; 7] =
    [[84, 39, 136], [153, 142, 195], [216, 218, 235], [247, 247, 247], [254, 224, 182], [241, 163, 64], [179, 88, 6]];
/// ColorBrewer 2.0 "Blues", five classes.
pub const SEEN: [[u8; 3]; 5] = [[239, 243, 255], [189, 215, 231], [107, 174, 214], [49, 130, 189], [8, 81, 156]];

/// The legends of a layer, the one to open with first: the estimate where there is one, else what was mapped; then census,
/// change and observed share. All are of the last year that the layer is of.
pub fn legends(layer: &MapLayer) -> Vec<Legend> {
    let Some(year) = layer.latest_year() else { return Vec::new() };
    let hectares = [Figure::AdjustedArea, Figure::MappedArea, Figure::Census];
    let both_ways = [Figure::Change, Figure::Difference];
    let mut found: Vec<Legend> = Vec::new();
    for figure in hectares {
        found.extend(legend(layer, Column { year, figure }, rising));
    }
    for figure in both_ways {
        found.extend(legend(layer, Column { year, figure }, falling_and_rising));
    }
    found.extend(legend(layer, Column { year, figure: Figure::ObservedShare }, |_| shares()));
    found
}

/// `None` where no municipality has the figure.
fn legend(layer: &MapLayer, column: Column, classes: impl Fn(&[f64]) -> Vec<Class>) -> Option<Legend> {
    let known = layer.numbers(column);
    let about = column.figure.about();
    (!known.is_empty()).then(|| Legend {
        title: format!("{} {}", about.alias, column.year),
        description: about.description.to_owned(),
        column,
        classes: classes(&known),
    })
}

/// Zero, then up to five classes with about as many municipalities in each, at round limits.
fn rising(known: &[f64]) -> Vec<Class> {
    let mut classes = vec![Class { above: None, up_to: Some(0.0), label: "0 ha".to_owned(), colour: ZERO }];
    let limits = limits(known.iter().copied().filter(|v| *v > 0.0).collect(), RISING.len());
    let colours = spread(&RISING, limits.len() + 1);
    let mut below = 0.0;
    for (limit, colour) in limits.iter().zip(&colours) {
        let label = format!("more than {below} to {limit} ha");
        classes.push(Class { above: Some(below), up_to: Some(*limit), label, colour: *colour });
        below = *limit;
    }
    let label = format!("more than {below} ha");
    classes.push(Class { above: Some(below), up_to: None, label, colour: colours[limits.len()] });
    classes
}

/// Three classes of losses, none, three of gains, at the same round limits on both sides.
fn falling_and_rising(known: &[f64]) -> Vec<Class> {
    let limits = limits(known.iter().map(|v| v.abs()).filter(|v| *v > 0.0).collect(), 3);
    let count = limits.len() + 1;
    let middle = BOTH_WAYS.len() / 2;
    let mut classes = Vec::new();
    let edges: Vec<f64> = std::iter::once(0.0).chain(limits).collect();
    for at in (0..count).rev() {
        let colour = BOTH_WAYS[if at + 1 == count { 0 } else { middle - 1 - at }];
        let (above, up_to) = (edges.get(at + 1).map(|v| -v), -edges[at]);
        let label = match above {
            Some(above) => format!("less than {up_to} to {above} ha", up_to = plain(up_to)),
            None => format!("less than {} ha", plain(up_to)),
        };
        classes.push(Class { above: above.map(just_below), up_to: Some(just_below(up_to)), label, colour });
    }
    let label = "0 ha".to_owned();
    classes.push(Class { above: Some(just_below(0.0)), up_to: Some(0.0), label, colour: BOTH_WAYS[middle] });
    for at in 0..count {
        let colour = BOTH_WAYS[if at + 1 == count { BOTH_WAYS.len() - 1 } else { middle + 1 + at }];
        let (above, up_to) = (edges[at], edges.get(at + 1).copied());
        let label = match up_to {
            Some(up_to) => format!("more than {above} to {up_to} ha"),
            None => format!("more than {above} ha"),
        };
        classes.push(Class { above: Some(above), up_to, label, colour });
    }
    classes
}

/// Losses are mirrored gains: their limits belong to the smaller loss. The layer's figures have four decimals, so that
/// half of the last one lies between two of them.
fn just_below(value: f64) -> f64 {
    value - 5e-5
}

/// Without the sign of a negative zero.
fn plain(value: f64) -> f64 {
    if value == 0.0 { 0.0 } else { value }
}

/// Observed share: nothing, then limits of which 0.9 is that of the flag `partly_observed`.
fn shares() -> Vec<Class> {
    let classes = [
        (None, Some(0.0), "nothing observed"),
        (Some(0.0), Some(0.5), "more than 0 to 50 %"),
        (Some(0.5), Some(0.9), "more than 50 to 90 %"),
        (Some(0.9), Some(0.99), "more than 90 to 99 %"),
        (Some(0.99), None, "more than 99 %"),
    ];
    let class = |((above, up_to, label), colour): ((_, _, &str), [u8; 3])| Class {
        above,
        up_to,
        label: label.to_owned(),
        colour,
    };
    classes.into_iter().zip(SEEN).map(class).collect()
}

/// Round limits that cut positive values into at most `count` classes of about as many values.
fn limits(mut values: Vec<f64>, count: usize) -> Vec<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let mut limits: Vec<f64> = (1..count)
        .filter_map(|at| values.get(at * values.len() / count))
        .map(|value| round_up(*value))
        .filter(|limit| values.last().is_some_and(|last| limit < last))
        .collect();
    limits.dedup();
    limits
}

/// The next of 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 12, 15 ... that is no smaller.
fn round_up(value: f64) -> f64 {
    let tens = 10_f64.powi(value.log10().floor() as i32);
    let steps = [1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0].map(|step| decimal(step * tens));
    steps.into_iter().find(|step| *step >= value).unwrap_or(decimal(10.0 * tens))
}

/// Without the last bits of a product of tens: 0.1 x 5 is written 0.5.
fn decimal(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

/// As many of the colours, from the first to the last.
fn spread(colours: &[[u8; 3]], count: usize) -> Vec<[u8; 3]> {
    let last = colours.len() - 1;
    (0..count).map(|at| if count == 1 { colours[last / 2] } else { colours[at * last / (count - 1)] }).collect()
}

impl Class {
    /// Whether a value is of it.
    pub fn holds(&self, value: f64) -> bool {
        self.above.is_none_or(|above| value > above) && self.up_to.is_none_or(|up_to| value <= up_to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::colour_vision::apart;

    #[test]
    fn every_value_is_in_one_class() {
        let values: Vec<f64> = (0..400).map(|i| f64::from(i * i) / 37.0).map(|v| (v * 1e4).round() / 1e4).collect();
        let changes: Vec<f64> = values.iter().flat_map(|v| [*v, -*v]).collect();
        for (classes, values) in [(rising(&values), &values), (falling_and_rising(&changes), &changes)] {
            assert!(classes.len() >= 5, "{classes:?}");
            for value in values {
                assert_eq!(classes.iter().filter(|class| class.holds(*value)).count(), 1, "{value} in {classes:?}");
            }
            for class in &classes {
                assert!(values.iter().any(|value| class.holds(*value)), "nothing is in {class:?}");
            }
        }
        assert!(shares().iter().all(|c| [0.0, 0.2, 0.6, 0.95, 1.0].iter().filter(|v| c.holds(**v)).count() == 1));
    }

    #[test]
    fn limits_are_round_and_few_values_make_few_classes() {
        assert_eq!([0.3, 1.0, 1.1, 4.5, 81.0].map(round_up), [0.3, 1.0, 1.2, 5.0, 100.0]);
        let of = |values: &[f64]| rising(values).into_iter().map(|c| c.label).collect::<Vec<_>>();
        assert_eq!(of(&[0.0]), ["0 ha", "more than 0 ha"]);
        assert_eq!(of(&[3.0, 4.0, 30.0]), ["0 ha", "more than 0 to 3 ha", "more than 3 to 4 ha", "more than 4 ha"]);
        let labels: Vec<String> = falling_and_rising(&[-3.0, 8.0, 70.0]).into_iter().map(|c| c.label).collect();
        assert_eq!(
            labels,
            ["less than -8 ha", "less than 0 to -8 ha", "0 ha", "more than 0 to 8 ha", "more than 8 ha"]
        );
    }

    /// Neighbours in a legend differ by four times what is just noticeable, also to colour-blind people.
    #[test]
    fn colour_blind_people_can_tell_neighbours_apart() {
        let mut examined = 0;
        for ramp in [&[&[ZERO][..], &RISING].concat()[..], &BOTH_WAYS, &SEEN] {
            for pair in ramp.windows(2) {
                assert!(apart(pair[0], pair[1]) > 9.0, "{pair:?} are {} apart", apart(pair[0], pair[1]));
                examined += 1;
            }
        }
        assert!(examined > 10);
    }
}

//! Many surveys of ground whose truth is known: do the intervals cover it as often as they say?
//!
//! The ground is the simulator's, at the end of a year; the map is that of the year before, shifted by a pixel and with 3 % of
//! its pixels taken for another class, so that it errs at edges, in time and at random. Surveys are drawn as `cocal sample`
//! draws, and estimated by the library. A table of markdown comes out.

use std::collections::BTreeMap;
use std::path::PathBuf;

use cocal::accuracy::allocation::{Allocation, Planned, allocate};
use cocal::accuracy::estimators::DOUBT;
use cocal::accuracy::municipal::all_estimates;
use cocal::accuracy::{
    Assessment, Estimate, Estimator, Ground, Grounds, LabelledUnit, MunicipalEstimator, Survey, SurveyOptions, Wanted,
    change, estimate,
};
use cocal::io::atomic;
use cocal::run::threads::Threads;
use rand::SeedableRng;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;

use crate::landscape::{Cover, Day, Landscape, Neighbourhood};
use crate::noise::{hash, unit};
use crate::render::{FINE, bounds, sub_pixel};
use crate::write::SimulateError;

/// Draws surveys of simulated ground and writes how often each estimator's interval covers the truth.
#[derive(Debug, clap::Args)]
pub struct Surveys {
    /// Seed of ground and surveys.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Surveys for each line of the table.
    #[arg(long, default_value_t = 2000)]
    surveys: usize,
    /// Table to write (markdown).
    #[arg(short, long, value_name = "TABLE.md")]
    output: PathBuf,
}

/// Rows and columns of the ground, in pixels.
const SIZE: (usize, usize) = (480, 960);
/// Municipalities along rows and columns.
const PLACES: (usize, usize) = (4, 6);
const COCA: &str = "coca";

/// The population: what is and what is mapped in every pixel.
struct Population {
    truth: Vec<[u8; 2]>,
    map: Vec<u8>,
}

impl Population {
    /// With one in `thinned` of the coca lots; the others are pasture.
    fn new(seed: u64, thinned: u64) -> Self {
        let (rows, cols) = SIZE;
        let land = Landscape::new(seed);
        let whole = cocal::scene::Window { row0: 0, col0: 0, rows, cols };
        let near = land.neighbourhood(bounds(whole).grown(60.0));
        let truth: Vec<[u8; 2]> =
            (0..rows * cols).map(|i| [2023, 2024].map(|year| thin(cover(&near, i, year), i, thinned))).collect();
        let map = (0..rows * cols)
            .map(|i| {
                let shifted = if i % cols == 0 { i } else { i - 1 };
                let chance = hash(seed ^ 0xc1a5, i as i64, 0);
                // Three in a hundred are taken for another class, coca most often for pasture and the other way round.
                match truth[shifted][0] {
                    class if unit(chance) >= 0.03 => class,
                    class if class == Cover::Coca as u8 => Cover::Pasture as u8,
                    class if unit(hash(chance, 1, 1)) < 0.1 / thinned as f64 => {
                        if class == Cover::Pasture as u8 {
                            Cover::Coca as u8
                        } else {
                            class
                        }
                    }
                    _ => Cover::Pasture as u8,
                }
            })
            .collect();
        Self { truth, map }
    }

    fn place(i: usize) -> String {
        let (row, col) = (i / SIZE.1 * PLACES.0 / SIZE.0, i % SIZE.1 * PLACES.1 / SIZE.1);
        format!("98{row}{col:02}")
    }
}

fn cover(near: &Neighbourhood, i: usize, year: i32) -> Cover {
    let (row, col) = ((i / SIZE.1 * FINE + 2) as i64, (i % SIZE.1 * FINE + 2) as i64);
    near.cover(sub_pixel(near, col, row), Day::cutoff(year))
}

/// Squares of 30 x 30 pixels keep their coca or lose it.
fn thin(cover: Cover, i: usize, thinned: u64) -> u8 {
    let square = hash(11, (i / SIZE.1 / 30) as i64, (i % SIZE.1 / 30) as i64);
    let kept = cover != Cover::Coca || square.is_multiple_of(thinned);
    if kept { cover as u8 } else { Cover::Pasture as u8 }
}

fn name(class: u8) -> &'static str {
    Cover::ALL.iter().find(|c| **c as u8 == class).map_or("", |c| c.name())
}

/// A way to sample the population.
struct Design {
    title: &'static str,
    /// Stratum of every pixel.
    strata: Vec<String>,
    n: u64,
    allocation: Allocation,
    minimum: u64,
}

/// One line of the table: errors of all surveys (of all municipalities together).
#[derive(Default)]
struct Line {
    truth: f64,
    errors: Vec<f64>,
    standard_errors: f64,
    covered: usize,
    withheld: usize,
    warned: usize,
    /// Of those neither withheld nor warned of.
    covered_unwarned: usize,
    unwarned: usize,
    /// Whether it is of municipalities, whose doubtful figures are withheld.
    municipal: bool,
}

/// Place in the table from which lines are of municipalities.
const MUNICIPAL: usize = 100;

/// Key of a line: its place in the table, and its name.
type Key = (usize, String);

/// What one survey says on a line: estimate, standard error, truth; and whether the tool warns of the interval.
type Said = (Key, [f64; 3], bool);

impl Line {
    fn add(&mut self, [value, error, truth]: [f64; 3], warned: bool) {
        let margin = cocal::accuracy::normal::Z95 * error;
        self.truth += truth;
        self.errors.push(value - truth);
        self.standard_errors += error;
        let covers = (value - truth).abs() <= margin;
        let withheld = self.municipal && (value <= 0.0 || margin > value);
        self.covered += usize::from(covers);
        self.withheld += usize::from(withheld);
        self.warned += usize::from(warned);
        self.unwarned += usize::from(!warned && !withheld);
        self.covered_unwarned += usize::from(covers && !warned && !withheld);
    }
}

impl Surveys {
    pub fn make(&self) -> Result<(), SimulateError> {
        let mut text = String::from(
            "| ground | design | estimator | truth ha | bias % | bias / SE | error ha | mean SE | covered % | not estimable % | warned % | covered of the rest % |\n| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
        );
        let threads = Threads::start(None).map_err(std::io::Error::other)?;
        for (ground, thinned) in [("coca as simulated", 1), ("rare coca", 24)] {
            let population = Population::new(self.seed, thinned);
            for design in designs(&population) {
                for ((_, estimator), line) in &self.survey(&population, &design, &threads) {
                    text.push_str(&row(&[ground, design.title, estimator], line));
                }
            }
        }
        Ok(atomic::write_bytes(&self.output, text.as_bytes())?)
    }

    fn survey(&self, population: &Population, design: &Design, threads: &Threads) -> BTreeMap<Key, Line> {
        let mut pixels: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        design.strata.iter().enumerate().for_each(|(i, stratum)| pixels.entry(stratum).or_default().push(i));
        let all = design.strata.len() as f64;
        let planned: Vec<Planned> = pixels
            .values()
            .map(|own| Planned { weight: own.len() as f64 / all, expected: 0.9, units: own.len() as u64 })
            .collect();
        let allocated = allocate(&planned, design.n, design.allocation, design.minimum).unwrap_or_default();
        let (grounds, truth) = (grounds(population, design), Truth::new(population));
        let numbers: Vec<u64> = (0..self.surveys as u64).collect();
        let said = threads.map(&numbers, |number| {
            let mut rng = ChaCha8Rng::seed_from_u64(hash(self.seed, *number as i64, design.n as i64));
            let mut drawn = Vec::new();
            for (own, n) in pixels.values().zip(&allocated) {
                drawn.extend(index::sample(&mut rng, own.len(), *n as usize).into_iter().map(|k| own[k]));
            }
            estimate_all(population, design, (&drawn, &grounds, &truth))
        });
        let mut lines: BTreeMap<Key, Line> = BTreeMap::new();
        for (key, figures, warned) in said.into_iter().flatten() {
            let municipal = key.0 >= MUNICIPAL;
            lines.entry(key).or_insert_with(|| Line { municipal, ..Line::default() }).add(figures, warned);
        }
        lines
    }
}

/// Hectares of coca: of the whole in both years, and of each municipality in the second.
struct Truth {
    whole: [f64; 2],
    places: BTreeMap<String, f64>,
}

impl Truth {
    fn new(population: &Population) -> Self {
        let mut truth = Self { whole: [0.0; 2], places: BTreeMap::new() };
        for (i, classes) in population.truth.iter().enumerate() {
            let coca = classes.map(|class| if class == Cover::Coca as u8 { PIXEL_HA } else { 0.0 });
            truth.whole.iter_mut().zip(coca).for_each(|(sum, ha)| *sum += ha);
            *truth.places.entry(Population::place(i)).or_default() += coca[1];
        }
        truth
    }
}

/// The designs of the table.
fn designs(population: &Population) -> Vec<Design> {
    let by_map: Vec<String> = population.map.iter().map(|class| name(*class).to_owned()).collect();
    let near: Vec<String> = (0..population.map.len()).map(|i| buffered(population, i)).collect();
    let one = vec!["all".to_owned(); population.map.len()];
    let design = |title, strata, n, allocation, minimum| Design { title, strata, n, allocation, minimum };
    vec![
        design("simple random, 1,000", one, 1000, Allocation::Equal, 2),
        design("strata are map classes, 640", by_map, 640, Allocation::Proportional, 50),
        design("coca, buffer of 3 pixels, rest, 640", near, 640, Allocation::Proportional, 100),
    ]
}

/// Stratum of a pixel: mapped coca, within three pixels of it, or the rest.
fn buffered(population: &Population, i: usize) -> String {
    let (row, col) = (i / SIZE.1, i % SIZE.1);
    let coca = |r: usize, c: usize| population.map[r * SIZE.1 + c] == Cover::Coca as u8;
    if coca(row, col) {
        return COCA.to_owned();
    }
    let rows = row.saturating_sub(3)..=(row + 3).min(SIZE.0 - 1);
    let near = rows.into_iter().any(|r| (col.saturating_sub(3)..=(col + 3).min(SIZE.1 - 1)).any(|c| coca(r, c)));
    if near { "buffer" } else { "rest" }.to_owned()
}

/// A pixel is 0.01 ha.
const PIXEL_HA: f64 = 0.01;

fn grounds(population: &Population, design: &Design) -> Grounds {
    let mut sums: BTreeMap<(&str, u8, String), f64> = BTreeMap::new();
    for (i, stratum) in design.strata.iter().enumerate() {
        *sums.entry((stratum, population.map[i], Population::place(i))).or_default() += PIXEL_HA;
    }
    let line = |((stratum, map, place), amount): ((&str, u8, String), f64)| Ground {
        stratum: stratum.to_owned(),
        map: Some(name(map).to_owned()),
        municipality: Some(place),
        amount,
        ..Ground::default()
    };
    Grounds { file: "simulated".to_owned(), lines: sums.into_iter().map(line).collect(), in_hectares: true }
}

/// Counts the drawn pixels of both years and estimates with everything that the design allows.
fn estimate_all(
    population: &Population,
    design: &Design,
    (drawn, grounds, truth): (&[usize], &Grounds, &Truth),
) -> Vec<Said> {
    let options = SurveyOptions { unmapped_classes: true, ..SurveyOptions::default() };
    let survey = |year: usize| -> Option<(Survey, Vec<LabelledUnit>)> {
        let units: Vec<LabelledUnit> = drawn.iter().map(|i| labelled(population, design, *i, year)).collect();
        Some((Survey::new(&units, Some(grounds), options).ok()?, units))
    };
    let (Some((now, units)), Some((before, units_before))) = (survey(1), survey(0)) else { return Vec::new() };
    let mut said = Vec::new();
    let simple = design.strata[0] == "all";
    for (order, estimator) in Estimator::ALL.into_iter().enumerate() {
        let of_simple = matches!(estimator, Estimator::Simple | Estimator::PostStratified);
        let fits = estimator != Estimator::PixelCount && (simple || !of_simple);
        let found = fits.then(|| estimate(&now, estimator).ok()).flatten();
        said.extend(found.map(|f| ((order, estimator.name().to_owned()), figures(&f, truth.whole[1]), warns(&f))));
    }
    let small = MunicipalEstimator::ALL.into_iter().filter(|e| *e != MunicipalEstimator::PixelCount);
    for (order, estimator) in small.enumerate() {
        let found = all_estimates(&now, estimator).map(|(found, _)| found).unwrap_or_default();
        for place in &found {
            let code = place.municipality.clone().unwrap_or_default();
            said.push((
                (MUNICIPAL + order, format!("municipalities: {}", estimator.name())),
                figures(place, truth.places[&code]),
                false,
            ));
        }
    }
    let assessed =
        |survey, units: &[LabelledUnit]| Assessment::new(survey, units, Wanted::Whole(Estimator::Stratified));
    if let (Ok(a), Ok(b)) = (assessed(before, &units_before), assessed(now, &units)) {
        for (order, name, paired) in [(50, "change, same units", true), (51, "change, taken as independent", false)] {
            let found = change(&a, &b, paired).map(|found| found.classes).unwrap_or_default();
            let coca = found.iter().filter(|class| class.name == COCA);
            let changed = truth.whole[1] - truth.whole[0];
            let warned = warns(&a.whole) || warns(&b.whole);
            said.extend(coca.map(|c| ((order, name.to_owned()), [c.change_ha, c.standard_error_ha, changed], warned)));
        }
    }
    said
}

fn labelled(population: &Population, design: &Design, i: usize, year: usize) -> LabelledUnit {
    LabelledUnit {
        id: i.to_string(),
        stratum: design.strata[i].clone(),
        map: Some(name(population.map[i]).to_owned()),
        reference: name(population.truth[i][year]).to_owned(),
        municipality: Some(Population::place(i)),
    }
}

/// Estimate, standard error and truth of coca; 0 with no error where none was found.
fn figures(found: &Estimate, truth: f64) -> [f64; 3] {
    let class = found.classes.iter().find(|class| class.name == COCA);
    let area = class.and_then(|class| class.hectares());
    area.map_or([0.0, 0.0, truth], |area| [area.value, area.standard_error(), truth])
}

/// Whether the tool says that the interval of coca is doubtful.
fn warns(found: &Estimate) -> bool {
    found.notes.iter().any(|note| note.starts_with(DOUBT) && note.contains("coca ("))
}

/// A line of the table.
fn row(names: &[&str; 3], line: &Line) -> String {
    let n = line.errors.len() as f64;
    let (truth, bias) = (line.truth / n, line.errors.iter().sum::<f64>() / n);
    let spread = (line.errors.iter().map(|e| (e - bias).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    format!(
        "| {} | {truth:.1} | {:+.2} | {:+.3} | {:.2} | {:.2} | {:.1} | {} | {:.1} | {:.1} |\n",
        names.join(" | "),
        100.0 * bias / truth,
        bias / spread,
        (line.errors.iter().map(|e| e * e).sum::<f64>() / n).sqrt(),
        line.standard_errors / n,
        100.0 * line.covered as f64 / n,
        if line.municipal { format!("{:.1}", 100.0 * line.withheld as f64 / n) } else { String::new() },
        100.0 * line.warned as f64 / n,
        100.0 * line.covered_unwarned as f64 / line.unwarned as f64,
    )
}

//! Labelled polygons: drawn inside one class that stays the same all year, well away from each other.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::landscape::{Bounds, Cover, Day, Landscape};

/// A labelled polygon.
#[derive(Clone, Debug)]
pub struct Label {
    pub id: String,
    pub cover: Cover,
    pub year: i32,
    /// Metres, anticlockwise, not closed.
    pub ring: Vec<[f64; 2]>,
    centre: [f64; 2],
    radius: f64,
}

/// Random places looked at for one polygon before giving up.
const TRIES: usize = 30_000;

/// Labels of every class and year: polygons in turn in the western and in the eastern half of the bounds.
///
/// A class that is too rare gets fewer.
pub fn draw(land: &Landscape, bounds: Bounds, years: &[i32], rng: &mut ChaCha8Rng) -> Vec<Label> {
    let mut labels: Vec<Label> = Vec::new();
    let middle = (bounds.min_x + bounds.max_x) / 2.0;
    for year in years {
        for cover in Cover::ALL {
            // About in proportion to their ground, or a forest finds the rare classes everywhere.
            let wanted = match cover {
                Cover::Pasture => 15,
                Cover::SecondaryRegrowth | Cover::PrimaryForest => 12,
                Cover::Coca => 14,
                Cover::BareSoil => 10,
                Cover::OilPalm | Cover::Water | Cover::Urban => 6,
            };
            for number in 0..wanted {
                let half = match number % 2 {
                    0 => Bounds { max_x: middle, ..bounds },
                    _ => Bounds { min_x: middle, ..bounds },
                };
                if let Some(mut label) = find(land, half, (cover, *year), rng, &labels) {
                    label.id = format!("{}-{year}-{:02}", cover.name(), number + 1);
                    labels.push(label);
                }
            }
        }
    }
    labels
}

fn find(land: &Landscape, half: Bounds, what: (Cover, i32), rng: &mut ChaCha8Rng, known: &[Label]) -> Option<Label> {
    let (cover, year) = what;
    for _ in 0..TRIES {
        let radius = if cover == Cover::Coca { rng.random_range(17.0..36.0) } else { rng.random_range(20.0..48.0) };
        let inner = half.grown(-radius - 10.0);
        let centre = [rng.random_range(inner.min_x..inner.max_x), rng.random_range(inner.min_y..inner.max_y)];
        let apart = |other: &Label| {
            (other.centre[0] - centre[0]).hypot(other.centre[1] - centre[1]) > radius + other.radius + 25.0
        };
        if known.iter().all(apart) && is_pure(land, centre, radius, what) {
            let ring = ring(centre, radius, rng);
            return Some(Label { id: String::new(), cover, year, ring, centre, radius });
        }
    }
    None
}

/// Whether a disc and a rim of 4 m around it hold one class from the first to the last day of the year.
fn is_pure(land: &Landscape, centre: [f64; 2], radius: f64, (cover, year): (Cover, i32)) -> bool {
    let reach = radius + 4.0;
    let near = land.neighbourhood(Bounds::around(centre[0], centre[1], reach + 1.0));
    let is_class = |x: f64, y: f64| {
        let object = near.object_at(x, y);
        let first = Day { year, of_year: 1.0 };
        near.cover(object, first) == cover && near.cover(object, Day::cutoff(year)) == cover
    };
    if !is_class(centre[0], centre[1]) {
        return false;
    }
    let steps = (reach / 4.0).ceil() as i32;
    (-steps..=steps).all(|j| {
        (-steps..=steps).all(|i| {
            let (dx, dy) = (f64::from(i) * 4.0, f64::from(j) * 4.0);
            dx.hypot(dy) > reach || is_class(centre[0] + dx, centre[1] + dy)
        })
    })
}

fn ring([x, y]: [f64; 2], radius: f64, rng: &mut ChaCha8Rng) -> Vec<[f64; 2]> {
    let n = rng.random_range(6..10);
    (0..n)
        .map(|k| {
            let angle = (f64::from(k) + rng.random_range(0.0..0.6)) / f64::from(n) * std::f64::consts::TAU;
            let r = radius * rng.random_range(0.8..1.0);
            [x + r * angle.cos(), y + r * angle.sin()]
        })
        .collect()
}

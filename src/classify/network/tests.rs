use super::shape::Declared;
use super::*;
use crate::features::{Feature, FeatureKind};
use crate::scene::{Band, Tile};
use ndarray::{Array2, Array3};

/// A made-up network: what it gives for an input of a shape.
struct Fake<F>(F);

impl<F: FnMut(&[f32], &[usize]) -> Vec<f32> + Send> Engine for Fake<F> {
    fn run(&mut self, input: &[f32], shape: &[usize]) -> Result<Vec<f32>, String> {
        Ok((self.0)(input, shape))
    }
}

fn room(engine: impl FnMut(&[f32], &[usize]) -> Vec<f32> + Send + 'static) -> Room {
    Room { engine: Some(Box::new(Fake(engine))), ..Room::default() }
}

fn network(input: Input, scores: Scores, features: usize) -> Network {
    Network { bytes: Arc::from([]), input, scores, features, classes: 2 }
}

fn recipe(names: &[&str]) -> Recipe {
    let kind = FeatureKind::Reflectance;
    let features: Vec<_> = names.iter().map(|name| Feature { name: (*name).to_owned(), kind }).collect();
    Recipe::for_features(&features, &names.iter().map(|name| Band::new(name)).collect::<Vec<_>>()).unwrap()
}

/// A clear scene; each band's reflectance by its number, row and column in the grid.
fn scene(bands: usize, window: Window, day: i32, of: impl Fn(usize, usize, usize) -> f32) -> RawTile {
    let values = Array3::from_shape_fn((bands, window.rows, window.cols), |(band, row, col)| {
        of(band, window.row0 + row, window.col0 + col)
    });
    let validity = Array2::from_elem((window.rows, window.cols), Validity::Clear);
    let bands = (0..bands).map(|i| Band::new(&format!("b{i}"))).collect();
    RawTile { day, ..RawTile::from(Tile { window, bands, values, validity }) }
}

const GRID: (usize, usize) = (70, 90);

/// Scores that depend on the pixel's neighbours and on its place in the patch, as those of a network with padding do.
fn looks_around(input: &[f32], shape: &[usize]) -> Vec<f32> {
    let side = shape[2];
    let mut scores = vec![0.0; 2 * side * side];
    for row in 1..side - 1 {
        for col in 1..side - 1 {
            let at = row * side + col;
            let around = input[at - side] + input[at + side] + input[at - 1] + input[at + 1];
            scores[at] = 0.7;
            scores[side * side + at] =
                around - 2.0 * input[side * side + at] + 0.01 * (row as f32) - 0.02 * (col as f32);
        }
    }
    scores
}

/// What is found in the window when it alone is asked for, by row and column of the grid.
fn of_window(window: Window) -> Vec<((usize, usize), Found)> {
    let network = network(Input::Image { side: 32 }, Scores::Logits, 2);
    let read = network.reach(&window, GRID);
    let tile = scene(2, read, 0, |band, row, col| ((row * 31 + col * 17 + band * 7) % 23) as f32 / 23.0);
    let (tiles, seen) = ([tile], vec![1; read.len()]);
    let year = Year { tiles: &tiles, days: &[0], seen: &seen, read, window };
    let (recipe, mut work) = (recipe(&["b0", "b1"]), Workspace::default());
    let mut make = Make { level: Level::current(), recipe: &recipe, work: &mut work };
    let mut all = Vec::new();
    let put = |pixel: usize, found| all.push(((read.row0 + pixel / read.cols, read.col0 + pixel % read.cols), found));
    network.predict(&year, &[false, true], (&mut make, &mut room(looks_around)), put).unwrap();
    all.sort_by_key(|(at, _)| *at);
    all
}

#[test]
fn an_image_network_finds_the_same_however_the_grid_is_cut() {
    let whole = of_window(Window { row0: 0, col0: 0, rows: GRID.0, cols: GRID.1 });
    assert_eq!(whole.len(), GRID.0 * GRID.1);
    let coca = whole.iter().filter(|(_, found)| found.class == 1).count();
    assert!((500..5_800).contains(&coca), "{coca}: one class says nothing of the other");
    let mut cut = Vec::new();
    for (row0, rows) in [(0, 13), (13, 40), (53, 17)] {
        for (col0, cols) in [(0, 50), (50, 7), (57, 33)] {
            cut.extend(of_window(Window { row0, col0, rows, cols }));
        }
    }
    cut.sort_by_key(|(at, _)| *at);
    assert_eq!(cut, whole);
}

#[test]
fn a_series_is_interpolated_between_its_observations() {
    let window = Window { row0: 0, col0: 0, rows: 1, cols: 2 };
    let mut tiles = [
        scene(1, window, 100, |_, _, col| 0.1 + col as f32),
        scene(1, window, 110, |_, _, col| 0.2 + col as f32),
        scene(1, window, 140, |_, _, col| 0.5 + col as f32),
        scene(1, window, 150, |_, _, col| 0.9 + col as f32),
    ];
    // The first pixel misses the second date, the second its first and its last.
    tiles[1].validity[[0, 0]] = Validity::Cloud;
    tiles[0].validity[[0, 1]] = Validity::Cloud;
    tiles[3].validity[[0, 1]] = Validity::NoData;
    let network = network(Input::Series { dates: 4, dates_first: false }, Scores::Probability, 1);
    let year = Year { tiles: &tiles, days: &[100, 110, 140, 150], seen: &[3, 2], read: window, window };
    let (recipe, mut work) = (recipe(&["b0"]), Workspace::default());
    let mut make = Make { level: Level::current(), recipe: &recipe, work: &mut work };
    let mut input = vec![9.0; 3];
    assert_eq!(network.fill(&year, &[0, 1], &mut make, &mut input), [PIXELS, 1, 4]);
    // Day 110 lies a quarter of the way from 100 to 140.
    let expected = [0.1, 0.75 * 0.1 + 0.25 * 0.5, 0.5, 0.9, 1.2, 1.2, 1.5, 1.5];
    for (value, expected) in input.iter().zip(expected) {
        assert!((value - expected).abs() < 1e-6, "{:?}", &input[..8]);
    }
}

#[test]
fn scores_become_a_class_and_a_share_of_coca() {
    let found = |scores, of: &[f32]| {
        let network = Network { classes: of.len().max(2), ..network(Input::Pixels, scores, 1) };
        let coca: Vec<bool> = (0..network.classes).map(|class| class == 1).collect();
        network.found(of.iter().copied(), &coca, &mut Vec::new())
    };
    let share = |p: f64| (p * 65_535.0).round() as u16;
    let e = std::f64::consts::E;
    // exp(1) / (exp(0) + exp(1) + exp(-1)), by hand.
    let expected = Found { class: 1, alternative: 0, share: share(e / (1.0 + e + 1.0 / e)) };
    assert_eq!(found(Scores::Logits, &[0.0, 1.0, -1.0]), expected);
    assert_eq!(found(Scores::Logits, &[900.0, 901.0, 899.0]), expected, "large scores do not overflow");
    assert_eq!(found(Scores::Logit, &[-1.0]), Found { class: 0, alternative: 0, share: share(1.0 / (1.0 + e)) });
    assert_eq!(found(Scores::Probability, &[0.75]), Found { class: 1, alternative: 0, share: share(0.75) });
    let two = found(Scores::Probabilities, &[0.25, 0.25, 0.5]);
    assert_eq!(two, Found { class: 2, alternative: 2, share: share(0.25) });
}

#[test]
fn an_output_of_another_size_is_told() {
    let window = Window { row0: 0, col0: 0, rows: 1, cols: 1 };
    let tiles = [scene(1, window, 0, |_, _, _| 0.5)];
    let year = Year { tiles: &tiles, days: &[0], seen: &[1], read: window, window };
    let (recipe, mut work) = (recipe(&["b0"]), Workspace::default());
    let mut make = Make { level: Level::current(), recipe: &recipe, work: &mut work };
    let network = network(Input::Pixels, Scores::Logits, 1);
    let mut run = |mut room| network.predict(&year, &[false, true], (&mut make, &mut room), |_, _| ()).unwrap_err();
    let told = run(room(|_, _| vec![0.0; 5]));
    assert_eq!(told, NetworkError::Output { shape: vec![PIXELS, 1], found: 5, wanted: 2 * PIXELS });
    assert_eq!(run(Room::default()), NetworkError::NoEngine);
}

fn declared(input: &[usize], output: &[usize], probabilities: bool) -> Declared {
    let sizes = |of: &[usize]| of.iter().map(|n| (*n > 0).then_some(*n)).collect();
    Declared { input: sizes(input), output: sizes(output), probabilities }
}

#[test]
fn shapes_say_what_a_network_takes() {
    let of = |input, output, features, classes| {
        let network = declared(input, output, false).network(Vec::new(), features, classes).unwrap();
        (network.input, network.scores, network.features, network.classes)
    };
    let image = |side| Input::Image { side };
    assert_eq!(of(&[0, 6, 0, 0], &[0, 3, 0, 0], None, None), (image(SIDE), Scores::Logits, 6, 3));
    assert_eq!(of(&[1, 6, 256, 256], &[1, 1, 256, 256], None, None), (image(256), Scores::Logit, 6, 2));
    assert_eq!(of(&[0, 0], &[0, 0], Some(4), Some(3)), (Input::Pixels, Scores::Logits, 4, 3));
    let dates_last = Input::Series { dates: 12, dates_first: false };
    let dates_first = Input::Series { dates: 12, dates_first: true };
    assert_eq!(of(&[0, 4, 12], &[0, 2], Some(4), None), (dates_last, Scores::Logits, 4, 2));
    assert_eq!(of(&[0, 12, 4], &[0, 2], Some(4), None), (dates_first, Scores::Logits, 4, 2));
    let softmax = declared(&[0, 4], &[0, 3], true).network(Vec::new(), None, None).unwrap();
    assert_eq!(softmax.scores, Scores::Probabilities);
}

#[test]
fn shapes_that_do_not_fit_are_refused() {
    let refused =
        |input, output, features| declared(input, output, false).network(Vec::new(), features, None).unwrap_err();
    assert!(refused(&[8, 4], &[8, 3], None).contains("dynamic batch axis"));
    assert!(refused(&[0, 0], &[0, 3], None).contains("--features"));
    assert!(refused(&[0, 4], &[0, 0], None).contains("--classes"));
    assert!(refused(&[0, 4, 64, 32], &[0, 3, 64, 32], None).contains("not square"));
    assert!(refused(&[0, 4, 8, 8], &[0, 3, 8, 8], None).contains("16 to 2,048"));
    assert!(refused(&[0, 4, 12], &[0, 3], None).contains("name its bands"));
    assert!(refused(&[0, 5, 12], &[0, 3], Some(4)).contains("neither"));
    assert!(refused(&[0, 4, 64, 64], &[0, 3], None).contains("dimensions"));
    assert!(refused(&[0, 400], &[0, 3], None).contains("1 to 256"));
}

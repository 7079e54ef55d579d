//! What makes a window, a task or a model what it is, as a digest.

use crate::area::Zones;
use crate::classify::model::Model;
use crate::classify::model_bytes::to_bytes;
use crate::io::digest::Fingerprint;
use crate::io::gdal_version;
use crate::io::journal::Key;
use crate::pipeline::Chain;
use crate::run::imagery::Imagery;
use crate::run::plan::YearPlan;
use crate::run::prepare::{Ground, Scenes};
use crate::run::provenance::Input;
use crate::run::windows::Windows;
use crate::scene::Window;
use crate::scene::source::Scene;

/// Raised when the same inputs give other bytes.
const FORM: &[u8] = b"cocal window 1";

/// What all windows of a job have in common, and the digests of what only some have.
pub struct Keys<'a> {
    base: Fingerprint,
    scenes: Vec<Key>,
    zones: Vec<Key>,
    imagery: &'a Imagery<'a>,
    places: &'a Zones,
    chain: &'a Chain<'a>,
}

impl<'a> Keys<'a> {
    /// Keys of the windows of a job.
    pub fn new(
        (scenes, inputs): (&Scenes, &[Input]),
        ground: &'a Ground,
        imagery: &'a Imagery<'a>,
        chain: &'a Chain<'a>,
    ) -> Self {
        let mut base = begun();
        base.add(&model_digest(chain.model));
        base.add(&(chain.dilation as u64).to_le_bytes());
        base.add(&chain.minimum_unit_mm2.to_le_bytes());
        base.add(json(&scenes.grid).as_bytes());
        let zones = ground.layer.municipalities.iter().map(|municipality| {
            let mut print = Fingerprint::default();
            print.add(ground.layer.crs.wkt.as_bytes());
            for polygon in &municipality.ground {
                print.add(b"polygon");
                for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                    let bytes: Vec<u8> = ring.coords().flat_map(|c| [c.x, c.y]).flat_map(f64::to_le_bytes).collect();
                    print.add(&bytes);
                }
            }
            print.digest()
        });
        let scenes = scenes.scenes.iter().map(|scene| of_scene(scene, inputs)).collect();
        Self { base, scenes, zones: zones.collect(), imagery, places: &ground.zones, chain }
    }

    /// The key of some pixels of a year: a window, or a task of many.
    pub fn of(&self, year: &YearPlan, windows: &Windows, days: &[i32], place: &Window) -> Key {
        let mut print = self.base.clone();
        let (rows, cols, halo) = windows.size();
        let Window { row0, col0, .. } = place;
        for number in [*row0, *col0, place.rows, place.cols, rows, cols, halo] {
            print.add(&(number as u64).to_le_bytes());
        }
        let grid = self.imagery.grid;
        let mut read = place.with_halo(halo, grid);
        if let Some(network) = self.chain.model.network() {
            read = network.reach(&read, (grid.rows, grid.cols));
            days.iter().for_each(|day| print.add(&day.to_le_bytes()));
        }
        for scene in self.imagery.scenes_at(year, &read.with_halo(self.chain.dilation, grid)) {
            print.add(&self.scenes[scene]);
        }
        print.add(b"zones");
        self.places.in_window(place).into_iter().for_each(|zone| print.add(&self.zones[zone]));
        print.digest()
    }
}

/// The key of a model that is trained on the samples of a project.
pub fn of_training(settings: &crate::project::Project, scenes: &Scenes, inputs: &[Input]) -> Key {
    let mut print = begun();
    print.add(b"training");
    for part in [json(&settings.classifier), json(&settings.mask), json(&settings.validity), json(&scenes.years)] {
        print.add(part.as_bytes());
    }
    print.add(json(&scenes.grid).as_bytes());
    print.add(json(&scenes.bands).as_bytes());
    scenes.scenes.iter().for_each(|scene| print.add(&of_scene(scene, inputs)));
    inputs.iter().filter(|input| input.role == "samples").for_each(|input| of_input(&mut print, input));
    print.digest()
}

fn begun() -> Fingerprint {
    let mut print = Fingerprint::default();
    print.add(FORM);
    print.add(env!("CARGO_PKG_VERSION").as_bytes());
    print.add(gdal_version().as_bytes());
    print
}

/// What a model does, without what it was made of and what it is worth.
fn model_digest(model: &Model) -> Key {
    let mut print = Fingerprint::default();
    let bare = Model { inputs: Default::default(), assessment: None, ..model.clone() };
    print.add(&to_bytes(&bare));
    print.digest()
}

/// A scene: how it is read, and the bytes of its files.
fn of_scene(scene: &Scene, inputs: &[Input]) -> Key {
    let mut print = Fingerprint::default();
    print.add(json(&Scene { notes: Vec::new(), ..scene.clone() }).as_bytes());
    let files = inputs.iter().filter(|input| input.role == "scene" && scene.files.contains(&input.path));
    files.for_each(|input| of_input(&mut print, input));
    print.digest()
}

/// A file by its bytes, or where they are on a server by what the server says of it.
fn of_input(print: &mut Fingerprint, input: &Input) {
    match (&input.sha256, &input.stamp) {
        (Some(sha256), _) => print.add(sha256.as_bytes()),
        (None, stamp) => print.add(json(stamp).as_bytes()),
    }
}

/// Types of our own with text for keys: they serialise.
fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

//! The sample that ships with cocal.

use std::path::Path;

use cocal::io::atomic;
use cocal::scene::Window;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::landscape::{Bounds, Day, Landscape, Neighbourhood};
use crate::records::{self, Place};
use crate::render::{FINE, Instrument, Site, bounds, sub_pixel};
use crate::sky::{Acquisition, Plan};
use crate::write::{self, Layout, SceneFile, SimulateError};
use crate::{events, territory, training};

/// The tiles meet at column 320, inside La Maqueta and San Ficticio.
const TILES: [(&str, Window); 2] = [
    ("T1", Window { row0: 0, col0: 0, rows: 256, cols: 320 }),
    ("T2", Window { row0: 0, col0: 320, rows: 256, cols: 320 }),
];

const YEARS: [i32; 2] = [2023, 2024];
/// The census has the year before the first one mapped: last year's census is the null that a map must beat.
const RECORD_YEARS: [i32; 3] = [2022, 2023, 2024];

/// Noise and rounding to 0.006 reflectance keep the files small; the uncertainty of real products is of that order.
const INSTRUMENT: Instrument =
    Instrument { noise: 10.0, shade: 0.15, quantum: 60.0, coarse_bands: true, every_sub_pixel: true };
const LAYOUT: Layout = Layout { block: [160, 128], level: 9, classification: true };

/// Half of the scenes carry the offset, as in an archive that was only partly reprocessed.
fn plans() -> Vec<Plan> {
    let plan = |date, cloudiness, has_offset| Plan { date, cloudiness, has_offset, swath_end: None };
    vec![
        plan((2023, 2, 14), 0.30, false),
        plan((2023, 4, 25), 0.66, false),
        plan((2023, 7, 9), 0.50, true),
        plan((2023, 9, 22), 0.36, false),
        plan((2023, 11, 26), 0.56, true),
        plan((2024, 1, 30), 0.24, true),
        Plan { swath_end: Some(5900.0), ..plan((2024, 4, 9), 0.55, true) },
        plan((2024, 6, 23), 0.60, false),
        plan((2024, 9, 6), 0.40, true),
        plan((2024, 11, 20), 0.52, true),
    ]
}

/// Makes the whole sample in a folder.
pub fn make(seed: u64, out: &Path, truth_maps: Option<&Path>) -> Result<(), SimulateError> {
    atomic::make_folder(&out.join("tiles"))?;
    let land = Landscape::new(seed);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let sites = TILES.map(|(_, window)| Site::new(&land, INSTRUMENT, window));
    for plan in plans() {
        let scene = Acquisition::draw(plan, &mut rng);
        for ((name, window), site) in TILES.iter().zip(&sites) {
            let path = out.join("tiles").join(format!("{name}_{}.tif", scene.date));
            let mut file = SceneFile::create(&path, *window, &scene, LAYOUT)?;
            file.write(*window, site.render(&scene))?;
            file.close()?;
        }
    }
    let imagery = bounds(Window { cols: 640, ..TILES[0].1 });
    let near = land.neighbourhood(Bounds { max_x: 8200.0, ..imagery }.grown(300.0));
    write_vectors(&near, imagery, &mut rng, out)?;
    for (name, text) in [
        ("cocal.toml", include_str!("sample.toml").to_owned()),
        ("README.md", include_str!("sample_readme.md").replace("{seed}", &seed.to_string())),
    ] {
        write::text(out, name, &text)?;
    }
    match truth_maps {
        Some(folder) => write_truth_maps(&near, folder),
        None => Ok(()),
    }
}

fn write_vectors(near: &Neighbourhood, imagery: Bounds, rng: &mut ChaCha8Rng, out: &Path) -> Result<(), SimulateError> {
    let place = Place::new()?;
    let grounds = territory::sample(near.land.seed);
    let truth = records::truth(near, &grounds, imagery, &RECORD_YEARS, &place)?;
    write::text(out, "municipalities.geojson", &write::municipalities(&place, &grounds)?)?;
    write::text(out, "truth.csv", &records::truth_csv(&truth, &grounds, &YEARS))?;
    write::text(out, "census.csv", &records::census_csv(&truth.coca_ha, &grounds, &RECORD_YEARS, rng))?;
    let eradication = records::eradication_csv(&truth.eradicated_ha, &grounds, &RECORD_YEARS, rng);
    write::text(out, "eradication.csv", &eradication)?;
    write::text(out, "eradication_events.geojson", &events::events(near, &grounds, imagery, &place)?)?;
    let labels = training::draw(&near.land, imagery, &YEARS, rng);
    write::text(out, "training.geojson", &write::training(&place, &labels)?)
}

pub fn write_truth_maps(near: &Neighbourhood, folder: &Path) -> Result<(), SimulateError> {
    atomic::make_folder(folder)?;
    let whole = Window { cols: 640, ..TILES[0].1 };
    let (rows, cols) = (whole.rows * FINE, whole.cols * FINE);
    for year in RECORD_YEARS {
        let code = |k: usize| {
            let object = sub_pixel(near, (k % cols) as i64, (k / cols) as i64);
            near.cover(object, Day::cutoff(year)) as u8
        };
        let codes = (0..rows * cols).map(code).collect();
        write::truth_map(&folder.join(format!("truth_{year}.tif")), whole, FINE, codes)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        for sub in ["", "tiles"] {
            for entry in std::fs::read_dir(folder.join(sub)).unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() {
                    let name = path.strip_prefix(folder).unwrap().display().to_string();
                    found.insert(name, std::fs::read(&path).unwrap());
                }
            }
        }
        found
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let run = || {
            let folder = tempfile::tempdir().unwrap();
            make(7, folder.path(), None).unwrap();
            files(folder.path())
        };
        let (first, second) = std::thread::scope(|scope| {
            let other = scope.spawn(run);
            (run(), other.join().unwrap())
        });
        assert_eq!(first.len(), 20 + 8);
        for (name, bytes) in &first {
            assert!(second[name] == *bytes, "{name} differs between two runs");
        }
        let lots = |seed| Landscape::new(seed).lots(&Bounds::around(3000.0, -1500.0, 1500.0)).lots;
        assert!(!lots(7).is_empty() && lots(7)[0].seed != lots(8)[0].seed, "another seed gives other ground");
        let size: usize = first.values().map(Vec::len).sum();
        assert!(size < 5_000_000, "{size} bytes");
    }
}

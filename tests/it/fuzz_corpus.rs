//! What the fuzz targets start from, and what they found, through the same entries in the usual suite.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cocal::fuzz::TARGETS;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn names_in(folder: &Path) -> BTreeSet<String> {
    files_in(folder).iter().map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

/// No input of the corpus and none that once broke a parser stops an entry, and none takes long.
#[test]
fn every_file_of_the_corpus_and_every_find_is_read() {
    let mut bytes = 0;
    for (name, entry) in TARGETS {
        let seeds = files_in(&root().join("corpus").join(name));
        assert!(seeds.len() >= 2, "{name} has {} seeds", seeds.len());
        entry(b"");
        for path in seeds.into_iter().chain(files_in(&root().join("found").join(name))) {
            let data = std::fs::read(&path).unwrap();
            let begun = Instant::now();
            entry(&data);
            assert!(begun.elapsed() < Duration::from_secs(30), "{} takes {:?}", path.display(), begun.elapsed());
            bytes += data.len();
        }
    }
    assert!((20_000..200_000).contains(&bytes), "{bytes} bytes of inputs");
}

/// A target of cargo-fuzz, a folder of seeds and an entry have the same names.
#[test]
fn targets_and_entries_are_the_same() {
    let entries: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names_in(&root().join("fuzz_targets")), entries);
    assert_eq!(names_in(&root().join("corpus")), entries);
    assert!(names_in(&root().join("found")).is_subset(&entries));
    assert!(names_in(&root().join("dict")).is_subset(&entries));
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(entries.iter().all(|name| manifest.contains(&format!("name = \"{name}\""))));
    let script = std::fs::read_to_string(root().join("../scripts/fuzz.sh")).unwrap();
    assert!(script.contains("fuzz/fuzz_targets"), "the script runs whatever targets there are");
}

//! Rules of the design that the source itself must keep; each fails if it examined nothing.

use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

/// Path below src/ and code without comments of every source file.
fn sources() -> Vec<(String, String)> {
    let src = root().join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let code: Vec<&str> = text.lines().map(|l| l.split("//").next().unwrap_or("")).collect();
        (path.strip_prefix(&src).unwrap().to_string_lossy().into_owned(), code.join("\n"))
    };
    files.into_iter().map(read).collect()
}

/// `word` is named only where `home` allows it, and somewhere there.
fn named_only(word: &str, home: impl Fn(&str) -> bool) {
    // `write_geojson::` does not name the crate `geojson`.
    let whole = |code: &str, at: usize| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
    let names = |code: &str| code.match_indices(word).any(|(at, _)| whole(code, at));
    let (at_home, abroad): (Vec<_>, Vec<_>) =
        sources().into_iter().filter(|(_, code)| names(code)).map(|(file, _)| file).partition(|f| home(f));
    assert!(!at_home.is_empty(), "{word} is named nowhere: the test examined nothing");
    assert!(abroad.is_empty(), "{word} is named in {abroad:?}");
}

#[test]
fn gdal_csv_geojson_and_files_stay_in_io() {
    named_only("gdal::", |f| f.starts_with("io/"));
    named_only("gdal_sys::", |f| f.starts_with("io/"));
    named_only("csv::", |f| f.starts_with("io/"));
    named_only("geojson::", |f| f.starts_with("io/"));
    named_only("parquet::", |f| f.starts_with("io/"));
    named_only("std::fs", |f| f.starts_with("io/"));
}

#[test]
fn rayon_stays_in_run_clap_and_printing_in_cli() {
    named_only("rayon::", |f| f.starts_with("run/"));
    named_only("clap::", |f| f.starts_with("cli/"));
    for print in ["println!(", "eprintln!("] {
        let abroad: Vec<_> = sources()
            .into_iter()
            .filter(|(f, code)| !f.starts_with("cli/") && f != "main.rs" && code.contains(print))
            .map(|(f, _)| f)
            .collect();
        assert!(abroad.is_empty(), "{print} in {abroad:?}");
    }
}

/// Kernels and GDAL's C interface apart, nothing is unsafe.
#[test]
fn unsafe_stays_in_simd_and_io() {
    named_only("unsafe {", |file| file.starts_with("simd/") || file.starts_with("io/"));
}

/// Imports run one way: a folder may name those below it only.
#[test]
fn imports_run_one_way() {
    let below: [(&str, &[&str]); 17] = [
        ("simd", &["simd"]),
        ("territory", &["territory"]),
        ("scene", &["scene", "simd"]),
        ("features", &["features", "scene", "simd"]),
        ("area", &["area", "scene", "simd", "territory"]),
        ("accuracy", &["accuracy", "simd"]),
        ("classify", &["classify", "features", "scene", "accuracy", "simd"]),
        ("records", &["records", "territory"]),
        ("panel", &["panel", "records", "territory"]),
        ("expect", &["expect", "accuracy", "records", "territory"]),
        ("permanence", &["permanence", "records", "territory"]),
        ("reconcile", &["reconcile", "accuracy", "area", "records", "scene", "territory"]),
        ("claim", &["claim", "records", "territory", "accuracy"]),
        ("compare", &["compare", "accuracy", "records", "territory", "area"]),
        ("publish", &["publish", "permanence", "records", "scene", "territory"]),
        ("trend", &["trend", "accuracy", "compare", "records", "territory"]),
        ("report", &["report", "compare", "records", "scene", "territory", "trend"]),
    ];
    let mut examined = 0;
    for (file, code) in sources() {
        let Some((_, allowed)) = below.iter().find(|(folder, _)| file.starts_with(&format!("{folder}/"))) else {
            continue;
        };
        let code = code.split("#[cfg(test)]").next().unwrap_or("");
        for part in code.split("crate::").skip(1) {
            let module: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            assert!(allowed.contains(&module.as_str()), "{file} names crate::{module}");
            examined += 1;
        }
    }
    assert!(examined > 20, "only {examined} imports were examined");
}

#[test]
fn files_are_under_400_lines() {
    let mut files = Vec::new();
    for folder in ["src", "examples", "benches", "tests"] {
        rust_files(&root().join(folder), &mut files);
    }
    assert!(files.len() > 50);
    for file in files {
        let lines = std::fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= 400, "{} has {lines} lines", file.display());
    }
}

/// No dependency asks for a newer Rust than the project states; clippy's `incompatible_msrv` holds the project's own code.
#[test]
fn dependencies_build_with_the_stated_rust() {
    let rustc = std::process::Command::new("rustc").arg("-vV").output().unwrap();
    let rustc = String::from_utf8(rustc.stdout).unwrap();
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    // Of other platforms' dependencies a new machine has downloaded none.
    let metadata = std::process::Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--locked", "--filter-platform", host])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let version = |text: &str| -> Vec<u32> { text.split('.').map(|n| n.parse().unwrap()).collect() };
    let packages = metadata["packages"].as_array().unwrap();
    let ours = packages.iter().find(|p| p["name"] == "cocal").unwrap()["rust_version"].as_str().unwrap();
    let mut examined = 0;
    for package in packages {
        if let Some(needed) = package["rust_version"].as_str() {
            assert!(version(needed)[..2] <= version(ours)[..2], "{} needs Rust {needed}", package["name"]);
            examined += 1;
        }
    }
    assert!(examined > 50, "only {examined} packages state a version");
}

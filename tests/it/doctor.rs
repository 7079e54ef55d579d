//! `cocal doctor`: a machine that will do, and what is said of one that will not.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::data::cocal;

/// Exit code, the object, and standard error.
fn doctor(variables: &[(&str, &str)], arguments: &[&str]) -> (i32, Value, String) {
    let mut call = cocal();
    call.arg("doctor").arg("--json").args(arguments);
    for name in ["PROJ_DATA", "PROJ_LIB", "COCAL_SIMD", "GDAL_CACHEMAX", "GDAL_NUM_THREADS"] {
        call.env_remove(name);
    }
    let done = call.envs(variables.iter().copied()).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    let found = serde_json::from_slice(&done.stdout).unwrap_or_else(|e| panic!("{e}: {said}"));
    (done.status.code().unwrap(), found, said)
}

fn check<'a>(found: &'a Value, name: &str) -> &'a Value {
    let checks = found["checks"].as_array().unwrap();
    checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no check of {name}: {found}"))
}

#[test]
fn a_machine_that_will_do() {
    let folder = tempfile::tempdir().unwrap();
    let (code, found, said) = doctor(&[], &["--out", folder.path().join("new").to_str().unwrap()]);
    assert_eq!((code, &found["ok"], &found["problems"]), (0, &Value::from(true), &Value::from(0)), "{said}");
    for name in ["GDAL", "GeoTIFF", "GeoJSON", "PROJ", "instructions", "output folder", "temporary folder"] {
        assert_ne!(check(&found, name)["state"], "problem", "{found}");
    }
    assert!(check(&found, "PROJ")["found"].as_str().unwrap().contains("a known point is right"));
    assert!(check(&found, "output folder")["found"].as_str().unwrap().contains("not there yet"));
    assert!(!folder.path().join("new").exists() && std::fs::read_dir(folder.path()).unwrap().count() == 0);
    // For people: a line each, and a last one.
    let done = cocal().arg("doctor").env_remove("COCAL_SIMD").output().unwrap();
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(text.lines().count() > 15 && text.lines().last().unwrap().starts_with("ready"), "{text}");
}

/// Whatever is broken is told by its name, with what to do; the rest is looked at all the same.
#[test]
fn what_is_broken_is_told_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let (empty, file) = (folder.path().join("empty"), folder.path().join("file"));
    std::fs::create_dir(&empty).unwrap();
    std::fs::write(&file, "text").unwrap();
    let (empty, file) = (empty.to_str().unwrap(), file.to_str().unwrap());
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str], &'a str, &'a str);
    let cases: [Case<'_>; 5] = [
        (&[("PROJ_DATA", empty), ("PROJ_LIB", empty)], &[], "PROJ", "proj.db"),
        (&[("TMPDIR", "/no/such/folder")], &[], "temporary folder", "TMPDIR"),
        (&[("TMPDIR", file)], &[], "temporary folder", "TMPDIR"),
        (&[("COCAL_SIMD", "sse9")], &[], "instructions", "COCAL_SIMD"),
        (&[], &["--out", file], "output folder", "--out"),
    ];
    for (variables, arguments, name, words) in cases {
        let (code, found, said) = doctor(variables, arguments);
        let check = check(&found, name);
        assert_eq!((code, &check["state"], &found["ok"]), (1, &"problem".into(), &false.into()), "{found}");
        assert!(check["advice"].as_str().unwrap().contains(words), "{check}");
        assert!(said.contains("not ready: 1 problem") && said.contains(name), "{said}");
    }
    // Warnings do not stop the work.
    let odd = [("COCAL_SIMDD", "avx2"), ("COCAL_SIMD", "portable"), ("GDAL_CACHEMAX", "999999")];
    let (code, found, _) = doctor(&odd, &[]);
    let warned: BTreeSet<&str> = found["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|c| c["state"] == "warning")
        .map(|c| c["found"].as_str().unwrap())
        .collect();
    assert_eq!(code, 0);
    for words in ["COCAL_SIMDD=avx2", "GDAL_CACHEMAX=999999"] {
        assert!(warned.iter().any(|found| found.contains(words)), "{words}: {warned:?}");
    }
}

/// Nothing that cocal reads is called unknown.
#[test]
fn every_variable_of_the_sources_is_known() {
    let mut names = BTreeSet::new();
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = std::fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]").next().unwrap();
                names.extend(
                    code.split('"')
                        .filter(|word| {
                            word.starts_with("COCAL_") && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
                        })
                        .map(str::to_owned),
                );
            }
        }
    }
    assert!(names.len() >= 2, "{names:?}");
    let set: Vec<(&str, &str)> =
        names.iter().filter(|name| *name != "COCAL_").map(|name| (name.as_str(), "")).collect();
    let (_, found, _) = doctor(&set, &[]);
    assert!(!found.to_string().contains("does not read"), "{found}");
}

//! The program itself, GDAL with its drivers, PROJ with its data, ONNX Runtime.

use super::Check;
use crate::io::crs::{CrsError, Transform, crs_from_text};
use crate::io::onnx_runtime::{self, RuntimeError};
use crate::io::{fence, gdal_build, gdal_version};
use crate::scene::Crs;

/// The oldest GDAL that will do: 3.6.0.
const OLDEST: u32 = 3_060_000;

/// Drivers any of which will do, what they are for, and whether nothing goes without.
const DRIVERS: [(&str, &[&str], &str, bool); 6] = [
    ("GeoTIFF", &["GTiff"], "scenes, and all masks that are written", true),
    ("JPEG 2000", &["JP2OpenJPEG", "JP2KAK", "JP2ECW", "JP2MrSID"], "Sentinel-2 products in SAFE form", false),
    ("GeoPackage", &["GPKG"], "municipalities, points of samples, the map layer", false),
    ("GeoJSON", &["GeoJSON"], "municipalities, samples, events", false),
    ("Shapefile", &["ESRI Shapefile"], "municipalities, samples", false),
    ("FlatGeobuf", &["FlatGeobuf"], "the map layer in this format", false),
];

/// Virtual files, and what they are for.
const VIRTUAL: [(&str, &str); 3] = [
    ("/vsicurl/", "files on web servers"),
    ("/vsis3/", "files in object stores"),
    ("/vsizip/", "files inside archives"),
];

/// A point on land of Colombia far from the central meridians, in degrees; where it lies in the national system and in UTM zone
/// 18 north, in metres, was computed by Krüger's series and not by PROJ.
const POINT: (f64, f64) = (-77.0, 1.5);
const PLACES: [(&str, (f64, f64)); 2] =
    [("EPSG:9377", (4_554_866.026, 1_724_185.881)), ("EPSG:32618", (277_480.390, 165_897.144))];

/// Metres that a transformation may be off.
const TOLERANCE: f64 = 0.01;

pub(super) fn checks() -> Vec<Check> {
    let mut checks = vec![program(), gdal(gdal_build::version_number())];
    let found = fence::drivers();
    checks.extend(DRIVERS.iter().map(|(name, drivers, purpose, needed)| {
        let there = drivers.iter().find(|driver| found.iter().any(|found| found == *driver));
        driver(name, there.copied(), (purpose, *needed))
    }));
    let prefixes = gdal_build::virtual_prefixes();
    checks.push(virtual_files(&prefixes));
    checks.push(geos(gdal_build::has_geos()));
    checks.push(proj(&place_of_point()));
    checks.push(networks(onnx_runtime::check()));
    checks
}

fn program() -> Check {
    let mut found = env!("CARGO_PKG_VERSION").to_owned();
    if cfg!(feature = "bundled") {
        found += ", with a GDAL of its own";
    }
    if cfg!(debug_assertions) {
        let advice = "build it with `cargo build --release`, or `cargo install --path .`";
        return Check::warning("cocal", found + ", built for finding faults: many times slower", advice);
    }
    Check::ok("cocal", found)
}

fn gdal(version: u32) -> Check {
    if version < OLDEST {
        let advice = "install GDAL 3.6 or newer and build cocal again, or build it with --features bundled";
        return Check::problem("GDAL", format!("{}: too old", gdal_version()), advice);
    }
    Check::ok("GDAL", gdal_version())
}

fn driver(name: &'static str, there: Option<&str>, (purpose, needed): (&str, bool)) -> Check {
    let advice = "install a GDAL that has it; `cocal` finds it without being built again where the version is the same";
    match (there, needed) {
        (Some(driver), _) => Check::ok(name, format!("{driver}: {purpose}")),
        (None, true) => Check::problem(name, format!("no driver: {purpose}"), advice),
        (None, false) => Check::warning(name, format!("no driver, so none of these: {purpose}"), advice),
    }
}

fn virtual_files(prefixes: &[String]) -> Check {
    let (there, absent): (Vec<_>, Vec<_>) =
        VIRTUAL.iter().partition(|(prefix, _)| prefixes.iter().any(|found| found == prefix));
    let listed = |of: &[&(&str, &str)]| {
        of.iter().map(|(prefix, purpose)| format!("{prefix} ({purpose})")).collect::<Vec<_>>().join(", ")
    };
    if absent.is_empty() {
        Check::ok("virtual files", listed(&there))
    } else {
        let advice = "copy such files to a disk, or install a GDAL that has curl";
        Check::warning("virtual files", format!("missing: {}", listed(&absent)), advice)
    }
}

fn geos(is_there: bool) -> Check {
    if is_there {
        Check::ok("GEOS", "municipalities with invalid rings are mended")
    } else {
        let advice = "mend invalid polygons yourself, or install a GDAL that has GEOS";
        Check::warning("GEOS", "missing: municipalities with invalid rings are refused", advice)
    }
}

/// Where PROJ puts the known point in each system.
fn place_of_point() -> Result<Vec<(f64, f64)>, CrsError> {
    let place = |(system, _): &(&str, _)| {
        let way = Transform::new(&Crs::wgs84(), &crs_from_text(system)?)?;
        let (mut x, mut y) = ([POINT.0], [POINT.1]);
        way.apply(&mut x, &mut y)?;
        Ok((x[0], y[0]))
    };
    PLACES.iter().map(place).collect()
}

fn proj(places: &Result<Vec<(f64, f64)>, CrsError>) -> Check {
    let (major, minor, patch) = gdal_build::proj_version();
    let folders = gdal_build::proj_folders();
    let mut found = format!("{major}.{minor}.{patch}");
    found += &match gdal_build::proj_database(&folders) {
        Some(file) => format!(", {}", file.display()),
        None if places.is_ok() => ", proj.db inside the program".to_owned(),
        None => {
            let searched: Vec<_> = folders.iter().map(|folder| folder.display().to_string()).collect();
            format!(", no proj.db in {}", searched.join(", "))
        }
    };
    let variable = if (major, minor) < (9, 1) { "PROJ_LIB" } else { "PROJ_DATA" };
    let advice = format!(
        "set {variable} to the folder with PROJ's own proj.db (Debian: /usr/share/proj), or unset PROJ_DATA and PROJ_LIB"
    );
    judge_places(found, places, advice)
}

fn judge_places(found: String, places: &Result<Vec<(f64, f64)>, CrsError>, advice: String) -> Check {
    let places = match places {
        Ok(places) => places,
        Err(error) => return Check::problem("PROJ", format!("{found}: {error}"), advice),
    };
    for ((system, (x, y)), place) in PLACES.iter().zip(places) {
        let off = (place.0 - x).hypot(place.1 - y);
        if off.is_nan() || off > TOLERANCE {
            return Check::problem(
                "PROJ",
                format!("{found}: a known point comes out {off:.2} m off in {system}"),
                advice,
            );
        }
    }
    Check::ok("PROJ", format!("{found}; a known point is right in the national system and in UTM"))
}

fn networks(runtime: Result<String, RuntimeError>) -> Check {
    const NAME: &str = "ONNX Runtime";
    match runtime {
        Ok(found) => Check::ok(NAME, found),
        Err(RuntimeError::NotBuilt) => {
            Check::ok(NAME, "not built in: no classification with networks (cargo feature `network`)")
        }
        Err(error) => {
            let advice = format!("set {} to its shared library; needed for networks only", onnx_runtime::LIBRARY);
            Check::warning(NAME, error.to_string(), advice)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn what_is_missing_is_told_by_what_it_is_for() {
        assert_eq!(driver("GeoTIFF", None, ("masks", true)).state, State::Problem);
        let missing = driver("JPEG 2000", None, ("Sentinel-2", false));
        assert!(missing.state == State::Warning && missing.found.contains("Sentinel-2"), "{missing:?}");
        assert_eq!(gdal(3_050_300).state, State::Problem);
        let some = virtual_files(&["/vsizip/".to_owned()]);
        assert!(some.state == State::Warning && some.found.contains("/vsis3/") && !some.found.contains("/vsizip/"));
        assert_eq!((geos(false).state, networks(Err(RuntimeError::NotBuilt)).state), (State::Warning, State::Ok));
    }

    #[test]
    fn the_known_point_is_where_it_should_be_and_elsewhere_is_told() {
        let places = place_of_point();
        assert_eq!(judge_places(String::new(), &places, String::new()).state, State::Ok, "{places:?}");
        let mut places = places.unwrap();
        places[1].0 += 0.02;
        let off = judge_places("9.1".to_owned(), &Ok(places.clone()), "do".to_owned());
        assert_eq!(
            (off.state, off.found.as_str()),
            (State::Problem, "9.1: a known point comes out 0.02 m off in EPSG:32618")
        );
        places[1].0 = f64::INFINITY;
        assert_eq!(judge_places(String::new(), &Ok(places), String::new()).state, State::Problem);
    }
}

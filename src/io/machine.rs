//! What this machine has: memory, processors, room on disks, and the libraries that were found.

use std::ffi::CString;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::crs::{Transform, crs_from_text};
use super::{fence, gdal_version};
use crate::scene::Crs;
use crate::simd::Level;

/// How a thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// Work can be done, but not all of it, or slowly.
    Warning,
    /// Work will fail.
    Problem,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// What.
    pub name: &'static str,
    /// How it stands.
    pub state: State,
    /// What was found.
    pub found: String,
    /// What to do, where something is wrong.
    pub advice: String,
}

fn check(name: &'static str, state: State, found: impl Into<String>, advice: &str) -> Check {
    let advice = if state == State::Ok { "" } else { advice };
    Check { name, state, found: found.into(), advice: advice.to_owned() }
}

/// Looks at everything; `folder` is where outputs would go.
pub fn look(folder: &Path) -> Vec<Check> {
    let mut all = vec![check("cocal", State::Ok, env!("CARGO_PKG_VERSION"), ""), gdal()];
    all.extend(drivers());
    all.extend([proj(), threads(), simd(), memory()]);
    all.extend([room("temporary files", &std::env::temp_dir()), room("this folder", folder), locks(folder), files()]);
    all.extend(variables());
    all
}

fn gdal() -> Check {
    let version = gdal_version();
    let number = |at: usize| version.split('.').nth(at).and_then(|part| part.parse::<u32>().ok()).unwrap_or(0);
    let old = (number(0), number(1)) < (3, 4);
    let state = if old { State::Warning } else { State::Ok };
    check("GDAL", state, version.clone(), "GDAL 3.4 or later was tried; install a newer libgdal")
}

/// Drivers that matter, with what is lost without them.
fn drivers() -> Vec<Check> {
    let there = fence::drivers();
    let has = |names: &[&str]| names.iter().any(|name| there.iter().any(|driver| driver == name));
    let needed: [(&'static str, &[&str], State, &'static str); 6] = [
        ("GeoTIFF", &["GTiff"], State::Problem, "nothing can be read or written; install a whole libgdal"),
        ("GeoJSON", &["GeoJSON"], State::Problem, "no polygons can be read; install a whole libgdal"),
        (
            "JPEG 2000",
            &["JP2OpenJPEG", "JP2KAK", "JP2ECW"],
            State::Warning,
            "Sentinel-2 products (.SAFE) cannot be read; GeoTIFFs can",
        ),
        ("GeoPackage", &["GPKG"], State::Warning, "GeoPackages can be neither read nor written"),
        ("Shapefile", &["ESRI Shapefile"], State::Warning, "shapefiles cannot be read"),
        ("FlatGeobuf", &["FlatGeobuf"], State::Warning, "FlatGeobuf can be neither read nor written"),
    ];
    let told = |(name, drivers, without, advice): (&'static str, &[&str], State, &'static str)| {
        if has(drivers) { check(name, State::Ok, "can be read", "") } else { check(name, without, "no driver", advice) }
    };
    needed.into_iter().map(told).collect()
}

/// The origin of Colombia's national grid (EPSG:9377: 4 N, 73 W) lies at 5,000,000 m east, 2,000,000 m north by definition.
fn proj() -> Check {
    let (mut major, mut minor, mut patch) = (0, 0, 0);
    // SAFETY: three numbers that are written to.
    unsafe { gdal_sys::OSRGetPROJVersion(&mut major, &mut minor, &mut patch) };
    let version = format!("PROJ {major}.{minor}.{patch}");
    let place = || {
        let grid = crs_from_text("EPSG:9377").map_err(|e| e.to_string())?;
        let (mut x, mut y) = ([-73.0], [4.0]);
        let way = Transform::new(&Crs::wgs84(), &grid).map_err(|e| e.to_string())?;
        way.apply(&mut x, &mut y).map_err(|e| e.to_string())?;
        Ok::<_, String>((x[0], y[0]))
    };
    let advice = "its database proj.db is missing or of another version: install proj-data, or set PROJ_DATA (PROJ_LIB \
                  before PROJ 9.1) to the folder that holds it";
    match place() {
        Ok((x, y)) if (x - 5e6).abs() < 0.01 && (y - 2e6).abs() < 0.01 => {
            check("PROJ data", State::Ok, format!("{version}, EPSG:9377 is right to 1 cm"), "")
        }
        Ok((x, y)) => check("PROJ data", State::Problem, format!("{version}, 73 W 4 N becomes {x:.2}, {y:.2}"), advice),
        Err(message) => check("PROJ data", State::Problem, format!("{version}: {message}"), advice),
    }
}

fn threads() -> Check {
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    check("threads", State::Ok, format!("{count} (of what the system allows this process)"), "")
}

fn simd() -> Check {
    let here: Vec<&str> = Level::here().into_iter().map(Level::name).collect();
    let used = Level::current().name();
    let state = if here.last() == Some(&used) || here.first() == Some(&used) { State::Ok } else { State::Warning };
    let advice = "COCAL_SIMD names a lower level than the processor has; unset it for speed (the figures are the same)";
    check("instruction sets", state, format!("{used}; there are: {}", here.join(", ")), advice)
}

fn memory() -> Check {
    let Some(bytes) = available_memory() else {
        return check("memory", State::Ok, "not told by this system", "");
    };
    let state = if bytes < 512 << 20 { State::Warning } else { State::Ok };
    let advice = "less than 512 MiB are free: give --memory, and expect small windows";
    check("memory", state, format!("{:.1} GiB free", bytes as f64 / f64::from(1 << 30)), advice)
}

/// Bytes that this process may still take: the system's free memory or the limit of its control group, whichever is less.
pub fn available_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let free = line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()? << 10;
    let number = |path: &str| std::fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let groups = [
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
        ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ];
    let limits = groups.iter().filter_map(|(limit, used)| Some(number(limit)?.saturating_sub(number(used)?)));
    Some(limits.fold(free, u64::min))
}

/// Free bytes where a file would go.
pub fn free_bytes(folder: &Path) -> Option<u64> {
    let name = CString::new(folder.to_string_lossy().as_bytes()).ok()?;
    // SAFETY: the name lives through the call.
    let bytes = unsafe { gdal_sys::VSIGetDiskFreeSpace(name.as_ptr()) };
    u64::try_from(bytes).ok()
}

fn room(name: &'static str, folder: &Path) -> Check {
    let place = folder.display();
    if let Err(e) = tempfile::tempfile_in(folder).and_then(|mut file| std::io::Write::write_all(&mut file, b"x")) {
        let advice = "nothing can be written there: choose another folder (TMPDIR for temporary files), or make room";
        return check(name, State::Problem, format!("{place}: {e}"), advice);
    }
    let Some(free) = free_bytes(folder) else { return check(name, State::Ok, format!("{place}: writable"), "") };
    let state = if free < 1 << 30 { State::Warning } else { State::Ok };
    let advice = "less than 1 GiB is free";
    check(name, state, format!("{place}: {:.1} GiB free", free as f64 / f64::from(1 << 30)), advice)
}

fn locks(folder: &Path) -> Check {
    let locked = tempfile::NamedTempFile::new_in(folder).map_err(|e| e.to_string());
    let locked = locked.and_then(|file| file.as_file().try_lock().map_err(|e| e.to_string()));
    match locked {
        Ok(()) => check("locks", State::Ok, "work in this folder", ""),
        Err(e) => check("locks", State::Warning, e, "`cocal run` needs a folder with file locks for its outputs"),
    }
}

fn files() -> Check {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().next()).unwrap_or("not told").to_owned();
    let few = soft.parse::<u64>().is_ok_and(|n| n < 512);
    let state = if few { State::Warning } else { State::Ok };
    check("open files", state, soft, "each thread opens up to 96 files: raise it with `ulimit -n 4096`")
}

/// Settings of the environment that change what the program does.
fn variables() -> Vec<Check> {
    let known =
        ["COCAL_SIMD", "COCAL_LOG", "GDAL_CACHEMAX", "PROJ_DATA", "PROJ_LIB", "GDAL_DATA", "AWS_S3_ENDPOINT", "TMPDIR"];
    let set = known.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
    set.map(|(name, value)| check(name, State::Ok, PathBuf::from(value).display().to_string(), "")).collect()
}

//! Where the real data lie: `COCAL_DATA`, then `../shared/data`.

use std::path::PathBuf;

/// A file or folder of the real data, or `None` (said loudly) where the data are not on this machine.
///
/// With `COCAL_REQUIRE_DATA=1` its absence fails the test.
pub fn real_data(relative: &str) -> Option<PathBuf> {
    let root = match std::env::var_os("COCAL_DATA") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
    };
    let path = root.join(relative);
    if path.exists() {
        return Some(path);
    }
    let required = std::env::var("COCAL_REQUIRE_DATA").is_ok_and(|v| v == "1");
    assert!(!required, "COCAL_REQUIRE_DATA=1, but {} is not there", path.display());
    eprintln!("NOT TESTED: {} is not on this machine (set COCAL_DATA)", path.display());
    None
}

/// The `cocal` binary under test.
pub fn cocal() -> assert_cmd::Command {
    assert_cmd::Command::cargo_bin("cocal").unwrap()
}

//! The folders that are written to.

use std::path::Path;

use super::{Check, State, bytes};
use crate::io::machine::folder::{Folder, look};

/// Less than this fills up soon.
const LITTLE: u64 = 1 << 30;

const TEMPORARY: &str = "temporary folder";

/// The temporary folder, and the one for outputs: `out`, or else the current one.
pub(super) fn checks(out: Option<&Path>) -> Vec<Check> {
    let temporary = std::env::temp_dir();
    let temporary = std::path::absolute(&temporary).unwrap_or(temporary);
    let advice = "set TMPDIR to a folder that is there and can be written to";
    vec![
        judge(TEMPORARY, &temporary, &look(&temporary), (advice, true)),
        match out {
            Some(out) => {
                let advice = "choose another folder with --out, or have its rights changed";
                judge("output folder", out, &look(out), (advice, true))
            }
            None => {
                let advice = "give the commands a folder that can be written to: --out or -o";
                judge("current folder", Path::new("."), &look(Path::new(".")), (advice, false))
            }
        },
    ]
}

/// What was found of a folder; where it is `needed`, one that cannot be used is a problem.
fn judge(name: &'static str, asked: &Path, folder: &Folder, (advice, needed): (&str, bool)) -> Check {
    let asked = if asked == Path::new(".") { &folder.path } else { asked };
    let mut found = asked.display().to_string();
    if asked != folder.path && asked.is_absolute() {
        found += &format!(" (not there yet; {} is)", folder.path.display());
    }
    if let Some(kind) = &folder.kind {
        found += &format!(", {kind}");
    }
    if let Some(free) = folder.free {
        found += &format!(", {} free", bytes(free));
    }
    let bad = |found, advice: &str| Check {
        name,
        state: if needed { State::Problem } else { State::Warning },
        found,
        advice: Some(advice.to_owned()),
    };
    let temporary = name == TEMPORARY;
    match (&folder.writable, &folder.locks) {
        // Nobody makes a temporary folder: it has to be there.
        _ if temporary && asked != folder.path => bad(found, advice),
        (Err(said), _) => bad(format!("{found}: it cannot be written to: {said}"), advice),
        (Ok(()), Err(said)) => {
            let found = format!("{found}: locks do not work: {said}");
            // Nothing is locked in the temporary folder.
            if temporary {
                Check::ok(name, found)
            } else {
                bad(
                    found,
                    "choose a folder on a file system with locks: without them two runs could write the same files",
                )
            }
        }
        _ if folder.free.is_some_and(|free| free < LITTLE) => {
            Check::warning(name, found, "make room, or choose a folder on another disk")
        }
        _ => Check::ok(name, found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(free: u64, writable: bool, locks: bool) -> Folder {
        let said = |ok: bool| if ok { Ok(()) } else { Err("said so".to_owned()) };
        let kind = Some("ext4".to_owned());
        Folder { path: "/data".into(), kind, free: Some(free), writable: said(writable), locks: said(locks) }
    }

    #[test]
    fn a_folder_is_judged_by_what_it_is_for() {
        let state = |name, folder: &Folder, needed| judge(name, Path::new("/data"), folder, ("do", needed)).state;
        assert_eq!(state("output folder", &folder(LITTLE, true, true), true), State::Ok);
        assert_eq!(state("output folder", &folder(LITTLE - 1, true, true), true), State::Warning);
        assert_eq!(state("output folder", &folder(LITTLE, true, false), true), State::Problem);
        assert_eq!(state("temporary folder", &folder(LITTLE, true, false), true), State::Ok);
        assert_eq!(state("temporary folder", &folder(LITTLE, false, false), true), State::Problem);
        assert_eq!(state("current folder", &folder(LITTLE, false, false), false), State::Warning);
        assert_eq!(
            judge(TEMPORARY, Path::new("/data/none"), &folder(LITTLE, true, true), ("", true)).state,
            State::Problem
        );
        let check = judge("output folder", Path::new("/data/new"), &folder(20 << 30, true, true), ("do", true));
        assert_eq!(check.found, "/data/new (not there yet; /data is), ext4, 20 GiB free");
    }
}

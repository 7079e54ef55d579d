//! Work that is cut into parts: the plan, the journal of a run, parts and the windows in them.

use sha2::{Digest, Sha256};

use crate::io::cog::tiles::{Encoder, Overview};
use crate::io::journal::Journal;
use crate::io::part_file::PartBytes;
use crate::io::scratch::Scratch;
use crate::io::window_record::{RasterShape, WindowRecord};
use crate::run::batch::plan_file::PlanFile;
use crate::run::batch::prepared::training_of;

/// A plan.
pub fn plan(data: &[u8]) {
    let Ok(mut plan) = PlanFile::parse(data) else { return };
    let (windows, places) = plan.layout();
    for place in &places {
        let _ = windows[place.year].extent(&place.rows, &place.cols);
    }
    let Ok(written) = plan.to_bytes() else { return };
    let again = PlanFile::parse(&written).and_then(|mut plan| plan.to_bytes().map_err(|e| e.to_string()));
    assert_eq!(again, Ok(written), "a plan that does not come back");
}

/// A journal as a dying process, or anybody, left it: it opens, takes an entry and gives it back.
pub fn journal(data: &[u8]) {
    let _ = training_of(data);
    let Some(folder) = Scratch::new() else { return };
    let Some(path) = folder.put("journal", data) else { return };
    // Keys that the input may hold: any 32 bytes at the places where an entry has its key.
    let keys: Vec<[u8; 32]> = data.windows(32).step_by(4).take(64).filter_map(|key| key.try_into().ok()).collect();
    let looked = Journal::look(&path);
    let before: Vec<Option<Vec<u8>>> =
        keys.iter().map(|key| looked.as_ref().and_then(|journal| journal.get(key))).collect();
    let Ok(mut journal) = Journal::open(&path) else { return };
    let after: Vec<_> = keys.iter().map(|key| journal.get(key)).collect();
    assert_eq!(before, after, "what was looked at is not what is opened");
    assert!(journal.append(&[9; 32], b"more").is_ok(), "a journal that takes no entry");
    let again = Journal::open(&path).ok().and_then(|journal| journal.get(&[9; 32]));
    assert_eq!(again.as_deref(), Some(&b"more"[..]), "an entry that does not come back");
}

/// Two rasters of one tile each.
fn shape() -> RasterShape {
    RasterShape { size: (20, 30), overviews: vec![Overview::Mode, Overview::Average] }
}

/// A part, whose head and check sum are put around the input, and the windows in it; the input as one window.
pub fn part(data: &[u8]) {
    window(data);
    let key = [7; 32];
    let mut bytes = b"cocal part 1\n".to_vec();
    bytes.extend(key);
    bytes.extend(data);
    bytes.extend(Sha256::digest(&bytes));
    let part = PartBytes::of(bytes, &key);
    assert!(part.is_some(), "a whole part");
    part.iter().flat_map(PartBytes::records).take(64).for_each(window);
}

fn window(data: &[u8]) {
    let Ok(record) = WindowRecord::from_bytes(data, &shape()) else { return };
    let mut encoder = Encoder::default();
    let written = record.to_bytes(&record.layers, &mut encoder);
    let again = WindowRecord::from_bytes(&written, &shape());
    assert!(again.is_ok_and(|again| again.layers == record.layers), "a window that does not come back");
    let mut sum = record.table.clone();
    sum.merge(&record.table);
    let _ = (
        sum.coverage_hectares(0),
        sum.hectares(0, 1),
        crate::io::loss::failures_of(&record.losses.into_iter().collect()),
    );
}

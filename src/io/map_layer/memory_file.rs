//! A file that GDAL writes in memory, so that the layer is bytes like every other output.

use std::sync::atomic::{AtomicU64, Ordering};

use gdal::errors::GdalError;

use super::MapLayerError;
use crate::io::gdal_log::watch;

/// Lets `write` make the file under the name that it gets, and returns the file's bytes. `file` is the final name, which
/// some drivers keep in the file.
///
/// # Errors
/// [`MapLayerError::Gdal`] naming the file.
pub(super) fn written(
    file: &'static str,
    write: impl FnOnce(&str) -> Result<(), GdalError>,
) -> Result<Vec<u8>, MapLayerError> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let folder = format!("/vsimem/cocal_layer_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let path = format!("{folder}/{file}");
    let done = watch(|| write(&path).and_then(|()| gdal::vsi::get_vsi_mem_file_bytes_owned(&path)));
    if done.is_err() {
        // What was begun; that there is nothing is fine.
        let _ = gdal::vsi::unlink_mem_file(&path);
    }
    done.map_err(|message| MapLayerError::Gdal { file, message })
}

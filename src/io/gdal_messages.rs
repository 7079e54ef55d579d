//! GDAL's own messages go to the log: what matters of them comes back as an error that names the file.

/// Sends GDAL's messages to the log (`COCAL_LOG=debug` shows them) instead of standard error. Call once, at the start.
pub fn send_to_log() {
    gdal::config::set_error_handler(|kind, number, message| tracing::debug!(?kind, number, "GDAL: {message}"));
}

//! GDAL's own messages: to the log instead of standard error, and never lost.
//!
//! GDAL may report a failure through its error handler and still return success with zeros. [`watch`] turns that
//! into an error: the handler runs on the thread that failed and leaves the message there.

use std::cell::RefCell;
use std::sync::Once;

use gdal::errors::CplErrType;

thread_local! {
    /// The first failure on this thread since [`watch`] began.
    static FAILURE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Sends GDAL's messages to `tracing` (debug) instead of standard error, for the whole process. May be called often.
pub fn quiet_gdal() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        gdal::config::set_error_handler(|kind, number, message| {
            tracing::debug!(target: "gdal", number, "{message}");
            if matches!(kind, CplErrType::Failure | CplErrType::Fatal) {
                FAILURE.with_borrow_mut(|failure| {
                    failure.get_or_insert_with(|| message.trim().to_owned());
                });
            }
        });
    });
}

/// Runs a GDAL call; a failure that GDAL only reported becomes an error as well.
///
/// # Errors
/// What GDAL returned or reported, as text.
pub fn watch<T>(call: impl FnOnce() -> gdal::errors::Result<T>) -> Result<T, String> {
    quiet_gdal();
    FAILURE.with_borrow_mut(Option::take);
    let result = call();
    let reported = FAILURE.with_borrow_mut(Option::take);
    match (result, reported) {
        (Ok(value), None) => Ok(value),
        (_, Some(message)) => Err(message),
        (Err(error), None) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reported_failure_is_an_error_on_its_own_thread() {
        let open = || {
            let open_flags = gdal::GdalOpenFlags::GDAL_OF_VERBOSE_ERROR;
            let options = gdal::DatasetOptions { open_flags, ..gdal::DatasetOptions::default() };
            watch(|| gdal::Dataset::open_ex("/nowhere/at/all.tif", options).map(|_| ()))
        };
        let elsewhere = std::thread::spawn(open).join().unwrap();
        assert!(elsewhere.unwrap_err().contains("all.tif"));
        // The other thread's failure does not leak into this one.
        assert!(watch(|| Ok(())).is_ok());
        assert!(open().is_err());
    }
}

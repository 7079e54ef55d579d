//! Scripts that a shell runs.

use std::path::Path;
use std::process::{Command, Stdio};

use super::atomic::{WriteError, write_bytes};

/// What a script said, and how it ended.
#[derive(Debug)]
pub struct Said {
    /// On standard output.
    pub out: String,
    /// On standard error.
    pub aside: String,
    /// Its exit code; `None` where a signal ended it.
    pub code: Option<i32>,
}

/// Writes a script that its owner may start by its name.
///
/// # Errors
/// [`WriteError`] naming the file.
pub fn write_script(path: &Path, text: &str) -> Result<(), WriteError> {
    write_bytes(path, text.as_bytes())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let named = |source| WriteError::File { path: path.to_owned(), source };
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).map_err(named)?;
    }
    Ok(())
}

/// Runs a script with `sh` to its end; it reads nothing.
///
/// # Errors
/// What the system said: mostly that there is no shell.
pub fn run_script(path: &Path) -> std::io::Result<Said> {
    // A name such as `-x.sh` would be an option.
    let done = Command::new("sh").arg(std::path::absolute(path)?).stdin(Stdio::null()).output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Said { out: text(&done.stdout), aside: text(&done.stderr), code: done.status.code() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_written_and_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("it's.sh");
        write_script(&path, "echo out; echo aside >&2; exit 3\n").unwrap();
        let said = run_script(&path).unwrap();
        assert_eq!((said.out.as_str(), said.aside.as_str(), said.code), ("out\n", "aside\n", Some(3)));
    }
}

//! What is done where an input fails, and how a file that changes under the work is noticed.

use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};

use super::provenance::Input;
use crate::io::digest::sha256_of_file;
use crate::io::scene::SceneError;
use crate::io::stamp::Stamp;
use crate::scene::source::Scene;

/// What a fault of an input means for the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnError {
    /// The first fault ends the work.
    Stop,
    /// What cannot be read is not observed; the rest is done and the fault told.
    #[default]
    Continue,
}

/// What a look at the files of a scene says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// They are what they were.
    Same,
    /// Something touched them, and their bytes are the same: what was read in the meantime is to be read again.
    Touched,
}

struct Guarded {
    path: PathBuf,
    /// `None` for a virtual name, which is looked at when a task begins and not after every window.
    sha256: Option<String>,
    stamp: Mutex<Stamp>,
    /// Whether a virtual name is what it was: a server is asked once.
    asked: OnceLock<bool>,
}

/// The files of the scenes as they were when their digests were taken.
#[derive(Default)]
pub struct Guard {
    files: Vec<Guarded>,
    /// Numbers of the files of each scene.
    of_scene: Vec<Vec<usize>>,
}

impl Guard {
    /// Guards the files of these scenes.
    pub fn new(scenes: &[Scene], inputs: &[Input]) -> Self {
        let guarded = |input: &Input| {
            let stamp = Mutex::new(input.stamp?);
            let (path, sha256) = (input.path.clone(), input.sha256.clone());
            Some(Guarded { path, sha256, stamp, asked: OnceLock::new() })
        };
        let files: Vec<Guarded> = inputs.iter().filter(|input| input.role == "scene").filter_map(guarded).collect();
        let number = |path: &PathBuf| files.iter().position(|file| file.path == *path);
        let of_scene = scenes.iter().map(|scene| scene.files.iter().filter_map(number).collect()).collect();
        Self { files, of_scene }
    }

    /// Looks at the files of a scene after they were read.
    ///
    /// # Errors
    /// [`SceneError::Changed`] when a file is gone or holds other bytes.
    pub fn look(&self, scene: usize) -> Result<Look, SceneError> {
        let files = self.of_scene.get(scene).into_iter().flatten();
        let looks = files.map(|number| self.files[*number].look()).collect::<Result<Vec<_>, _>>()?;
        Ok(if looks.contains(&Look::Touched) { Look::Touched } else { Look::Same })
    }

    /// Looks at the files of scenes before they are read for the first time, also at those on a server.
    ///
    /// # Errors
    /// As of [`Self::look`].
    pub fn look_before(&self, scenes: &[usize]) -> Result<(), SceneError> {
        for number in scenes.iter().filter_map(|scene| self.of_scene.get(*scene)).flatten() {
            self.files[*number].look_before()?;
        }
        Ok(())
    }

    /// Looks at all scenes.
    ///
    /// # Errors
    /// As of [`Self::look`].
    pub fn look_at_all(&self) -> Result<Look, SceneError> {
        let looks = (0..self.of_scene.len()).map(|scene| self.look(scene)).collect::<Result<Vec<_>, _>>()?;
        Ok(if looks.contains(&Look::Touched) { Look::Touched } else { Look::Same })
    }
}

impl Guarded {
    fn look_before(&self) -> Result<(), SceneError> {
        if self.sha256.is_some() {
            return self.look().map(|_| ());
        }
        let known = *self.stamp.lock().unwrap_or_else(PoisonError::into_inner);
        let same = self.asked.get_or_init(|| Stamp::of(&self.path).is_ok_and(|now| now == known));
        if *same {
            return Ok(());
        }
        let what = "its server has another one than when the plan was made, or none, or it was changed".to_owned();
        Err(SceneError::Changed { path: self.path.clone(), what })
    }

    fn look(&self) -> Result<Look, SceneError> {
        if self.sha256.is_none() {
            return Ok(Look::Same);
        }
        let changed = |what: String| SceneError::Changed { path: self.path.clone(), what };
        let now = || Stamp::of(&self.path).map_err(|e| changed(format!("it cannot be found any more ({e})")));
        let before = now()?;
        // One thread takes the digest anew, the others wait for what it finds.
        let mut known = self.stamp.lock().unwrap_or_else(PoisonError::into_inner);
        if *known == before {
            return Ok(Look::Same);
        }
        let digest = sha256_of_file(&self.path).map_err(|e| changed(format!("it cannot be read any more ({e})")))?;
        if digest != self.sha256 || now()? != before {
            return Err(changed("it was changed".to_owned()));
        }
        *known = before;
        Ok(Look::Touched)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::atomic::write_bytes;
    use crate::io::digest::stamped_digest;

    fn guarded(path: &std::path::Path) -> Guarded {
        let (sha256, stamp) = stamped_digest(path).unwrap();
        Guarded { path: path.to_owned(), sha256, stamp: Mutex::new(stamp), asked: OnceLock::new() }
    }

    #[test]
    fn a_touched_file_is_read_again_and_a_changed_one_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tif");
        write_bytes(&path, b"pixels").unwrap();
        let guard = guarded(&path);
        assert_eq!(guard.look().unwrap(), Look::Same);
        std::thread::sleep(std::time::Duration::from_millis(20));
        write_bytes(&path, b"pixels").unwrap();
        assert_eq!((guard.look().unwrap(), guard.look().unwrap()), (Look::Touched, Look::Same));
        std::thread::sleep(std::time::Duration::from_millis(20));
        write_bytes(&path, b"others").unwrap();
        assert!(guard.look().unwrap_err().to_string().contains("a.tif: it was changed while it was read"));
        tempfile::TempPath::try_from_path(&path).unwrap().close().unwrap();
        assert!(guard.look().unwrap_err().to_string().contains("cannot be found any more"));
    }
}

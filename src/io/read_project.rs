//! The project file on disk, and the scenes that its patterns mean.

use std::path::{Path, PathBuf};

use super::atomic::parent;
use super::fence;
use crate::project::{Project, ProjectError};

/// A project file that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadProjectError {
    /// No such file, or not readable.
    #[error("cannot read project file {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It breaks a rule.
    #[error("project file {path}: {source}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The rule.
        source: ProjectError,
    },
    /// A pattern that is none, or that no file fits.
    #[error("project file {path}: [[scenes]] path = {pattern:?}: {rule}")]
    Pattern {
        /// The file.
        path: PathBuf,
        /// What was typed.
        pattern: String,
        /// What is wrong.
        rule: String,
    },
}

/// A project and the folder that its relative paths start from.
#[derive(Clone, Debug)]
pub struct ProjectFile {
    /// The project file itself.
    pub path: PathBuf,
    /// What it says.
    pub project: Project,
}

/// Reads and checks a project file.
///
/// # Errors
/// [`ReadProjectError`] naming the file, the place and the rule.
pub fn read_project(path: &Path) -> Result<ProjectFile, ReadProjectError> {
    let text = project_text(path)?;
    let project =
        crate::project::parse(&text).map_err(|source| ReadProjectError::Invalid { path: path.to_owned(), source })?;
    let file = ProjectFile { path: path.to_owned(), project };
    file.open_fence();
    Ok(file)
}

/// The text of a project file.
///
/// # Errors
/// [`ReadProjectError::Unreadable`].
pub fn project_text(path: &Path) -> Result<String, ReadProjectError> {
    std::fs::read_to_string(path).map_err(|source| ReadProjectError::Unreadable { path: path.to_owned(), source })
}

impl ProjectFile {
    /// Lets GDAL reach what the project names: its servers, its own folder and those of its inputs.
    pub fn open_fence(&self) {
        fence::allow_hosts(self.project.network.hosts.iter().map(String::as_str));
        if self.project.inputs.vrt_outside {
            fence::allow_everywhere();
        }
        let folder = |path: &Path| parent(path).to_owned();
        let mut named = vec![folder(&self.path), folder(&self.resolve(&self.project.territory.municipalities))];
        // A pattern's folder is what stands before its first sign.
        named.extend(self.project.scenes.iter().map(|scene| {
            let plain = scene.path.split(['*', '?', '[']).next().unwrap_or_default();
            folder(&self.resolve(plain).join("x"))
        }));
        named.extend(self.project.scenes.iter().map(|scene| folder(&self.resolve(&scene.path))));
        named.iter().filter(|path| !path.to_string_lossy().contains(['*', '?', '['])).for_each(|path| {
            fence::allow_folder(path);
        });
    }

    /// A path of the project file, relative ones from its folder; GDAL's `/vsi` names stay as they are.
    pub fn resolve(&self, typed: &str) -> PathBuf {
        if typed.starts_with("/vsi") { PathBuf::from(typed) } else { self.path.with_file_name("").join(typed) }
    }

    /// The paths that the pattern of a `[[scenes]]` entry means, in order of their names.
    ///
    /// # Errors
    /// [`ReadProjectError::Pattern`] when it is not a pattern or nothing fits it.
    pub fn scene_paths(&self, pattern: &str) -> Result<Vec<PathBuf>, ReadProjectError> {
        let wrong =
            |rule: String| ReadProjectError::Pattern { path: self.path.clone(), pattern: pattern.to_owned(), rule };
        let resolved = self.resolve(pattern);
        if !pattern.contains(['*', '?', '[']) || pattern.starts_with("/vsi") {
            return Ok(vec![resolved]);
        }
        let found = glob::glob(&resolved.to_string_lossy()).map_err(|e| wrong(e.to_string()))?;
        let mut paths = found.collect::<Result<Vec<_>, _>>().map_err(|e| wrong(e.to_string()))?;
        // Side files that GDAL keeps beside rasters are no scenes.
        paths.retain(|p| !p.to_string_lossy().ends_with(".aux.xml"));
        if paths.is_empty() {
            return Err(wrong("no file fits this pattern".to_owned()));
        }
        paths.sort();
        Ok(paths)
    }
}

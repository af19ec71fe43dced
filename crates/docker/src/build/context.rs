//! The context of a build: a folder, and the selection of what is sent from it.

use std::fs;
use std::path::{Path, PathBuf};

use sealift_dockerignore::{FolderMatches, IgnoreFile};

use crate::build::context_error::ContextError;
use crate::build::dockerfile::{Dockerfile, within};
use crate::build::ignore_file::{IGNORE_FILE, read_ignore_file};
use crate::build::notices::Notices;
use crate::build::request::BuildRequest;

/// A folder to build from, whose Dockerfile and ignore file have been found and read.
#[derive(Debug, Clone)]
pub(crate) struct BuildContext {
    root: PathBuf,
    dockerfile: Dockerfile,
    ignore: IgnoreFile,
    special_ignore_file: Option<PathBuf>,
    /// Paths that are never sent, relative to the folder.
    excluded: Vec<PathBuf>,
    notices: Notices,
}

impl BuildContext {
    pub(crate) fn new(request: &BuildRequest, notices: Notices) -> Result<Self, ContextError> {
        let root = request.path.clone();
        let read = |source| ContextError::Read { path: root.clone(), source };
        let metadata = fs::metadata(&root).map_err(read)?;
        if !metadata.is_dir() {
            return Err(ContextError::NotAFolder { path: root });
        }
        let excluded: Vec<PathBuf> = request
            .exclude
            .iter()
            .filter_map(|path| within(&root, path))
            .filter(|path| path != Path::new(""))
            .collect();
        let dockerfile = match &request.dockerfile_text {
            Some(text) => Dockerfile::of_text(&root, text.clone().into_bytes()),
            None => Dockerfile::find(&root, request.dockerfile.as_deref(), |path| {
                is_below(path, &excluded)
            })?,
        };
        // An ignore file that belongs to the Dockerfile takes precedence.
        let of_dockerfile = match dockerfile.own_ignore_file.clone() {
            Some(path) => read_ignore_file(&path)?.map(|ignore| (ignore, Some(path))),
            None => None,
        };
        let (ignore, special_ignore_file) = match of_dockerfile {
            Some(found) => found,
            None => (read_ignore_file(&root.join(IGNORE_FILE))?.unwrap_or_default(), None),
        };
        Ok(Self { root, dockerfile, ignore, special_ignore_file, excluded, notices })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the name under which the Dockerfile is sent.
    pub(crate) fn dockerfile(&self) -> &str {
        &self.dockerfile.name
    }

    /// Returns the content of the Dockerfile if it is not a file of the folder.
    pub(crate) fn text(&self) -> Option<&[u8]> {
        self.dockerfile.text.as_deref()
    }

    /// Reads the Dockerfile.
    #[cfg(feature = "buildkit")]
    pub(crate) fn dockerfile_text(&self) -> Result<Vec<u8>, ContextError> {
        match self.text() {
            Some(text) => Ok(text.to_owned()),
            None => crate::build::dockerfile::read(&self.root.join(self.dockerfile())),
        }
    }

    #[cfg(feature = "buildkit")]
    pub(crate) fn ignore(&self) -> &IgnoreFile {
        &self.ignore
    }

    /// Returns the path of the ignore file that applies, if engines would not find it by its name.
    pub(crate) fn special_ignore_file(&self) -> Option<&Path> {
        self.special_ignore_file.as_deref()
    }

    /// Returns `true` if a path is never sent, whatever the ignore file contains.
    pub(crate) fn excludes(&self, name: &Path) -> bool {
        is_below(name, &self.excluded)
    }

    pub(crate) fn notices(&self) -> &Notices {
        &self.notices
    }

    /// Returns `true` if a path is sent, given which patterns match its folder.
    ///
    /// The Dockerfile and the ignore file are always sent: the engine needs them, and removes them
    /// from the context if they are ignored.
    pub(crate) fn includes(&self, name: &Path, folder: &FolderMatches) -> (bool, FolderMatches) {
        let (is_left_out, matches) = self.ignore.check(name, folder);
        let is_kept = name == Path::new(self.dockerfile()) || name == Path::new(IGNORE_FILE);
        (is_kept || !is_left_out, matches)
    }

    /// Returns `true` if something may have to be sent from a folder that is not sent itself.
    pub(crate) fn may_include_below(&self, folder: &Path) -> bool {
        self.ignore.may_reinclude_below(folder) || Path::new(self.dockerfile()).starts_with(folder)
    }
}

fn is_below(path: &Path, folders: &[PathBuf]) -> bool {
    folders.iter().any(|folder| path.starts_with(folder))
}

//! The context of a build: a folder, and what of it is sent.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use sealift_dockerignore::{FolderMatches, IgnoreFile, ParseError};
use tokio::sync::mpsc;

use crate::build::context_error::ContextError;
use crate::build::context_tar;
use crate::build::dockerfile::{Dockerfile, within};
use crate::build::notices::{Notices, special};
use crate::build::request::BuildRequest;

/// The name under which engines look for an ignore file.
pub(crate) const IGNORE_FILE: &str = ".dockerignore";

/// How large an ignore file may be in bytes …
const IGNORE_FILE_LIMIT: u64 = 1 << 20;
/// … and how many lines it may have: each pattern costs memory, and time for each file.
const LINE_LIMIT: usize = 10_000;

/// A folder to build from, found to be usable.
#[derive(Debug, Clone)]
pub(crate) struct BuildContext {
    root: PathBuf,
    dockerfile: Dockerfile,
    ignore: IgnoreFile,
    special_ignore_file: Option<PathBuf>,
    /// What is never sent, relative to the folder.
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
        // The one that belongs to the Dockerfile comes first.
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

    /// Returns the name of the Dockerfile in what is sent.
    pub(crate) fn dockerfile(&self) -> &str {
        &self.dockerfile.name
    }

    /// Returns the content of the Dockerfile, if it is not a file of the folder.
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

    /// Returns the ignore file that applies, if engines wouldn't find it by its name.
    pub(crate) fn special_ignore_file(&self) -> Option<&Path> {
        self.special_ignore_file.as_deref()
    }

    /// Returns `true` if a path is never sent, whatever the ignore file says.
    pub(crate) fn excludes(&self, name: &Path) -> bool {
        is_below(name, &self.excluded)
    }

    pub(crate) fn notices(&self) -> &Notices {
        &self.notices
    }

    /// Returns `true` if a path is sent, given which patterns match its folder.
    ///
    /// The Dockerfile and the ignore file always are: the engine takes them out again if they are ignored.
    pub(crate) fn includes(&self, name: &Path, folder: &FolderMatches) -> (bool, FolderMatches) {
        let (is_left_out, matches) = self.ignore.check(name, folder);
        let is_kept = name == Path::new(self.dockerfile()) || name == Path::new(IGNORE_FILE);
        (is_kept || !is_left_out, matches)
    }

    /// Returns `true` if something may have to be sent from a folder that isn't.
    pub(crate) fn may_include_below(&self, folder: &Path) -> bool {
        self.ignore.may_reinclude_below(folder) || Path::new(self.dockerfile()).starts_with(folder)
    }

    /// Writes what is sent into a channel, as a tar.
    pub(crate) fn send(&self, pieces: mpsc::Sender<Result<Bytes, ContextError>>) {
        context_tar::send(self, pieces);
    }
}

fn is_below(path: &Path, folders: &[PathBuf]) -> bool {
    folders.iter().any(|folder| path.starts_with(folder))
}

/// Reads an ignore file if it is there.
fn read_ignore_file(path: &Path) -> Result<Option<IgnoreFile>, ContextError> {
    let read = |source| ContextError::Read { path: path.to_owned(), source };
    match fs::metadata(path) {
        Ok(metadata) => {
            // Reading one of these might never end.
            if let Some(kind) = special(metadata.file_type()) {
                return Err(ContextError::Special { what: kind.name(), path: path.to_owned() });
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        // Not a folder: where the Dockerfile came from has no ignore files.
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Ok(None),
        Err(error) => return Err(read(error)),
    }
    let too_large = |limit| ContextError::IgnoreFileTooLarge { path: path.to_owned(), limit };
    let mut text = Vec::new();
    let mut file = File::open(path).map_err(read)?.take(IGNORE_FILE_LIMIT + 1);
    file.read_to_end(&mut text).map_err(read)?;
    if text.len() as u64 > IGNORE_FILE_LIMIT {
        return Err(too_large("1 MiB"));
    }
    if text.iter().filter(|byte| **byte == b'\n').count() > LINE_LIMIT {
        return Err(too_large("10,000 lines"));
    }
    let bad = |error: ParseError| ContextError::Pattern {
        path: path.to_owned(),
        line: error.line(),
        pattern: error.pattern().to_owned(),
        source: error.into_kind(),
    };
    IgnoreFile::parse(&text).map(Some).map_err(bad)
}

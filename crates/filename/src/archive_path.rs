//! The path of an archive below the root of a store.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use crate::archive_format::ArchiveFormat;
use crate::archive_name::ArchiveName;
use crate::component::{self, ComponentFault};
use crate::escape::{Named, Quoted};
use crate::image_id::ImageId;
use crate::name_error::{NewNameError, ParseNameErrorKind};
use crate::repository::{self, Repository};
use crate::version::Version;

/// The path of an archive below the root of a store: folders, which are the first parts of the
/// repository name, and the [`ArchiveName`], joined by `/`.
///
/// Each folder is a valid part of a repository name. The first one can also be the domain of a
/// registry; the `:` before its port is written as `+`.
///
/// Paths compare as text. This is not the order of versions, which is
/// [`Precedence`](crate::Precedence).
///
/// ```
/// use sealift_filename::ArchivePath;
///
/// let path = ArchivePath::parse("localhost+5000/web_1.0.0.7_0123456789ab.zip")?;
/// assert_eq!(path.folder(), "localhost+5000");
/// assert_eq!(path.name().image(), "web");
/// assert_eq!(path.image(), "localhost+5000/web");
/// assert_eq!(path.repository().unwrap().as_str(), "localhost:5000/web");
///
/// assert!(ArchivePath::parse(".sealift/web_1.0.0.7_0123456789ab.zip").is_err());
/// assert!(ArchivePath::parse("../web_1.0.0.7_0123456789ab.zip").is_err());
/// # Ok::<(), sealift_filename::ParsePathError>(())
/// ```
#[derive(Clone)]
pub struct ArchivePath {
    /// The complete path. `None` if it has no folder, which saves memory for most archives.
    whole: Option<Box<str>>,
    folder_end: usize,
    name: ArchiveName,
}

impl ArchivePath {
    /// Parses a path: folders that are valid parts of a repository name, and an archive name.
    pub fn parse(path: &str) -> Result<Self, ParsePathError> {
        let refuse = |kind| ParsePathError { input: path.into(), kind };
        let (folder, file_name) = match path.rsplit_once('/') {
            Some((folder, file_name)) => (Some(folder), file_name),
            None => (None, path),
        };
        if let Some(kind) = folder.and_then(folder_fault) {
            return Err(refuse(kind));
        }
        let name = ArchiveName::parse(file_name)
            .map_err(|error| refuse(ParsePathErrorKind::Name(error.kind().clone())))?;
        Ok(Self::join(folder.unwrap_or_default(), name))
    }

    /// Creates the path of an archive in a folder below the root, or in the root if the folder is
    /// empty.
    ///
    /// # Errors
    ///
    /// If a folder is not a valid part of a repository name, or if the name contains a `/`.
    pub fn in_folder(folder: &str, name: ArchiveName) -> Result<Self, ParsePathError> {
        let fault = if name.as_str().contains('/') {
            Some(ParsePathErrorKind::SlashInName)
        } else if folder.is_empty() {
            None
        } else {
            folder_fault(folder)
        };
        match fault {
            None => Ok(Self::join(folder, name)),
            Some(kind) => Err(ParsePathError { input: format!("{folder}/{name}").into(), kind }),
        }
    }

    /// Creates the path of an image's archive.
    ///
    /// # Errors
    ///
    /// Those of [`ArchiveName::new`].
    pub fn new(
        repository: &Repository,
        version: &Version,
        id: ImageId,
        format: ArchiveFormat,
    ) -> Result<Self, NewNameError> {
        let name = ArchiveName::new(repository.image(), version, id, format)?;
        Ok(Self::join(&repository.folder(), name))
    }

    fn join(folder: &str, name: ArchiveName) -> Self {
        let whole = (!folder.is_empty()).then(|| format!("{folder}/{name}").into());
        Self { whole, folder_end: folder.len(), name }
    }

    /// Returns the complete path.
    pub fn as_str(&self) -> &str {
        self.whole.as_deref().unwrap_or(self.name.as_str())
    }

    /// Returns the folders before the name, joined by `/`. The result is empty for the root.
    pub fn folder(&self) -> &str {
        &self.as_str()[..self.folder_end]
    }

    /// Returns the file name.
    pub fn name(&self) -> &ArchiveName {
        &self.name
    }

    /// Returns the image as it is written in the path: the folders and the image of the name. For
    /// an image of Docker Hub, this is the short form, independent of which of its
    /// [`folders`](Repository::folders) the archive is in.
    ///
    /// ```
    /// use sealift_filename::ArchivePath;
    ///
    /// let path = ArchivePath::parse("docker.io/library/web_1.0_0123456789ab.zip")?;
    /// assert_eq!(path.image(), "web");
    /// # Ok::<(), sealift_filename::ParsePathError>(())
    /// ```
    pub fn image(&self) -> &str {
        let name_start = self.as_str().len() - self.name.as_str().len();
        repository::short(&self.as_str()[..name_start + self.name.image().len()])
    }

    /// Returns the repository name of the image, or `None` if the image of the archive name is not
    /// a valid part of one.
    pub fn repository(&self) -> Option<Repository> {
        // A `+` in the image of the name also becomes a `:`. Neither is valid there.
        Repository::parse(&self.image().replace('+', ":")).ok()
    }

    /// Returns the path of the same archive as a plain tar, `….docker`.
    #[must_use]
    pub fn to_docker(&self) -> Self {
        Self::join(self.folder(), self.name.to_docker())
    }

    /// Returns the path of the same archive as a zip, `….zip`.
    #[must_use]
    pub fn to_zip(&self) -> Self {
        Self::join(self.folder(), self.name.to_zip())
    }

    /// Returns the path of another name in the same folder.
    ///
    /// # Errors
    ///
    /// If the name contains a `/`.
    pub fn with_name(&self, name: ArchiveName) -> Result<Self, ParsePathError> {
        Self::in_folder(self.folder(), name)
    }
}

/// Returns `true` if a folder's name is a valid part of a repository name, so that the folder can
/// contain archives. The `first` folder below a store's root can also be the domain of a registry.
///
/// ```
/// use sealift_filename::is_repository_folder;
///
/// assert!(is_repository_folder("team", false));
/// assert!(is_repository_folder("localhost+5000", true));
/// assert!(!is_repository_folder("localhost+5000", false));
/// assert!(!is_repository_folder(".sealift", true));
/// ```
pub fn is_repository_folder(name: &str, first: bool) -> bool {
    check_folder(name, first).is_ok()
}

fn check_folder(name: &str, first: bool) -> Result<(), ComponentFault> {
    component::check(name).or_else(|fault| {
        // `:` is refused, because one registry would otherwise have two folders.
        let is_domain =
            first && !name.contains(':') && component::is_domain(&name.replace('+', ":"));
        if is_domain { Ok(()) } else { Err(fault) }
    })
}

fn folder_fault(folder: &str) -> Option<ParsePathErrorKind> {
    folder.split('/').enumerate().find_map(|(index, name)| {
        let fault = check_folder(name, index == 0).err()?;
        if index == 0 && component::is_domain(name) {
            return Some(ParsePathErrorKind::Port(name.to_owned()));
        }
        Some(ParsePathErrorKind::Folder { folder: name.to_owned(), fault })
    })
}

/// The error of parsing or creating an [`ArchivePath`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is not the path of an archive: {kind}", Quoted(input))]
pub struct ParsePathError {
    input: Box<str>,
    kind: ParsePathErrorKind,
}

/// The reason of a [`ParsePathError`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParsePathErrorKind {
    /// A folder is not a valid part of a repository name.
    #[error("{} is not valid: {fault}", Named("its folder", folder))]
    Folder {
        /// The folder.
        folder: String,
        /// The reason.
        fault: ComponentFault,
    },
    /// The first folder is a registry with a port, written with `:` as in a reference.
    #[error("its folder {} contains `:`; use `+` instead", Quoted(.0))]
    Port(String),
    /// The last part is not an archive name.
    #[error("{0}")]
    Name(ParseNameErrorKind),
    /// The name itself contains a `/`.
    #[error("its name contains a `/`")]
    SlashInName,
}

impl ParsePathError {
    /// Returns the text that is not a valid path.
    pub fn input(&self) -> &str {
        &self.input
    }

    /// Returns the reason.
    pub fn kind(&self) -> &ParsePathErrorKind {
        &self.kind
    }
}

impl FromStr for ArchivePath {
    type Err = ParsePathError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl PartialEq for ArchivePath {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for ArchivePath {}

impl PartialOrd for ArchivePath {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ArchivePath {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for ArchivePath {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Display for ArchivePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for ArchivePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ArchivePath({:?})", self.as_str())
    }
}

impl AsRef<str> for ArchivePath {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

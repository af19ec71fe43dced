//! What registries and engines call an image, without its tag.

use std::fmt;
use std::str::FromStr;

use crate::component::{self, ComponentFault};
use crate::quote::{Named, Quoted};

/// How long a repository name can be, in characters.
const LONGEST: usize = 255;

/// A repository name, `[domain[:port]/]path`, as the distribution project's reference grammar has
/// it.
///
/// ```
/// use sealift_filename::Repository;
///
/// let repository = Repository::parse("localhost:5000/team/web")?;
/// assert_eq!(repository.image(), "web");
/// assert_eq!(repository.folder(), "localhost+5000/team");
///
/// assert!(Repository::parse("team/Web").is_err());
/// assert!(Repository::parse("web:1.0").is_err());
/// # Ok::<(), sealift_filename::ParseRepositoryError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Repository(Box<str>);

impl Repository {
    /// Reads a repository name.
    ///
    /// # Errors
    ///
    /// If the text isn't of the grammar, or longer than 255 characters.
    pub fn parse(text: &str) -> Result<Self, ParseRepositoryError> {
        match fault(text) {
            None => Ok(Self(text.into())),
            Some(kind) => Err(ParseRepositoryError { input: text.into(), kind }),
        }
    }

    /// Gives the whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Gives the last part, the one that stands in an archive's file name.
    pub fn image(&self) -> &str {
        self.0.rsplit_once('/').map_or(&self.0, |(_, image)| image)
    }

    /// Gives the folders below a store's root that stand for the other parts, joined by `/`: empty
    /// for a bare name. The `:` of a port is written `+`, which no name can have.
    pub fn folder(&self) -> String {
        self.0.rsplit_once('/').map(|(front, _)| front.replace(':', "+")).unwrap_or_default()
    }

    /// Gives the short name by which Docker shows the same repository: without `docker.io/`, and
    /// without the `library/` of its official images. Other names stay as they are.
    ///
    /// ```
    /// use sealift_filename::Repository;
    ///
    /// let familiar = |text| Repository::parse(text).map(|name| name.familiar().to_string());
    /// assert_eq!(familiar("docker.io/library/web")?, "web");
    /// assert_eq!(familiar("docker.io/team/web")?, "team/web");
    /// assert_eq!(familiar("localhost/web")?, "localhost/web");
    /// # Ok::<(), sealift_filename::ParseRepositoryError>(())
    /// ```
    #[must_use]
    pub fn familiar(&self) -> Self {
        let path = ["docker.io/", "index.docker.io/"]
            .iter()
            .find_map(|domain| self.0.strip_prefix(domain))
            .unwrap_or(&self.0);
        let name = match path.split_once('/') {
            Some(("library", image)) if !image.contains('/') => image,
            // Without its domain, `docker.io/localhost/web` would be another repository.
            Some((first, _)) if first == "localhost" || first.contains('.') => &self.0,
            _ => path,
        };
        Self(name.into())
    }

    /// Returns the name with its registry, as containerd and Podman store it.
    ///
    /// ```
    /// use sealift_filename::Repository;
    ///
    /// let qualified = |text| Repository::parse(text).map(|name| name.qualified().to_string());
    /// assert_eq!(qualified("web")?, "docker.io/library/web");
    /// assert_eq!(qualified("team/web")?, "docker.io/team/web");
    /// assert_eq!(qualified("localhost:5000/web")?, "localhost:5000/web");
    /// # Ok::<(), sealift_filename::ParseRepositoryError>(())
    /// ```
    #[must_use]
    pub fn qualified(&self) -> Self {
        let familiar = self.familiar();
        let name = match familiar.0.split_once('/') {
            None => format!("docker.io/library/{familiar}"),
            // What Docker takes for a registry's domain instead of a part of the path.
            Some((first, _)) if first == "localhost" || first.contains(['.', ':']) => {
                return familiar;
            }
            Some(_) => format!("docker.io/{familiar}"),
        };
        Self(name.into())
    }
}

fn fault(text: &str) -> Option<ParseRepositoryErrorKind> {
    if text.is_empty() {
        return Some(ParseRepositoryErrorKind::Empty);
    }
    if text.len() > LONGEST {
        return Some(ParseRepositoryErrorKind::TooLong(text.chars().count()));
    }
    let path = match text.split_once('/') {
        Some((domain, path)) if component::is_domain(domain) => path,
        Some((domain, _)) if domain.contains(':') => {
            return Some(ParseRepositoryErrorKind::Domain(domain.to_owned()));
        }
        _ => text,
    };
    path.split('/').find_map(|part| {
        let fault = component::check(part).err()?;
        Some(ParseRepositoryErrorKind::Component { component: part.to_owned(), fault })
    })
}

/// Why a text is not a [`Repository`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is not a repository name: {kind}", Quoted(input))]
pub struct ParseRepositoryError {
    input: Box<str>,
    kind: ParseRepositoryErrorKind,
}

/// What is wrong with a text that should be a [`Repository`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseRepositoryErrorKind {
    /// The text is empty.
    #[error("it is empty")]
    Empty,
    /// The text is longer than a name can be, by its number of characters.
    #[error("it has {0} characters, more than the 255 that a name can have")]
    TooLong(usize),
    /// What stands before the first `/` has a `:`, but is no host with a port.
    #[error("{} is not a host and port", Quoted(.0))]
    Domain(String),
    /// A part of the path can't be one.
    #[error("{} {fault}", Named("its part", component))]
    Component {
        /// The part.
        component: String,
        /// What is wrong with it.
        fault: ComponentFault,
    },
}

impl ParseRepositoryError {
    /// Gives the text that was refused.
    pub fn input(&self) -> &str {
        &self.input
    }

    /// Says what is wrong with it.
    pub fn kind(&self) -> &ParseRepositoryErrorKind {
        &self.kind
    }
}

impl FromStr for Repository {
    type Err = ParseRepositoryError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Repository({:?})", &self.0)
    }
}

impl AsRef<str> for Repository {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

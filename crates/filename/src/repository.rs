//! A repository name: the name of an image in registries and engines, without a tag.

use std::fmt;
use std::str::FromStr;

use crate::component::{self, ComponentFault};
use crate::escape::{Named, Quoted};

/// The maximum length of a repository name in characters.
const LONGEST: usize = 255;

/// A repository name, `[domain[:port]/]path`, as the reference grammar of the distribution project
/// defines it.
///
/// Names of Docker Hub are converted to the short form that Docker prints, so that all spellings of
/// one image are equal: without `docker.io/` or `index.docker.io/`, and without the `library/` of
/// official images. Names of other registries are not changed.
///
/// ```
/// use sealift_filename::Repository;
///
/// let repository = Repository::parse("localhost:5000/team/web")?;
/// assert_eq!(repository.image(), "web");
/// assert_eq!(repository.folder(), "localhost+5000/team");
///
/// let web = Repository::parse("docker.io/library/web")?;
/// assert_eq!(web.as_str(), "web");
/// assert_eq!(web, Repository::parse("library/web")?);
///
/// assert!(Repository::parse("team/Web").is_err());
/// assert!(Repository::parse("web:1.0").is_err());
/// # Ok::<(), sealift_filename::ParseRepositoryError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Repository(Box<str>);

impl Repository {
    /// Parses a repository name of up to 255 characters, in any spelling.
    pub fn parse(text: &str) -> Result<Self, ParseRepositoryError> {
        match fault(text) {
            None => Ok(Self(short(text).into())),
            Some(kind) => Err(ParseRepositoryError { input: text.into(), kind }),
        }
    }

    /// Returns the complete name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the last part, which is the image in the name of an archive.
    pub fn image(&self) -> &str {
        self.0.rsplit_once('/').map_or(&self.0, |(_, image)| image)
    }

    /// Returns the folders below a store's root for the other parts, joined by `/`. The result is
    /// empty for a name with one part. The `:` before a port becomes `+`, which no name contains.
    pub fn folder(&self) -> String {
        self.0.rsplit_once('/').map(|(front, _)| front.replace(':', "+")).unwrap_or_default()
    }

    /// Returns all folders below a store's root that can contain archives of the image. The first
    /// one is [`folder`](Self::folder). The others are those of the longer spellings of the name.
    ///
    /// ```
    /// use sealift_filename::Repository;
    ///
    /// assert_eq!(
    ///     Repository::parse("team/web")?.folders(),
    ///     ["team", "docker.io/team", "index.docker.io/team"],
    /// );
    /// assert_eq!(Repository::parse("quay.io/team/web")?.folders(), ["quay.io/team"]);
    /// # Ok::<(), sealift_filename::ParseRepositoryError>(())
    /// ```
    pub fn folders(&self) -> Vec<String> {
        let folder = self.folder();
        let others = match &*folder {
            "" => HUB_DOMAINS
                .iter()
                .flat_map(|domain| [domain.to_string(), format!("{domain}/library")])
                .chain(["library".to_owned()])
                .collect(),
            folder => match folder.strip_prefix("docker.io/") {
                Some(path) => vec![format!("index.docker.io/{path}")],
                None if has_domain(folder) => Vec::new(),
                None => HUB_DOMAINS.map(|domain| format!("{domain}/{folder}")).to_vec(),
            },
        };
        std::iter::once(folder).chain(others).collect()
    }

    /// Returns the name with its registry, as containerd and Podman store it.
    ///
    /// The result is not in the short form, so it is not equal to a parsed `Repository`.
    /// [`familiar`](Self::familiar) converts it back.
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
        let name = match self.0.split_once('/') {
            None => format!("docker.io/library/{self}"),
            Some((first, _)) if has_domain(first) => return self.clone(),
            Some(_) => format!("docker.io/{self}"),
        };
        Self(name.into())
    }

    /// Returns the name in the short form that Docker prints. Only the result of
    /// [`qualified`](Self::qualified) does not have this form already.
    #[must_use]
    pub fn familiar(&self) -> Self {
        Self(short(&self.0).into())
    }
}

/// The domains of Docker Hub.
const HUB_DOMAINS: [&str; 2] = ["docker.io", "index.docker.io"];

/// Returns the short form of a name, which is always a suffix of it. The name can be that of
/// folders, with `+` instead of `:` before a port.
pub(crate) fn short(name: &str) -> &str {
    let is_hub = |(domain, _): &(&str, &str)| HUB_DOMAINS.contains(domain);
    let path = name.split_once('/').filter(is_hub).map_or(name, |(_, path)| path);
    match path.split_once('/') {
        Some(("library", image)) if !image.contains('/') => image,
        // Without the domain, it would be the name of a repository in another registry.
        Some(_) if path.len() < name.len() && has_domain(path) => {
            name.strip_prefix("index.").unwrap_or(name)
        }
        _ => path,
    }
}

/// Returns `true` if Docker reads the first part of a name as the domain of a registry instead of
/// as a part of the path.
fn has_domain(name: &str) -> bool {
    let first = name.split('/').next().unwrap_or_default();
    let is_of_domain = |c: char| matches!(c, '.' | ':' | '+' | '[') || c.is_ascii_uppercase();
    first == "localhost" || first.contains(is_of_domain)
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

/// The error of parsing a [`Repository`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is not a repository name: {kind}", Quoted(input))]
pub struct ParseRepositoryError {
    input: Box<str>,
    kind: ParseRepositoryErrorKind,
}

/// The reason of a [`ParseRepositoryError`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseRepositoryErrorKind {
    /// The text is empty.
    #[error("it is empty")]
    Empty,
    /// The text has this number of characters, more than a name can have.
    #[error("it has {0} characters, more than the 255 that a name can have")]
    TooLong(usize),
    /// The text before the first `/` contains a `:`, but is not a host with a port.
    #[error("{} is not a host and port", Quoted(.0))]
    Domain(String),
    /// A part of the path is not valid.
    #[error("{} is not valid: {fault}", Named("its part", component))]
    Component {
        /// The part.
        component: String,
        /// The reason.
        fault: ComponentFault,
    },
}

impl ParseRepositoryError {
    /// Returns the text that is not a repository name.
    pub fn input(&self) -> &str {
        &self.input
    }

    /// Returns the reason.
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

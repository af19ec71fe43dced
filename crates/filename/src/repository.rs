//! The name of an image in registries and engines, without its tag.

use std::fmt;
use std::str::FromStr;

use crate::component::{self, ComponentFault};
use crate::escape::{Named, Quoted};

/// The longest repository name, in characters.
const LONGEST: usize = 255;

/// A repository name, `[domain[:port]/]path`, by the distribution project's reference grammar.
///
/// Docker Hub's names are kept in the short form in which Docker shows them, so that all spellings
/// of one image are equal: without `docker.io/` or `index.docker.io/`, and without the `library/`
/// of its official images. The names of other registries stay as they are.
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

    /// Returns the whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the last part, which is the image in an archive's file name.
    pub fn image(&self) -> &str {
        self.0.rsplit_once('/').map_or(&self.0, |(_, image)| image)
    }

    /// Returns the folders below a store's root that represent the other parts, joined by `/`:
    /// empty for a bare name. The `:` of a port is written `+`, which no name contains.
    pub fn folder(&self) -> String {
        self.0.rsplit_once('/').map(|(front, _)| front.replace(':', "+")).unwrap_or_default()
    }

    /// Returns every folder below a store's root that may hold archives of the image, its own
    /// [`folder`](Self::folder) first. The others are those of the image's longer spellings.
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

    /// Returns the name with its registry, as containerd and Podman store it. The result is the
    /// only `Repository` that is not in the short form, so it differs from the one it was made of;
    /// [`familiar`](Self::familiar) undoes it.
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

    /// Returns the name in the short form, as Docker shows it. Every `Repository` but the result of
    /// [`qualified`](Self::qualified) has this form already.
    #[must_use]
    pub fn familiar(&self) -> Self {
        Self(short(&self.0).into())
    }
}

/// The domains under which Docker knows its Hub.
const HUB_DOMAINS: [&str; 2] = ["docker.io", "index.docker.io"];

/// Returns the short form of a name, which is always the end of it; the `:` of a port may be
/// written `+`.
pub(crate) fn short(name: &str) -> &str {
    let is_hub = |(domain, _): &(&str, &str)| HUB_DOMAINS.contains(domain);
    let path = name.split_once('/').filter(is_hub).map_or(name, |(_, path)| path);
    match path.split_once('/') {
        Some(("library", image)) if !image.contains('/') => image,
        // Without its domain it would be a repository of another registry.
        Some(_) if path.len() < name.len() && has_domain(path) => {
            name.strip_prefix("index.").unwrap_or(name)
        }
        _ => path,
    }
}

/// Returns `true` if Docker takes the first part of a name for a registry's domain instead of for
/// a part of the path.
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
    /// The text has this number of characters, more than a name can have.
    #[error("it has {0} characters, more than the 255 that a name can have")]
    TooLong(usize),
    /// The text before the first `/` has a `:`, but is not a host with a port.
    #[error("{} is not a host and port", Quoted(.0))]
    Domain(String),
    /// A part of the path is not valid.
    #[error("{} is not valid: {fault}", Named("its part", component))]
    Component {
        /// The part.
        component: String,
        /// What is wrong with it.
        fault: ComponentFault,
    },
}

impl ParseRepositoryError {
    /// Returns the text that was refused.
    pub fn input(&self) -> &str {
        &self.input
    }

    /// Returns what is wrong with it.
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

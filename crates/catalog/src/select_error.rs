//! Errors of selecting an archive.

use std::fmt;

use sealift_filename::{ArchivePath, Repository, Version};
use sealift_oci::Platform;

use crate::query::Query;

/// The error of selecting an archive.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SelectError {
    /// There is no such archive.
    #[error(transparent)]
    NotFound(Box<NotFound>),
    /// There are archives for several platforms, and the query does not name one.
    #[error(transparent)]
    Ambiguous(Box<Ambiguous>),
    /// All archives that match the query are misnamed.
    #[error(transparent)]
    Misnamed(Box<Misnamed>),
}

impl From<NotFound> for SelectError {
    fn from(not_found: NotFound) -> Self {
        Self::NotFound(Box::new(not_found))
    }
}

impl From<Ambiguous> for SelectError {
    fn from(ambiguous: Ambiguous) -> Self {
        Self::Ambiguous(Box::new(ambiguous))
    }
}

impl From<Misnamed> for SelectError {
    fn from(misnamed: Misnamed) -> Self {
        Self::Misnamed(Box::new(misnamed))
    }
}

/// The error if all archives that match a query are misnamed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is misnamed: {reason}", Placed(place, archive))]
#[non_exhaustive]
pub struct Misnamed {
    /// The folder or bucket in which the archives are.
    pub place: String,
    /// The archive with the highest version.
    pub archive: ArchivePath,
    /// The difference from the name.
    pub reason: String,
}

impl Misnamed {
    /// Creates the error for an archive in a folder or bucket.
    pub fn new(place: String, archive: ArchivePath, reason: String) -> Self {
        Self { place, archive, reason }
    }
}

/// The error if no archive matches a query. The fields list the existing alternatives.
#[derive(Debug, Clone, thiserror::Error)]
#[error("no archive of {} in {place}", Asked(query))]
#[non_exhaustive]
pub struct NotFound {
    /// The folder or bucket in which the archives are.
    pub place: String,
    /// The query.
    pub query: Query,
    /// The versions of this image that have an archive, highest first.
    pub versions: Vec<Version>,
    /// The platforms of the archives with known content. If the query has a version, only those of
    /// this version.
    pub platforms: Vec<Platform>,
    /// The images that have archives. Empty if this image has one.
    pub images: Vec<Repository>,
    /// The archives that contain no image. If the query has a version, only those of this version.
    pub without_image: Vec<ArchivePath>,
}

/// The error if a version has archives for several platforms, and the query does not name one.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{} exists for several platforms: {}", Asked(query), Choices(choices))]
#[non_exhaustive]
pub struct Ambiguous {
    /// The query.
    pub query: Query,
    /// The choices, sorted by platform.
    pub choices: Vec<AmbiguousChoice>,
}

impl Ambiguous {
    /// Creates the error. The choices can be in any order.
    pub fn new(query: Query, mut choices: Vec<AmbiguousChoice>) -> Self {
        choices.sort_by(|left, right| left.platform.cmp(&right.platform));
        Self { query, choices }
    }
}

/// One of several archives that match a query.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AmbiguousChoice {
    /// The platform that selects it.
    pub platform: Platform,
    /// The archive.
    pub archive: ArchivePath,
}

impl AmbiguousChoice {
    /// Creates a choice.
    pub fn new(platform: Platform, archive: ArchivePath) -> Self {
        Self { platform, archive }
    }
}

/// Displays the path of an archive after the place that contains it.
struct Placed<'a>(&'a str, &'a ArchivePath);

impl fmt::Display for Placed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(place, archive) = self;
        let separator = if place.is_empty() || place.ends_with('/') { "" } else { "/" };
        write!(f, "{place}{separator}{archive}")
    }
}

/// Displays a query as a reference, such as `web:1.0`, and a platform.
struct Asked<'a>(&'a Query);

impl fmt::Display for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Query { repository, version, latest } = self.0;
        match version {
            None if latest.release => write!(f, "a release of `{repository}`")?,
            None => write!(f, "`{repository}`")?,
            Some(version) => write!(f, "`{repository}:{}`", version.display_tag())?,
        }
        match &latest.platform {
            Some(platform) => write!(f, " for {platform}"),
            None => Ok(()),
        }
    }
}

struct Choices<'a>(&'a [AmbiguousChoice]);

impl fmt::Display for Choices<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, choice) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{}", choice.platform)?;
        }
        Ok(())
    }
}

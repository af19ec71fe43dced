//! The selection of an archive for a query.

use sealift_filename::{ArchivePath, Repository, Version};
use sealift_oci::Platform;

use crate::contenders::{contenders, rank};
use crate::entry::Entry;
use crate::flaw::{Flaw, PassedOver};
use crate::latest::passed_over;
use crate::query::Query;
use crate::select_error::{Ambiguous, AmbiguousChoice, Misnamed, NotFound, SelectError};

/// The selected archive.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Found {
    /// The archive. Its content is known.
    pub entry: Entry,
    /// The archives that would have been selected instead if they had no flaws.
    pub passed_over: Vec<PassedOver>,
}

/// The result of [`select`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selected {
    /// The selected archive.
    Found(Box<Found>),
    /// The archives whose content must be known to decide. Read them, complete their entries and
    /// call [`select`] again.
    Unread(Vec<ArchivePath>),
}

/// Selects the archive that a query describes.
///
/// If the query has no version, the latest correctly named archive with an image decides the
/// version. If the version has several builds, the content of all of them must be known. If they
/// are for one platform, the [latest](crate::latest()) of them is selected. If they are for several
/// platforms, the query must name one.
///
/// A damaged or unreadable archive can be selected, and its entry shows this. Selecting an older
/// version instead would hide the problem.
///
/// The content of other archives does not matter, so it is not necessary to read all of them: the
/// caller starts with the entries as they are, reads the archives in [`Selected::Unread`], and
/// calls this function again. The number of calls is limited, because each one either ends or
/// requests archives that were not read before.
///
/// `place` is the name of the folder or bucket in error messages. The archives of other images are
/// used only for the error: if there is no archive of this image, it lists the existing images.
pub fn select(place: &str, entries: &[Entry], query: &Query) -> Result<Selected, SelectError> {
    let of_image: Vec<&Entry> = entries
        .iter()
        .filter(|entry| entry.archive.repository().as_ref() == Some(&query.repository))
        .collect();
    let is_of_version = |entry: &&Entry| {
        let version = query.version.as_ref();
        version.is_none_or(|version| version.as_str() == entry.archive.name().version())
    };
    let asked: Vec<&Entry> = of_image.iter().copied().filter(is_of_version).collect();
    let ranked = rank(&contenders(asked.iter().copied(), &query.latest), query.latest.by);
    let Some(best) = ranked.first() else {
        let mut images: Vec<Repository> = match of_image.is_empty() {
            true => entries.iter().filter_map(|entry| entry.archive.repository()).collect(),
            false => Vec::new(),
        };
        images.sort_unstable();
        images.dedup();
        return Err(nothing_found(place, query, &of_image, &asked, images));
    };
    let name = best.archive.name();
    let rivals: Vec<&Entry> = ranked
        .iter()
        .copied()
        .filter(|entry| entry.archive.name().version() == name.version())
        .collect();
    // If all rivals are formats of one build, they are for the same platform, and only the content
    // of the first one must be known. Otherwise the platforms of all of them must be known.
    let is_one_build = rivals.iter().all(|rival| rival.archive.name().id() == name.id());
    let deciding = if is_one_build { &rivals[..1] } else { &rivals[..] };
    let unread: Vec<ArchivePath> = deciding
        .iter()
        .filter(|entry| entry.knowledge.is_none())
        .map(|entry| entry.archive.clone())
        .collect();
    if !unread.is_empty() {
        return Ok(Selected::Unread(unread));
    }
    let entry = choose(query, &rivals)?;
    let mut passed_over = passed_over(asked, &query.latest);
    passed_over.retain(|passed| passed.instead.as_ref() == Some(&entry.archive));
    Ok(Selected::Found(Box::new(Found { entry, passed_over })))
}

/// Selects one of the archives of a version, which are ordered latest first.
fn choose(query: &Query, rivals: &[&Entry]) -> Result<Entry, SelectError> {
    let mut choices: Vec<AmbiguousChoice> = Vec::new();
    for rival in rivals {
        if let Some(platform) = rival.platform()
            && !choices.iter().any(|choice| choice.platform == platform)
        {
            choices.push(AmbiguousChoice { platform, archive: rival.archive.clone() });
        }
    }
    match rivals {
        [best, ..] if choices.len() < 2 => Ok((*best).clone()),
        _ => Err(Ambiguous::new(query.clone(), choices).into()),
    }
}

/// Returns the error if no archive can be selected: all are misnamed, or there are none.
fn nothing_found(
    place: &str,
    query: &Query,
    of_image: &[&Entry],
    asked: &[&Entry],
    images: Vec<Repository>,
) -> SelectError {
    // If there are archives, all of them are misnamed, so `passed_over` returns them.
    let mut misnamed = passed_over(asked.iter().copied(), &query.latest);
    misnamed.sort_by(|left, right| {
        right.archive.name().precedence().cmp(&left.archive.name().precedence())
    });
    if let Some(PassedOver { archive, flaw: Flaw::Misnamed { reason }, .. }) =
        misnamed.into_iter().next()
    {
        return Misnamed::new(place.to_owned(), archive, reason).into();
    }
    let mut versions: Vec<Version> = of_image
        .iter()
        .filter(|entry| !entry.holds_no_image() && !entry.is_misnamed())
        .map(|entry| entry.archive.name().to_version())
        .collect();
    versions.sort_by(|left, right| right.precedence().cmp(&left.precedence()));
    versions.dedup();
    let mut platforms: Vec<Platform> = asked.iter().filter_map(|entry| entry.platform()).collect();
    platforms.sort_unstable();
    platforms.dedup();
    let without_image = asked.iter().filter(|entry| entry.holds_no_image());
    NotFound {
        place: place.to_owned(),
        query: query.clone(),
        versions,
        platforms,
        images,
        without_image: without_image.map(|entry| entry.archive.clone()).collect(),
    }
    .into()
}

//! What a folder holds.

use std::collections::BTreeSet;

use std::path::PathBuf;

use jiff::Timestamp;
use sealift_catalog::{ArchiveState, Entry, LatestOptions, latest};
use sealift_filename::{ArchiveFormat, ArchivePath, ImageId, Reference};
use sealift_oci::{Digest, Platform};
use sealift_store::{LatestArchives, Other, Scan, Store};
use serde::Serialize;

use crate::error::Error;
use crate::event::Event;
use crate::run::Run;
use crate::select::learn::{archives_of, learn_all, report_folder, with_learning};
use crate::select::refuse_flawed;

/// What to list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListOptions {
    /// Only these images, and of those with a version only that one; all if there are none.
    pub images: Vec<Reference>,
    /// Only the latest archive of every image.
    pub only_latest: bool,
    /// What latest means, and which archives count at all.
    pub latest: LatestOptions,
}

/// A list of archives, with what else is in the folder.
#[derive(Debug)]
pub struct Listing {
    /// The archives, by image and then latest last as their names sort.
    pub archives: Vec<ListedArchive>,
    /// What is no archive by its name; empty if images were named.
    pub others: Vec<Other>,
    /// What the options left out of the archives.
    pub left_out: LeftOut,
    /// What is wrong with the latest archives, if only those were asked for.
    pub errors: Vec<Error>,
}

/// What was left out of a list by its options.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LeftOut {
    /// How many archives of dirty versions.
    pub dirty: usize,
    /// The platforms of the archives that are for other ones, sorted.
    pub platforms: Vec<Platform>,
}

/// An archive in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedArchive {
    /// The image, with the folders in front.
    pub image: String,
    /// The version.
    pub version: String,
    /// The id in the name.
    pub id: ImageId,
    /// The format.
    pub format: ArchiveFormat,
    /// The full digest of the image's config; `None` if the archive has not been read.
    pub digest: Option<Digest>,
    /// The archive's name, relative to the folder.
    #[serde(skip)]
    pub archive: ArchivePath,
    /// The path of the archive, with the folder in front.
    #[serde(serialize_with = "crate::path_text::serialize")]
    pub path: PathBuf,
    /// The size of the file in bytes.
    pub size: u64,
    /// When the file was last modified.
    pub modified: Timestamp,
    /// Whether the version is a dirty one.
    pub dirty: bool,
    /// Whether it is the latest of its image and platform.
    pub latest: bool,
    /// What the image runs on; none as long as the archive wasn't read.
    pub platform: Option<Platform>,
    /// What is known of the archive.
    pub state: ArchiveState,
}

/// Lists a folder by names and records.
///
/// Archives aren't read, unless a platform is chosen: then those that have no record are. If only the
/// latest ones are asked for, these are looked into.
///
/// # Cancel safety
///
/// When the future is dropped, reading stops soon after. Nothing but records is written.
///
/// # Errors
///
/// If the folder can't be read, or there is no archive of an image that was named.
pub async fn list(store: &Store, options: &ListOptions, run: &Run) -> Result<Listing, Error> {
    let (store, options) = (store.clone(), options.clone());
    run.blocking(move |run| list_now(&store, &options, run)).await
}

fn list_now(store: &Store, options: &ListOptions, run: &Run) -> Result<Listing, Error> {
    let (archives, others) = candidates(store, options, run)?;
    if options.only_latest {
        return list_latest(store, archives, others, options, run);
    }
    let filter = &options.latest;
    let entries = match &filter.platform {
        Some(_) => learn_all(store, &archives, run)?,
        None => store.entries(&archives),
    };
    let newest: BTreeSet<&ArchivePath> =
        latest(&entries, filter).into_iter().map(|entry| &entry.archive).collect();
    let mut left_out = LeftOut::default();
    let archives = entries
        .iter()
        .filter(|entry| is_named(&entry.archive, options) && left_out.admits(entry, filter))
        .map(|entry| listed(store, entry, newest.contains(&entry.archive)))
        .collect();
    Ok(Listing { archives, others, left_out, errors: Vec::new() })
}

/// Lists the latest archives; if a version was named, no other one counts.
fn list_latest(
    store: &Store,
    mut archives: Vec<ArchivePath>,
    others: Vec<Other>,
    options: &ListOptions,
    run: &Run,
) -> Result<Listing, Error> {
    archives.retain(|archive| is_named(archive, options));
    let filter = &options.latest;
    let mut left_out = LeftOut::default();
    let latest = with_learning(run, |learn| {
        if filter.platform.is_none() {
            // By names alone as far as they tell, so that a large folder is listed at once.
            let dirty = archives.iter().filter(|archive| archive.name().is_dirty()).count();
            left_out.dirty = if filter.release { dirty } else { 0 };
            return Ok(store.find_latest(&archives, filter, learn)?);
        }
        let entries = store.examined_entries(&archives, learn)?;
        for entry in &entries {
            left_out.admits(entry, filter);
        }
        Ok(LatestArchives::among(&entries, filter))
    })?;
    for passed in latest.passed_over {
        run.report(Event::PassedOver(passed));
    }
    let errors =
        latest.entries.iter().filter_map(|entry| refuse_flawed(store, entry).err()).collect();
    let archives = latest.entries.iter().map(|entry| listed(store, entry, true)).collect();
    Ok(Listing { archives, others, left_out, errors })
}

impl LeftOut {
    /// Returns `true` if an archive is to be listed; otherwise notes what it is left out for.
    fn admits(&mut self, entry: &Entry, filter: &LatestOptions) -> bool {
        if filter.release && entry.archive.name().is_dirty() {
            self.dirty += 1;
            return false;
        }
        let (Some(wanted), Some(platform)) = (&filter.platform, entry.platform()) else {
            return true;
        };
        let is_wanted = wanted.matches(&platform);
        if !is_wanted && let Err(at) = self.platforms.binary_search(&platform) {
            self.platforms.insert(at, platform);
        }
        is_wanted
    }
}

/// Lists the archives of the images that were named, of all their versions; without names, all.
fn candidates(
    store: &Store,
    options: &ListOptions,
    run: &Run,
) -> Result<(Vec<ArchivePath>, Vec<Other>), Error> {
    if options.images.is_empty() {
        let Scan { archives, others, unreadable, .. } = store.scan_with_others()?;
        for folder in unreadable {
            report_folder(folder, run);
        }
        return Ok((archives, others));
    }
    let mut archives = Vec::new();
    for reference in &options.images {
        // The error says what there is instead.
        archives_of(store, reference.repository(), reference.version())?;
        archives.extend(store.archives_of(reference.repository())?);
    }
    archives.sort_unstable();
    archives.dedup();
    Ok((archives, Vec::new()))
}

fn is_named(archive: &ArchivePath, options: &ListOptions) -> bool {
    options.images.is_empty()
        || options.images.iter().any(|reference| {
            archive.repository().as_ref() == Some(reference.repository())
                && reference
                    .version()
                    .is_none_or(|version| version.as_str() == archive.name().version())
        })
}

/// Returns the image that a path names, also if no engine could have an image of this name.
pub(crate) fn image_of(archive: &ArchivePath) -> String {
    archive.repository().map_or_else(|| archive.image().to_owned(), |image| image.to_string())
}

fn listed(store: &Store, entry: &Entry, latest: bool) -> ListedArchive {
    let name = entry.archive.name();
    ListedArchive {
        image: image_of(&entry.archive),
        version: name.version().to_owned(),
        id: name.id(),
        format: name.format(),
        digest: entry.identity().map(|identity| identity.config),
        path: store.path_of(&entry.archive),
        archive: entry.archive.clone(),
        size: entry.stat.size,
        modified: entry.stat.modified,
        dirty: name.is_dirty(),
        latest,
        platform: entry.platform(),
        state: entry.state(),
    }
}

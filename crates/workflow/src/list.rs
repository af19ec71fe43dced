//! What a folder holds.

use std::collections::BTreeSet;

use std::path::PathBuf;

use jiff::Timestamp;
use sealift_archive::{Digest, Platform};
use sealift_filename::{ArchiveFormat, ArchivePath, ImageId, Repository};
use sealift_store::{Depth, Entry, LatestOptions, Other, Store, latest};
use serde::Serialize;

use crate::learn::{archives_of, with_learning};
use crate::{Context, Error};

/// What to list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListOptions {
    /// Only these images; all where there are none.
    pub images: Vec<Repository>,
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
    /// What is no archive by its name.
    pub others: Vec<Other>,
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
}

/// Lists a folder.
///
/// Archives aren't looked into, but for the ones that are the latest when only those are asked for.
///
/// # Cancel safety
///
/// When the future is dropped, reading stops soon after. Nothing but records is written.
///
/// # Errors
///
/// Where the folder can't be read, or there is no archive of an image that was named.
pub async fn list(
    store: &Store,
    options: &ListOptions,
    context: &Context,
) -> Result<Listing, Error> {
    let (store, options) = (store.clone(), options.clone());
    context.blocking(move |context| list_now(&store, &options, context)).await
}

fn list_now(store: &Store, options: &ListOptions, context: &Context) -> Result<Listing, Error> {
    let scan = store.scan_with_others()?;
    let mut archives = scan.archives;
    if !options.images.is_empty() {
        let wanted: BTreeSet<&Repository> = options.images.iter().collect();
        for image in &wanted {
            if !archives.iter().any(|archive| archive.repository().as_ref() == Some(image)) {
                archives_of(store, image, None)?;
            }
        }
        archives
            .retain(|archive| archive.repository().is_some_and(|image| wanted.contains(&image)));
    }
    if options.only_latest {
        let entries = with_learning(context, |learn| {
            Ok(store.latest(&archives, &options.latest, Depth::Look, learn)?)
        })?;
        let archives = entries.iter().map(|entry| listed(store, entry, true)).collect();
        return Ok(Listing { archives, others: scan.others });
    }
    let mut entries = store.entries(&archives)?;
    entries.retain(|entry| {
        let is_other_platform = options.latest.platform.as_ref().is_some_and(|wanted| {
            entry
                .platform()
                .is_some_and(|platform| !sealift_store::is_same_platform(wanted, &platform))
        });
        let is_left_out = options.latest.release && entry.archive.name().is_dirty();
        !is_other_platform && !is_left_out
    });
    let newest: BTreeSet<&ArchivePath> =
        latest(&entries, &options.latest).into_iter().map(|entry| &entry.archive).collect();
    let archives =
        entries.iter().map(|entry| listed(store, entry, newest.contains(&entry.archive))).collect();
    Ok(Listing { archives, others: scan.others })
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
    }
}

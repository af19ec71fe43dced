//! The data of the page at `/`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sealift_catalog::Entry;
use serde::Serialize;

use super::image_page::{FORMAT, VersionKind, image_name, newest_first};
use crate::folder::Withheld;
use crate::images::Images;

/// The number of images on a page.
const PER_PAGE: usize = 100;

/// The number of archives that are listed as not served.
const LISTED: usize = 100;

/// The data of the page at `/`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Overview {
    pub(super) format: u32,
    /// The host and port as the client addressed the server; empty if the client sent none.
    pub(super) host: String,
    pub(super) folder: Totals,
    /// The filter.
    pub(super) query: String,
    /// The number of images that the filter selects.
    pub(super) found: usize,
    /// The number of this page, which starts at 1, and the number of pages.
    pub(super) page: usize,
    pub(super) pages: usize,
    pub(super) images: Vec<ImageSummary>,
    /// The first archives that are not verified yet.
    pub(super) waiting: Vec<String>,
    /// The first archives that were verified and are not served.
    pub(super) refused: Vec<RefusedArchive>,
}

/// Totals of the folder, independent of the filter.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Totals {
    pub(super) images: usize,
    pub(super) archives: usize,
    pub(super) size: u64,
    pub(super) waiting: usize,
    pub(super) refused: usize,
}

/// An image and its newest release, or its newest version if it has no release.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ImageSummary {
    pub(super) image: String,
    pub(super) version: String,
    pub(super) kind: VersionKind,
    pub(super) saved: Timestamp,
    /// The size of the archive of this version, or of the largest if there are several platforms.
    pub(super) size: u64,
    pub(super) platforms: Vec<String>,
    /// The reference to pull.
    pub(super) pull: Option<String>,
    /// The numbers of versions and archives of the image, and the total size.
    pub(super) versions: usize,
    pub(super) archives: usize,
    pub(super) total_size: u64,
}

/// An archive that was verified and is not served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct RefusedArchive {
    pub(super) archive: String,
    pub(super) reason: String,
}

impl Overview {
    /// Selects the images of a page.
    pub(crate) fn new(
        images: &Images,
        withheld: &Withheld,
        host: &str,
        query: &str,
        page: usize,
    ) -> Self {
        let mut by_name: BTreeMap<String, Vec<&Entry>> = BTreeMap::new();
        for entry in images.entries() {
            by_name.entry(image_name(entry)).or_default().push(entry);
        }
        let folder = Totals {
            images: by_name.len(),
            archives: images.entries().len(),
            size: images.entries().iter().map(|entry| entry.stat.size).sum(),
            waiting: withheld.waiting.len(),
            refused: withheld.refused.len(),
        };
        by_name.retain(|name, _| is_selected(name, query));
        let found = by_name.len();
        let pages = found.div_ceil(PER_PAGE).max(1);
        let page = page.clamp(1, pages);
        let shown = by_name.into_iter().skip((page - 1) * PER_PAGE).take(PER_PAGE);
        let refused = withheld.refused.iter().take(LISTED).map(|(archive, reason)| {
            RefusedArchive { archive: archive.to_string(), reason: reason.clone() }
        });
        Self {
            format: FORMAT,
            host: host.to_owned(),
            folder,
            query: query.to_owned(),
            found,
            page,
            pages,
            images: shown
                .filter_map(|(name, entries)| ImageSummary::new(images, host, name, entries))
                .collect(),
            waiting: withheld.waiting.iter().take(LISTED).map(ToString::to_string).collect(),
            refused: refused.collect(),
        }
    }
}

impl ImageSummary {
    fn new(images: &Images, host: &str, image: String, mut entries: Vec<&Entry>) -> Option<Self> {
        newest_first(&mut entries);
        let mut versions: Vec<&str> =
            entries.iter().map(|entry| entry.archive.name().version()).collect();
        versions.dedup();
        let newest =
            entries.iter().find(|entry| !entry.archive.name().is_dirty()).or(entries.first())?;
        let name = newest.archive.name();
        let version = name.version();
        let tag = name.to_version().to_tag().ok();
        let tag = tag.filter(|tag| !images.tagged(&image, tag).is_empty() && !host.is_empty());
        let of_version =
            || entries.iter().filter(|entry| entry.archive.name().version() == version);
        let mut platforms: Vec<String> =
            of_version().filter_map(|entry| Some(entry.platform()?.to_string())).collect();
        platforms.sort();
        platforms.dedup();
        Some(Self {
            version: version.to_owned(),
            kind: VersionKind::of(name),
            saved: newest.saved(),
            size: of_version().map(|entry| entry.stat.size).max().unwrap_or_default(),
            platforms,
            pull: tag.map(|tag| format!("{host}/{image}:{tag}")),
            versions: versions.len(),
            archives: entries.len(),
            total_size: entries.iter().map(|entry| entry.stat.size).sum(),
            image,
        })
    }
}

/// Returns `true` if the name of an image contains each word of a filter.
fn is_selected(name: &str, query: &str) -> bool {
    query.split_whitespace().all(|word| name.contains(&word.to_lowercase()))
}

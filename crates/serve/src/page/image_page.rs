//! The data of the page of an image.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sealift_catalog::{Entry, LatestOptions, latest};
use sealift_filename::{ArchiveName, ArchivePath};
use sealift_oci::Digest;
use serde::Serialize;

use crate::contents::Parts;
use crate::images::Images;

/// The version of the JSON. It is incremented if a field is removed or changes its meaning.
pub(super) const FORMAT: u32 = 1;

/// The characters that are percent-encoded in URLs.
const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The data of the page of an image.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ImagePage {
    pub(super) format: u32,
    /// Whether the server uses TLS.
    #[serde(skip)]
    pub(super) is_https: bool,
    /// The host and port as the client addressed the server; empty if the client sent none.
    pub(super) host: String,
    pub(super) image: String,
    /// The reference to pull: the newest release, or the newest version if there is no release.
    pub(super) pull: Option<String>,
    /// The URL of the config to fetch from; `None` if a config cannot list the archives.
    pub(super) fetch: Option<String>,
    /// The total size of all archives.
    pub(super) size: u64,
    /// The number of versions.
    pub(super) versions: usize,
    pub(super) archives: Vec<ArchiveDetails>,
}

/// An archive of an image.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ArchiveDetails {
    pub(super) archive: ArchivePath,
    pub(super) version: String,
    pub(super) kind: VersionKind,
    /// Whether the tag `latest` names it.
    pub(super) latest: bool,
    pub(super) platform: Option<String>,
    /// The size and SHA-256 of the file.
    pub(super) size: u64,
    pub(super) sha256: Option<Digest>,
    /// The digests of the config, which is the image id, and of the manifest.
    pub(super) config: Option<Digest>,
    pub(super) manifest: Option<Digest>,
    pub(super) saved: Timestamp,
    /// The time at which the image was built, if its config states it.
    pub(super) created: Option<Timestamp>,
    /// The time at which it was verified, if that was while sealift saved it.
    pub(super) verified: Option<Timestamp>,
    /// The reference to pull: a tag, or a digest if a newer build has the tag.
    pub(super) pull: Option<String>,
    pub(super) url: Option<String>,
    pub(super) layers: Option<Layers>,
}

/// The layers of an image, as the archive stores them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Layers {
    pub(super) count: usize,
    pub(super) size: u64,
    /// The layers that the previous version does not have; `None` if there is no previous version.
    pub(super) new: Option<NewLayers>,
}

/// The layers that an older version does not have.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct NewLayers {
    /// The older version.
    pub(super) since: String,
    pub(super) count: usize,
    pub(super) size: u64,
}

/// Whether a version is a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum VersionKind {
    Release,
    Dirty,
}

impl VersionKind {
    pub(super) fn of(name: &ArchiveName) -> Self {
        if name.is_dirty() { Self::Dirty } else { Self::Release }
    }
}

impl ImagePage {
    /// Describes the archives of an image; returns `None` if there are none. `parts` returns the
    /// digests in an archive.
    pub(crate) fn new(
        images: &Images,
        image: &str,
        base_url: &str,
        parts: impl Fn(&Entry) -> Option<Parts>,
    ) -> Option<Self> {
        let mut entries: Vec<&Entry> =
            images.entries().iter().filter(|entry| image_name(entry) == image).collect();
        newest_first(&mut entries);
        let host = base_url.split_once("://").map_or("", |(_, host)| host);
        let parts: Vec<Option<Parts>> = entries.iter().map(|entry| parts(entry)).collect();
        let mut archives: Vec<ArchiveDetails> = entries
            .iter()
            .zip(&parts)
            .map(|(entry, parts)| {
                ArchiveDetails::new(images, image, base_url, host, entry, parts.as_ref())
            })
            .collect();
        for at in 0..archives.len() {
            let older = (at + 1..archives.len()).find(|older| {
                let (this, older) = (&archives[at], &archives[*older]);
                this.platform == older.platform && this.version != older.version
            });
            if let Some(older) = older
                && let (Some(now), Some(before)) = (&parts[at], &parts[older])
            {
                let since = archives[older].version.clone();
                if let Some(layers) = &mut archives[at].layers {
                    layers.new = Some(NewLayers::between(now, before, since));
                }
            }
        }
        let first = archives.iter().find(|archive| archive.latest).or(archives.first())?;
        let mut versions: Vec<&str> =
            archives.iter().map(|archive| archive.version.as_str()).collect();
        versions.dedup();
        Some(Self {
            format: FORMAT,
            is_https: base_url.starts_with("https:"),
            host: host.to_owned(),
            image: image.to_owned(),
            pull: first.pull.clone(),
            fetch: (!host.is_empty() && has_config(images))
                .then(|| format!("{base_url}/images.json")),
            size: entries.iter().map(|entry| entry.stat.size).sum(),
            versions: versions.len(),
            archives,
        })
    }
}

impl ArchiveDetails {
    fn new(
        images: &Images,
        image: &str,
        base_url: &str,
        host: &str,
        entry: &Entry,
        parts: Option<&Parts>,
    ) -> Self {
        let name = entry.archive.name();
        let is_in = |tag: &str| {
            images.tagged(image, tag).iter().any(|tagged| tagged.archive == entry.archive)
        };
        let tag = name.to_version().to_tag().ok();
        let tagged = tag.filter(|tag| is_in(tag)).map(|tag| format!("{host}/{image}:{tag}"));
        let by_digest = |parts: &Parts| format!("{host}/{image}@{}", parts.manifest);
        let pull = tagged.or_else(|| entry.archive.repository().and(parts).map(by_digest));
        let known = entry.image();
        Self {
            archive: entry.archive.clone(),
            version: name.version().to_owned(),
            kind: VersionKind::of(name),
            latest: is_in("latest"),
            platform: entry.platform().map(|platform| platform.to_string()),
            size: entry.stat.size,
            sha256: known.map(|image| image.sha256),
            config: known.map(|image| image.identity.config),
            manifest: parts.map(|parts| parts.manifest),
            saved: entry.saved(),
            created: known.and_then(|image| image.identity.created.as_deref()?.parse().ok()),
            verified: known.and_then(|image| image.saved),
            pull: pull.filter(|_| !host.is_empty()),
            url: (!host.is_empty())
                .then(|| format!("{base_url}/{}", encoded(entry.archive.as_str()))),
            layers: parts.map(|parts| Layers {
                count: parts.layers.len(),
                size: parts.layers.iter().map(|(_, size)| size).sum(),
                new: None,
            }),
        }
    }
}

impl NewLayers {
    fn between(now: &Parts, before: &Parts, since: String) -> Self {
        let is_new =
            |(digest, _): &&(Digest, u64)| before.layers.iter().all(|(of, _)| of != digest);
        let new: Vec<u64> = now.layers.iter().filter(is_new).map(|(_, size)| *size).collect();
        Self { since, count: new.len(), size: new.iter().sum() }
    }
}

/// Percent-encodes a path or a value for a URL.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// Returns the image in the path of an archive.
pub(super) fn image_name(entry: &Entry) -> String {
    match entry.archive.repository() {
        Some(repository) => repository.as_str().to_owned(),
        None => entry.archive.image().to_owned(),
    }
}

/// Sorts the archives of an image: the highest version first, and within a version the last build
/// first.
pub(super) fn newest_first(entries: &mut [&Entry]) {
    entries.sort_by(|left, right| {
        let key = |entry: &Entry| (entry.time(), Reverse(entry.archive.clone()));
        let (of_left, of_right) = (left.archive.name(), right.archive.name());
        let versions = of_right.precedence().cmp(&of_left.precedence());
        versions
            .then_with(|| of_left.version().cmp(of_right.version()))
            .then_with(|| key(right).cmp(&key(left)))
    });
}

/// Returns `true` if a config can list the latest archive of each image. A config cannot list an
/// image for several platforms.
fn has_config(images: &Images) -> bool {
    let mut names = BTreeSet::new();
    let latest = latest(images.entries(), &LatestOptions::default());
    latest.into_iter().all(|entry| names.insert(image_name(entry)))
}

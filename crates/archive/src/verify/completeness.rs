//! A check that an archive has all the parts that its writer always writes. It is a pure function.
//!
//! A disk or a copy that fails can leave zeros in place of the last blocks. A tar also ends with
//! zeros, so such a file is still a valid tar, but with fewer entries. The remaining entries show
//! which writer made the archive, and therefore which other entries must be present:
//!
//! - Docker and sealift write a `manifest.json` with every `index.json`; sealift writes it last.
//!   Only plain OCI layouts have no `manifest.json`; these have an `oci-layout` and no
//!   `repositories`.
//! - Docker's classic store, Podman and skopeo write `repositories` last.
//! - A tar ends with two blocks of zeros. Some writers add zeros up to a record of twenty blocks.
//!   Engines can send even more; these are accepted unless a part is missing that could have been
//!   there.

use crate::error::Fault;
use crate::verify::entries::{Entries, Entry, Json};
use crate::verify::layout::{CONTAINERD_NAME, INDEX_JSON, MANIFEST_JSON, OCI_LAYOUT, REPOSITORIES};
use crate::verify::links::blob_digest;
use crate::verify::tar_header;
use sealift_oci::Digest;

/// The end marker of a tar.
const MARKER: u64 = 2 * tar_header::BLOCK as u64;
/// The record size: GNU tar, bsdtar and Python add zeros up to a multiple of it.
const RECORD: u64 = 10_240;

/// The end of a tar.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ending<'a> {
    /// The name of the last file.
    pub(crate) last: Option<&'a str>,
    /// The size of the tar in bytes.
    pub(crate) size: u64,
    /// The number of zeros at the end, including the end marker.
    pub(crate) zeros: u64,
}

impl Ending<'_> {
    /// Returns `true` if the number of zeros is one that tar writers produce.
    fn is_as_written(self) -> bool {
        self.zeros == MARKER || (self.is_filled_up() && self.zeros < RECORD + MARKER)
    }

    fn is_filled_up(self) -> bool {
        self.size.is_multiple_of(RECORD)
    }
}

/// Returns a fault if a part is missing that the other parts imply. An archive without any part of
/// an image is not damaged; it contains no image.
pub(crate) fn check_complete(entries: &Entries, ending: Ending<'_>) -> Result<(), Fault> {
    const NO_IMAGE: &str = "it contains neither manifest.json nor index.json";
    let has = |name: &str| entries.contains_key(name);
    let incomplete =
        |missing, evidence: &str| Err(Fault::Incomplete { missing, evidence: evidence.to_owned() });
    if ending.zeros == ending.size {
        return Err(Fault::OnlyZeros);
    }
    match (has(MANIFEST_JSON), has(INDEX_JSON)) {
        (false, false) => match entries.keys().find(|name| is_part_of_image(name)) {
            Some(part) => incomplete("manifest.json", &format!("`{part}`")),
            None => Err(Fault::not_an_image(NO_IMAGE)),
        },
        (false, true) => {
            if !entries.keys().any(|name| blob_digest(name).is_some()) {
                return Ok(());
            }
            if has(REPOSITORIES) {
                return incomplete("manifest.json", "`repositories`, which only Docker writes");
            }
            if !has(OCI_LAYOUT) {
                return incomplete("manifest.json and oci-layout", "an index.json and blobs");
            }
            let may_be_cut = match ending.is_as_written() {
                true => {
                    ending.zeros > MARKER
                        && ending.last == Some(INDEX_JSON)
                        && says(entries, INDEX_JSON, CONTAINERD_NAME.as_bytes())
                }
                false => true,
            };
            match may_be_cut {
                true => incomplete("manifest.json", "zeros in the place where it would be"),
                false => Ok(()),
            }
        }
        (true, _) if ending.is_as_written() => Ok(()),
        (true, has_index) => {
            let is_legacy = |name: &String| {
                let file =
                    name.split_once('/').filter(|(folder, _)| Digest::from_hex(folder).is_some());
                file.is_some_and(|(_, file)| file == "VERSION")
            };
            if has_index && !has(OCI_LAYOUT) {
                return incomplete("oci-layout", "zeros in the place where it would be");
            }
            let had_repositories = match has_index {
                true => says(entries, MANIFEST_JSON, b"LayerSources"),
                false => entries.keys().any(is_legacy),
            };
            if had_repositories && !has(REPOSITORIES) {
                return incomplete("repositories", "zeros in the place where it would be");
            }
            Ok(())
        }
    }
}

/// Returns `true` if a name is one that engines use for the parts of an image.
fn is_part_of_image(name: &str) -> bool {
    let is_hex = |text: &str| Digest::from_hex(text).is_some();
    let file = name.strip_suffix("/layer.tar").unwrap_or(name);
    let file = file.strip_prefix("sha256:").unwrap_or(file);
    let file = [".json", ".tar", ".tar.gz"]
        .iter()
        .find_map(|ending| file.strip_suffix(ending))
        .unwrap_or(file);
    let is_bare = file == name;
    blob_digest(name).is_some() || name == OCI_LAYOUT || (is_hex(file) && !is_bare)
}

/// Returns `true` if a document contains these bytes.
fn says(entries: &Entries, name: &str, words: &[u8]) -> bool {
    match entries.get(name) {
        Some(Entry::File(content)) => match &content.json {
            Json::Kept(json) => json.windows(words.len()).any(|bytes| bytes == words),
            Json::TooLarge | Json::No => false,
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::entries::Content;

    fn check(names: &[&str], last: &str, size: u64, zeros: u64) -> String {
        let index = br#"{"annotations":{"io.containerd.image.name":"web:1"}}"#;
        let entry = |_| Entry::File(Content::of_json(index.to_vec()));
        let entries = names.iter().map(|name| ((*name).to_owned(), entry(name))).collect();
        let ending = Ending { last: Some(last), size, zeros };
        check_complete(&entries, ending)
            .map_or_else(|fault| fault.reason().to_string(), |()| String::new())
    }

    const BLOB: &str =
        "blobs/sha256/317c8f756f5365e7cc23887d68900c08f6525580eb944a88207c226fe29d546a";
    const LEGACY: &str = "317c8f756f5365e7cc23887d68900c08f6525580eb944a88207c226fe29d546a/VERSION";
    const LAYER: &str = "317c8f756f5365e7cc23887d68900c08f6525580eb944a88207c226fe29d546a.tar";

    #[test]
    fn parts_that_docker_always_writes_are_required() {
        insta::assert_snapshot!(check(&[BLOB], BLOB, 9000, 1024), @"lacks manifest.json, although it contains `blobs/sha256/317c8f756f5365e7cc23887d68900c08f6525580eb944a88207c226fe29d546a`");
        insta::assert_snapshot!(check(&[LAYER], LAYER, 9000, 1024), @"lacks manifest.json, although it contains `317c8f756f5365e7cc23887d68900c08f6525580eb944a88207c226fe29d546a.tar`");
        insta::assert_snapshot!(check(&[BLOB, "index.json"], "index.json", 9000, 1024), @"lacks manifest.json and oci-layout, although it contains an index.json and blobs");
        insta::assert_snapshot!(check(&[BLOB, "index.json", "oci-layout", "repositories"], BLOB, 9000, 1024), @"lacks manifest.json, although it contains `repositories`, which only Docker writes");
        insta::assert_snapshot!(check(&[], "", 9000, 9000), @"contains only zero bytes");
        insta::assert_snapshot!(check(&["etc/passwd"], "etc/passwd", 9000, 1024), @"it contains neither manifest.json nor index.json");
    }

    #[test]
    fn zeros_are_suspicious_only_if_something_is_missing() {
        let layout = [BLOB, "index.json", "oci-layout"];
        assert_eq!(check(&layout, "oci-layout", 9000, 1024), "");
        assert_eq!(check(&layout, "oci-layout", 20_480, 9000), "");
        assert_eq!(check(&layout, "index.json", 9000, 1024), "");
        let cut = "lacks manifest.json, although it contains zeros in the place where it would be";
        assert_eq!(check(&layout, "oci-layout", 9000, 2048), cut);
        assert_eq!(check(&layout, "index.json", 20_480, 3000), cut);
        let docker = [BLOB, "index.json", "manifest.json", "oci-layout"];
        assert_eq!(check(&docker, "oci-layout", 9000, 4096), "");
        assert_eq!(check(&docker[..3], "manifest.json", 9000, 1024), "");
        let cut = "lacks oci-layout, although it contains zeros in the place where it would be";
        assert_eq!(check(&docker[..3], "manifest.json", 9000, 4096), cut);
        let old = [LEGACY, "manifest.json", "repositories"];
        assert_eq!(check(&old, "repositories", 9000, 4096), "");
        assert_eq!(check(&old[..2], "manifest.json", 9000, 1024), "");
        let cut = "lacks repositories, although it contains zeros in the place where it would be";
        assert_eq!(check(&old[..2], "manifest.json", 9000, 4096), cut);
    }

    #[test]
    fn an_index_without_blobs_is_not_checked() {
        assert_eq!(check(&["index.json"], "index.json", 9000, 4096), "");
    }
}

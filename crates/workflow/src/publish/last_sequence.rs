//! The sequence number of the last publication to a place. It is stored in the folder.
//!
//! Anyone who can write to the destination can replace the config with an older one and its valid
//! signature. The next publication must then not sign those entries again, and must not have a
//! number that readers refuse because they have seen a higher one.

use sealift_store::Store;

use crate::published::place::PublishedPlace;

/// Returns the sequence number of the last publication from a folder to a place, or 0.
pub(crate) fn recall(store: &Store, place: &PublishedPlace) -> u64 {
    let document = store.recall(&topic(place));
    document.and_then(|document| serde_json::from_slice(&document).ok()).unwrap_or(0)
}

/// Stores the sequence number of a publication. Errors are ignored, because archives can also be
/// published from a read-only folder.
pub(crate) fn remember(store: &Store, place: &PublishedPlace, sequence: u64) {
    if sequence != recall(store, place) {
        let _ = store.remember(&topic(place), sequence.to_string().as_bytes());
    }
}

fn topic(place: &PublishedPlace) -> String {
    format!("published to {}", place.shown_config())
}

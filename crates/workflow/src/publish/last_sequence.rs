//! The number of the last publication to a place, which its folder remembers.
//!
//! Whoever can write to a destination can put an old config there, with its old signature. Then the
//! next publication must neither sign its entries again, nor have a number that readers refuse.

use sealift_store::Store;

use crate::published::place::PublishedPlace;

/// Returns the number of the last publication from a folder to a place, or 0.
pub(crate) fn recall(store: &Store, place: &PublishedPlace) -> u64 {
    let document = store.recall(&topic(place));
    document.and_then(|document| serde_json::from_slice(&document).ok()).unwrap_or(0)
}

/// Remembers the number of a publication, unless the folder cannot be written: archives can be
/// published from it nevertheless.
pub(crate) fn remember(store: &Store, place: &PublishedPlace, sequence: u64) {
    if sequence != recall(store, place) {
        let _ = store.remember(&topic(place), sequence.to_string().as_bytes());
    }
}

fn topic(place: &PublishedPlace) -> String {
    format!("published to {}", place.shown_config())
}

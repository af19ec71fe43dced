//! Sorts and explains a listing of archives: `ls artifacts | explain-names`.
//!
//! No file is opened: the names alone identify the image and the latest version.

use std::collections::BTreeMap;
use std::io;

use sealift_filename::ArchiveName;

fn main() -> io::Result<()> {
    let listing = io::read_to_string(io::stdin())?;
    for line in explain(&listing) {
        println!("{line}");
    }
    Ok(())
}

/// Returns a line for each name, by image with the latest version first, then the texts that are
/// not archive names, with the reason.
fn explain(listing: &str) -> Vec<String> {
    let mut images: BTreeMap<String, Vec<ArchiveName>> = BTreeMap::new();
    let mut others = Vec::new();
    for text in listing.lines() {
        match ArchiveName::parse(text) {
            Ok(name) => images.entry(name.image().to_owned()).or_default().push(name),
            Err(error) => others.push(error.to_string()),
        }
    }
    let mut lines = Vec::new();
    for (image, mut names) in images {
        // By version instead of by character: 1.10 comes after 1.9, and a dirty build before the
        // clean one.
        names.sort_by(|left, right| {
            right
                .precedence()
                .cmp(&left.precedence())
                .then_with(|| left.as_str().cmp(right.as_str()))
        });
        let latest = names[0].version().to_owned();
        lines.extend(names.iter().map(|name| {
            let mut line = format!("{image} {} is {}", name.version(), name.id());
            if name.version() == latest {
                line.push_str(", the latest");
            }
            if name.is_dirty() {
                line.push_str(", dirty");
            }
            line
        }));
    }
    lines.append(&mut others);
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sealift_filename::strategies::{archive_name_texts, near_archive_names};

    use super::*;

    #[test]
    fn versions_are_sorted_as_versions() {
        let listing = "web_1.9.0.31_a1a1a1a1a1a1.zip\nREADME\nweb_1.10.0.0_d4d4d4d4d4d4.docker\n\
                       db_2.0.0.1_b3b3b3b3b3b3.zip\nweb_1.10.0.2_c0c0c0c0c0c0.zip\n";
        assert_eq!(
            explain(listing),
            [
                "db 2.0.0.1 is b3b3b3b3b3b3, the latest",
                "web 1.10.0.2 is c0c0c0c0c0c0, the latest",
                "web 1.10.0.0 is d4d4d4d4d4d4, dirty",
                "web 1.9.0.31 is a1a1a1a1a1a1",
                "`README` is not an archive name: it has no `.` and format at its end",
            ]
        );
    }

    proptest! {
        /// The crate's strategies generate unusual names.
        #[test]
        fn nothing_is_lost_and_the_order_of_the_listing_does_not_matter(
            mut names in prop::collection::vec(prop_oneof![archive_name_texts(), near_archive_names()], 0..8),
        ) {
            names.retain(|name| !name.contains(['\n', '\r']));
            let mut forwards = explain(&names.join("\n"));
            prop_assert_eq!(forwards.len(), names.join("\n").lines().count());
            names.reverse();
            let mut backwards = explain(&names.join("\n"));
            // Other texts stay in the order of the listing.
            forwards.sort();
            backwards.sort();
            prop_assert_eq!(forwards, backwards);
        }
    }
}

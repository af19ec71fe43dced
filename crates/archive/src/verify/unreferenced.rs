//! Checks of entries that do not depend on whether the image refers to them.

use sealift_filename::Printable;

use crate::error::Fault;
use crate::verify::documents::{bad, parse, wrong};
use crate::verify::entries::{Content, Entries, Entry};
use crate::verify::layout::{OCI_LAYOUT, REPOSITORIES};
use crate::verify::links::blob_digest;
use sealift_oci::Digest;
use sealift_oci::{AnyObject, OciLayout};

/// Compares each blob of an OCI layout with the digest in its name, even if nothing refers to the
/// blob.
pub(crate) fn check_blob_names(entries: &Entries) -> Result<(), Fault> {
    for (name, entry) in entries {
        if let (Some(expected), Entry::File(content)) = (blob_digest(name), entry)
            && expected != content.digest
        {
            return Err(wrong(name, expected, content.digest));
        }
    }
    Ok(())
}

/// Checks legacy entries that engines write in addition to the image. No digest covers them, so
/// they are compared with what engines are known to write.
pub(crate) fn check_legacy(entries: &Entries) -> Result<(), Fault> {
    for (name, entry) in entries {
        let Entry::File(content) = entry else { continue };
        let in_layer = |(folder, file)| Digest::from_hex(folder).map(|_| file);
        match name.split_once('/').and_then(in_layer) {
            Some("VERSION")
                if ![b"1.0", &b"1.0\n"[..]].map(Digest::of).contains(&content.digest) =>
            {
                return Err(bad(name, "is not the version of a layer".to_owned()));
            }
            Some("json") => check_object(content, name)?,
            _ if name == REPOSITORIES => check_object(content, name)?,
            _ if name == OCI_LAYOUT => {
                let layout: OciLayout = parse(content, name)?;
                if layout.image_layout_version != "1.0.0" {
                    return Err(bad(name, "has an unknown version".to_owned()));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Checks that an entry is a JSON object, unless it was too large to be kept.
pub(crate) fn check_object(content: &Content, name: &str) -> Result<(), Fault> {
    match parse::<AnyObject>(content, name) {
        Ok(AnyObject {}) | Err(Fault::LimitExceeded { .. }) => Ok(()),
        Err(fault) => Err(fault),
    }
}

/// Checks that no entry is below one that is not a folder. A program that unpacks the archive could
/// write such an entry to another place, for example through a link.
pub(crate) fn check_folders(entries: &Entries) -> Result<(), Fault> {
    for name in entries.keys() {
        let mut folders = name.match_indices('/').map(|(end, _)| &name[..end]);
        if let Some(folder) = folders.find(|folder| entries.contains_key(*folder)) {
            return Err(bad(
                name,
                format!("is below `{}`, which is not a folder", Printable(folder)),
            ));
        }
    }
    Ok(())
}

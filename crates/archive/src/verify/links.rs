//! Names of entries, and links between them.

use sealift_oci::Digest;

use crate::verify::entries::{Content, Entries, Entry};

/// Returns the digest in the name of an OCI layout's blob, or `None` for other names.
pub(crate) fn blob_digest(name: &str) -> Option<Digest> {
    Digest::from_hex(name.strip_prefix("blobs/sha256/")?)
}

/// Normalizes a name: `./a//b` becomes `a/b`. A name that points outside the archive is not
/// changed; it is never found, because no entry has such a name.
pub(crate) fn normalize(name: &str) -> String {
    if name.starts_with('/') || name.split('/').any(|part| part == "..") {
        return name.to_owned();
    }
    let parts: Vec<&str> = name.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    parts.join("/")
}

/// Returns the content of an entry and follows links inside the archive.
///
/// Returns `None` if there is no such entry, if a link points outside the archive, or if links form
/// a cycle.
pub(crate) fn resolve<'a>(entries: &'a Entries, name: &str) -> Option<&'a Content> {
    match entries.get(steps(entries, name).last()?)? {
        Entry::File(content) => Some(content),
        Entry::Symlink(_) | Entry::Hardlink(_) => None,
    }
}

/// Returns the names of the entries on the way from a name to its content: the name itself, then
/// the target of each link.
pub(crate) fn steps(entries: &Entries, name: &str) -> Vec<String> {
    /// The maximum number of links to follow, which is that of Linux for one path.
    const LINK_LIMIT: usize = 40;
    let mut steps = Vec::new();
    let mut next = Some(normalize(name));
    while let Some(name) = next.take() {
        if steps.len() > LINK_LIMIT {
            break;
        }
        next = match entries.get(&name) {
            Some(Entry::Hardlink(target)) => Some(normalize(target)),
            Some(Entry::Symlink(target)) => {
                let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
                join(folder, target)
            }
            Some(Entry::File(_)) | None => None,
        };
        steps.push(name);
    }
    steps
}

/// Returns the target of a link in `folder`, relative to the archive's root. Returns `None` if it
/// is outside the archive.
fn join(folder: &str, target: &str) -> Option<String> {
    if target.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

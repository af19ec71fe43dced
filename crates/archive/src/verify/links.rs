//! Names of entries, and where links between them lead.

use sealift_oci::Digest;

use crate::verify::entries::{Content, Entries, Entry};

/// Returns the digest that the name of an OCI layout's blob claims.
pub(crate) fn blob_digest(name: &str) -> Option<Digest> {
    Digest::from_hex(name.strip_prefix("blobs/sha256/")?)
}

/// Removes what does not change where a name points: `./a//b` is `a/b`. Where something else names
/// what lies outside, that stays as it is, and is never found: entries have no such names.
pub(crate) fn normalize(name: &str) -> String {
    if name.starts_with('/') || name.split('/').any(|part| part == "..") {
        return name.to_owned();
    }
    let parts: Vec<&str> = name.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    parts.join("/")
}

/// Finds the content of a name, following links inside the archive only.
///
/// Returns `None` if there is nothing, if a link points outside, and if links run in a circle.
pub(crate) fn resolve<'a>(entries: &'a Entries, name: &str) -> Option<&'a Content> {
    match entries.get(steps(entries, name).last()?)? {
        Entry::File(content) => Some(content),
        Entry::Symlink(_) | Entry::Hardlink(_) => None,
    }
}

/// Returns the names of the entries that lead from a name to its content: the name itself, then
/// what each link points to.
pub(crate) fn steps(entries: &Entries, name: &str) -> Vec<String> {
    /// As many links as Linux follows for one path.
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

/// Returns where a link in `folder` with this target points, counted from the archive's root.
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

//! Entity tags that contain the versions of objects.

use object_store::{PutMode, UpdateVersion};

use crate::location::Cloud;
use crate::object::Etag;

/// The character between an entity tag and a generation.
const SEPARATOR: char = '#';

/// Creates a tag. For writes, Google compares generations instead of entity tags, so the tags of
/// its objects contain both.
pub(super) fn etag(cloud: Cloud, etag: String, version: Option<String>) -> Etag {
    match (cloud, version) {
        (Cloud::Google, Some(generation)) => Etag::new(format!("{etag}{SEPARATOR}{generation}")),
        _ => Etag::new(etag),
    }
}

/// Returns the entity tag and, for Google, the generation.
pub(super) fn parts(cloud: Cloud, etag: &Etag) -> (String, Option<String>) {
    match etag.as_str().rsplit_once(SEPARATOR) {
        Some((etag, generation)) if cloud == Cloud::Google => {
            (etag.to_owned(), Some(generation.to_owned()))
        }
        _ => (etag.as_str().to_owned(), None),
    }
}

/// Removes the quotes from the tag that an object must have to be replaced. Returns `false` if
/// there are no quotes, or if the object has another tag now.
///
/// Ceph's radosgw before version 18 compares the header with a tag without quotes, so a condition
/// with quotes never holds.
pub(super) fn without_quotes(mode: &mut PutMode, current: Option<&str>) -> bool {
    let PutMode::Update(UpdateVersion { e_tag: Some(wanted), .. }) = mode else { return false };
    let bare = wanted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match bare.filter(|_| current == Some(wanted.as_str())).map(str::to_owned) {
        Some(bare) => {
            *wanted = bare;
            true
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_contains_what_a_conditional_write_needs() {
        let google = etag(Cloud::Google, "\"a\"".to_owned(), Some("17".to_owned()));
        assert_eq!(parts(Cloud::Google, &google), ("\"a\"".to_owned(), Some("17".to_owned())));
        let s3 = etag(Cloud::S3, "\"a#b\"".to_owned(), Some("17".to_owned()));
        assert_eq!(parts(Cloud::S3, &s3), ("\"a#b\"".to_owned(), None));
    }
}

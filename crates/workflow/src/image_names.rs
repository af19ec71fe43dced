//! The image names in the tags inside an archive.

use std::path::Path;

use sealift_filename::{ParseReferenceError, Reference};
use sealift_oci::Identity;

use crate::error::Error;
use crate::error::no_name::NoName;

/// Returns the names of a file's image: the given name, or else those inside the archive. Each has
/// a version.
///
/// # Errors
///
/// Returns an error if no name is given and no name can be derived from the tags inside.
pub(crate) fn names_of(
    identity: &Identity,
    given: Option<&Reference>,
    file: &Path,
) -> Result<Vec<Reference>, Error> {
    let Some(given) = given else {
        return image_names(&identity.repo_tags)
            .map_err(|reason| Error::NoName { file: file.to_owned(), reason });
    };
    let version = Some(given.version_or_latest());
    Ok(vec![Reference::new(given.repository().familiar(), version)?])
}

/// Returns the image names that the tags inside an archive stand for, sorted and without
/// duplicates.
///
/// - Podman's `localhost/web:1` is `web:1`.
/// - A name without a tag has the version `latest`.
/// - A name with neither `:` nor `/` is ignored: the OCI specification puts a bare tag such as
///   `1.0` into `org.opencontainers.image.ref.name`, which does not include the image's name.
/// - A name that is not an image reference is ignored if there is another name.
///
/// # Errors
///
/// Returns an error if there is no name.
fn image_names(tags: &[String]) -> Result<Vec<Reference>, NoName> {
    let mut names: Vec<Reference> = Vec::new();
    let mut bare = Vec::new();
    let mut unusable = None;
    for tag in tags {
        if !tag.contains([':', '/']) {
            bare.push(tag.clone());
            continue;
        }
        match with_version(tag.strip_prefix("localhost/").unwrap_or(tag)) {
            Ok(name) if names.contains(&name) => {}
            Ok(name) => names.push(name),
            Err(error) => {
                unusable.get_or_insert(error);
            }
        }
    }
    if !names.is_empty() {
        names.sort_by(|left, right| text_of(left).cmp(&text_of(right)));
        return Ok(names);
    }
    Err(match unusable {
        Some(error) => error.into(),
        None if bare.is_empty() => NoName::NoTag,
        None => NoName::OnlyTags(bare),
    })
}

/// Returns the sort key of a name.
fn text_of(name: &Reference) -> (&str, Option<&str>) {
    (name.repository().as_str(), name.version().map(AsRef::as_ref))
}

/// Parses a name. If it has no tag, the version is `latest`.
fn with_version(name: &str) -> Result<Reference, ParseReferenceError> {
    let parsed = Reference::parse(name)?;
    match parsed.version() {
        Some(_) => Ok(parsed),
        None => Reference::parse(&format!("{name}:latest")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(tags: &[&str]) -> Result<Vec<String>, NoName> {
        let tags: Vec<String> = tags.iter().map(|&tag| tag.to_owned()).collect();
        let text = |name: Reference| format!("{}:{}", name.repository(), name.version_or_latest());
        Ok(image_names(&tags)?.into_iter().map(text).collect())
    }

    #[test]
    fn names_are_shortened_sorted_and_listed_once() {
        for (tags, expected) in [
            (&["web:1.0"][..], &["web:1.0"][..]),
            (&["web:1.0_beta"], &["web:1.0+beta"]),
            (&["localhost/web:1"], &["web:1"]),
            (&["localhost/team/web:1"], &["team/web:1"]),
            (&["docker.io/library/web:1", "web:1", "localhost/web:1"], &["web:1"]),
            (&["index.docker.io/team/web:1"], &["team/web:1"]),
            (&["localhost:5000/web:1"], &["localhost:5000/web:1"]),
            (&["quay.io/team/web"], &["quay.io/team/web:latest"]),
            (&["web:2", "api:1", "web:1"], &["api:1", "web:1", "web:2"]),
        ] {
            assert_eq!(names(tags).unwrap(), expected, "{tags:?}");
        }
    }

    #[test]
    fn a_bare_tag_is_not_a_name() {
        for tag in ["1.0", "latest", "v1.4.0-rc.1", "web"] {
            assert_eq!(names(&[tag]), Err(NoName::OnlyTags(vec![tag.to_owned()])));
        }
        assert_eq!(names(&["1.0", "team/web:1.0"]).unwrap(), ["team/web:1.0"]);
    }

    #[test]
    fn an_invalid_reference_is_an_error_only_without_another_name() {
        assert_eq!(names(&["Web:1", "web:1"]).unwrap(), ["web:1"]);
        assert_eq!(names(&["web@sha256:0123", "web:1"]).unwrap(), ["web:1"]);
        assert!(matches!(names(&["Web:1"]), Err(NoName::Unusable(_))));
        assert!(matches!(names(&[""]), Err(NoName::OnlyTags(_))));
        assert_eq!(names(&[]), Err(NoName::NoTag));
    }

    #[test]
    fn the_messages_state_the_reason() {
        for (tags, message) in [
            (&[][..], "it contains no tag"),
            (&["1.0"], "its only name is the tag `1.0`"),
            (&["1.0", "latest"], "its only names are the tags `1.0`, `latest`"),
            (
                &["Web:1"],
                "`Web:1` is not an image reference: its part `Web` is not valid: it contains the uppercase letter `W`",
            ),
        ] {
            assert_eq!(names(tags).unwrap_err().to_string(), message);
        }
    }
}

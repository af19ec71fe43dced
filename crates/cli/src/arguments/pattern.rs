//! Patterns of images, such as `team/*`, and what they match in the folder.

use std::collections::BTreeSet;

use sealift_workflow::ErrorKind;
use sealift_workflow::filename::{ArchivePath, Printable, Reference};

use crate::failure::Failure;

/// Returns `true` if a text is a pattern: no image and no version contains `*` or `?`.
pub(crate) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// Returns the images that were named, each pattern replaced by what it matches among these
/// archives: images, or, if the pattern has a version, versions.
///
/// # Errors
///
/// If a pattern matches nothing.
pub(crate) fn expand(
    texts: &[String],
    archives: &[ArchivePath],
    place: &str,
) -> Result<Vec<String>, Failure> {
    let mut images = Vec::new();
    for text in texts {
        if !is_pattern(text) {
            images.push(text.clone());
            continue;
        }
        let matching = archives.iter().filter(|archive| is_match(text, archive));
        // A version that cannot be a tag cannot be named either.
        let names: BTreeSet<String> = matching.filter_map(|one| name(text, one)).collect();
        if names.is_empty() {
            let message = format!("no image in {place} matches `{}`", Printable(text));
            return Err(Failure::new(ErrorKind::NotFound, message, None));
        }
        images.extend(names);
    }
    Ok(images)
}

/// Returns `true` if a pattern of images, or of images and versions, matches an archive.
pub(crate) fn is_match(pattern: &str, archive: &ArchivePath) -> bool {
    let image = archive.repository().map(|image| image.to_string());
    let image = image.as_deref().unwrap_or(archive.image());
    match split(pattern) {
        (of_image, None) => matches(of_image, image),
        (of_image, Some(of_version)) => {
            let version = archive.name().version();
            matches(of_image, image) && matches(&of_version.replace('_', "+"), version)
        }
    }
}

/// Returns what a pattern stands for in an archive that it matches: its image, or its version too.
fn name(pattern: &str, archive: &ArchivePath) -> Option<String> {
    let version = split(pattern).1.map(|_| archive.name().to_version());
    Some(Reference::new(archive.repository()?, version).ok()?.to_string())
}

/// Separates the version of a pattern. A colon before the last slash belongs to a registry's port.
fn split(pattern: &str) -> (&str, Option<&str>) {
    let last = pattern.rfind('/').map_or(0, |slash| slash + 1);
    match pattern[last..].find(':') {
        Some(colon) => (&pattern[..last + colon], Some(&pattern[last + colon + 1..])),
        None => (pattern, None),
    }
}

/// Returns `true` if a text is of a pattern, in which `*` is any text, also with slashes, and `?`
/// any character.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut position) = (0, 0);
    // The last `*`, and where the text after what it stands for begins.
    let mut star = None;
    while position < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, position));
                at += 1;
            }
            Some(expected) if *expected == '?' || *expected == text[position] => {
                at += 1;
                position += 1;
            }
            _ => {
                // The last `*` stands for one more character.
                let Some((of_star, begin)) = star else { return false };
                star = Some((of_star, begin + 1));
                (at, position) = (of_star + 1, begin + 1);
            }
        }
    }
    pattern[at..].iter().all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text_and_a_question_mark_any_character() {
        for (pattern, text) in [
            ("*", ""),
            ("*", "web"),
            ("team/*", "team/a/b"),
            ("w?b", "web"),
            ("*-api", "a-api-api"),
            ("a*b*c", "abbbc"),
            ("***", "x"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("", "a"), ("w?b", "wb"), ("team/*", "team"), ("a*b", "abc")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn patterns_become_the_images_or_versions_that_they_match() {
        let paths = [
            "team/api_1.0_0123456789ab.zip",
            "team/api_2.0+dirty_0123456789ab.zip",
            "team/web_1.0_0123456789ab.zip",
            "db_1.0_0123456789ab.zip",
        ];
        let archives: Vec<ArchivePath> = paths.iter().map(|path| path.parse().unwrap()).collect();
        let expanded = |text: &str| {
            expand(&[text.to_owned()], &archives, "artifacts").map(|images| images.join(" "))
        };
        assert_eq!(expanded("none").unwrap(), "none");
        assert_eq!(expanded("team/*").unwrap(), "team/api team/web");
        assert_eq!(expanded("*:1.*").unwrap(), "db:1.0 team/api:1.0 team/web:1.0");
        assert_eq!(expanded("team/api:2.0_*").unwrap(), "team/api:2.0_dirty");
        assert!(expanded("x*").is_err());
    }
}

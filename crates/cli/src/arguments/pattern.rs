//! Patterns of images, such as `team/*`, and their matches in the folder.

use std::collections::BTreeSet;

use sealift_workflow::ErrorKind;
use sealift_workflow::filename::{ArchivePath, Printable, Reference};

use crate::failure::Failure;

/// Returns `true` if a text contains `*` or `?`, which images and versions cannot contain.
pub(crate) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// Replaces each pattern by its matches among these archives, and keeps all other names. A pattern
/// with a version matches versions, any other pattern matches images.
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
        // A version that is not a valid tag cannot be passed as an argument.
        let names: BTreeSet<String> = matching.filter_map(|one| name(text, one)).collect();
        if names.is_empty() {
            let message = format!("no image in {place} matches `{}`", Printable(text));
            let failure = Failure::new(ErrorKind::NotFound, message, None);
            return Err(failure.with_hint(hint(text, archives)));
        }
        images.extend(names);
    }
    Ok(images)
}

/// Returns the hint for a pattern that matches nothing, if it matches the end of a name.
fn hint(pattern: &str, archives: &[ArchivePath]) -> Option<String> {
    let longer = format!("*/{pattern}");
    archives.iter().any(|archive| is_match(&longer, archive)).then(|| {
        format!(
            "a pattern must match the complete name, as `sealift list` prints it; pass '{longer}'"
        )
    })
}

/// Returns `true` if a pattern matches the image and, if it has one, the version of an archive.
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

/// Returns the name of a matching archive: its image, with the version if the pattern has one.
fn name(pattern: &str, archive: &ArchivePath) -> Option<String> {
    let version = split(pattern).1.map(|_| archive.name().to_version());
    Some(Reference::new(archive.repository()?, version).ok()?.to_string())
}

/// Splits a pattern into image and version. A colon before the last slash separates the port of a
/// registry.
fn split(pattern: &str) -> (&str, Option<&str>) {
    let last = pattern.rfind('/').map_or(0, |slash| slash + 1);
    match pattern[last..].find(':') {
        Some(colon) => (&pattern[..last + colon], Some(&pattern[last + colon + 1..])),
        None => (pattern, None),
    }
}

/// Returns `true` if a pattern matches a text: `*` matches any text, also with slashes, and `?`
/// matches any character.
///
/// On a mismatch, the last `*` absorbs one more character and matching continues after it. Earlier
/// ones need not be tried again, so the time is at most the product of both lengths.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut position) = (0, 0);
    // The last `*`, and the position of the first character that it does not absorb.
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
    fn a_star_matches_any_text_and_a_question_mark_any_character() {
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
    fn patterns_are_replaced_by_matching_images_or_versions() {
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

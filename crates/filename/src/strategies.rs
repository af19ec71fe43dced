//! Strategies for proptest that generate names of all kinds, to test against the grammar.
//!
//! ```
//! use proptest::prelude::*;
//! use sealift_filename::{ArchiveName, strategies};
//!
//! proptest!(|(name in strategies::archive_names())| {
//!     prop_assert_eq!(ArchiveName::parse(name.as_str()).unwrap(), name);
//! });
//! ```

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::archive_format::ArchiveFormat;
use crate::archive_name::ArchiveName;
use crate::archive_path::ArchivePath;
use crate::image_id::ImageId;
use crate::pattern::ARCHIVE_NAME_PATTERN;
use crate::reference::Reference;
use crate::repository::Repository;
use crate::version::Version;

/// Generates ids.
pub fn image_ids() -> impl Strategy<Value = ImageId> {
    "[0-9a-f]{12}".prop_filter_map("12 digits", |digits| digits.parse().ok())
}

/// Generates images that are valid in an archive name: last parts of repository names.
pub fn images() -> impl Strategy<Value = String> {
    "[a-z0-9]{1,6}((\\.|_|__|-{1,3})[a-z0-9]{1,4}){0,3}"
}

/// Generates versions that are valid in an archive name: in all forms that matter to their order,
/// and some that are not valid as tags.
pub fn versions() -> impl Strategy<Value = Version> {
    prop_oneof![
        6 => tag_versions(),
        1 => "[^_/\\p{C}\\u{2028}\\u{2029}]{1,12}".prop_map(Version::from),
    ]
}

/// Generates versions that are valid as tags: releases, dirty ones, ones with suffixes, names.
pub fn tag_versions() -> impl Strategy<Value = Version> {
    let text = prop_oneof![
        3 => "v?[0-9]{1,3}(\\.[0-9]{1,2}){0,4}",
        1 => "[0-9]{1,25}(\\.0{0,3}[0-9]{1,25}){0,2}",
        2 => "[0-3](\\.[0-3]){2}\\.0",
        3 => "[0-3](\\.[0-3]){0,3}([-.+][a-c0-9]{0,2}){1,4}([.+]dirty)?",
        2 => "[a-z0-9.+-]{0,6}[.+]dirty".prop_filter("starts a tag", |text| !text.starts_with(['.', '-'])),
        1 => "latest|dev|devel|dirty|main",
        1 => "[A-Za-z0-9+][A-Za-z0-9+.-]{0,127}",
    ];
    text.prop_map(Version::from)
}

/// Generates texts that can be read as a version. Some contain characters that are not allowed when
/// an archive name is created.
pub fn version_texts() -> impl Strategy<Value = String> {
    let pieces = select(vec![
        "",
        "0",
        "00",
        "1",
        "01",
        "2",
        "10",
        "99999999999999999999",
        "v",
        "V",
        ".",
        ".",
        ".",
        "-",
        "+",
        "_",
        "a",
        "rc",
        "dirty",
        "latest",
        "dev",
        "\n",
        "\r",
        "٣",
        "é",
        " ",
    ]);
    prop_oneof![
        3 => versions().prop_map(|version| version.as_str().to_owned()),
        5 => vec(pieces, 0..8).prop_map(|pieces| pieces.concat()),
        1 => any::<String>(),
    ]
}

/// Generates formats that are valid in an archive name.
pub fn formats() -> impl Strategy<Value = ArchiveFormat> {
    prop_oneof![
        2 => Just(ArchiveFormat::Docker),
        2 => Just(ArchiveFormat::Zip),
        1 => "[a-z0-9_-]{1,6}|[^./\\p{C}\\u{2028}\\u{2029}]{1,4}".prop_map(ArchiveFormat::from),
    ]
}

/// Generates names that [`ArchiveName::new`] creates.
pub fn archive_names() -> impl Strategy<Value = ArchiveName> {
    (images(), versions(), image_ids(), formats())
        .prop_filter_map("parts of a name", |(image, version, id, format)| {
            ArchiveName::new(&image, &version, id, format).ok()
        })
}

/// Generates texts that the published pattern matches completely, and that
/// [`ArchiveName::parse`] accepts, including unusual ones.
pub fn archive_name_texts() -> impl Strategy<Value = String> {
    prop_oneof![archive_names().prop_map(|name| name.to_string()), ARCHIVE_NAME_PATTERN,]
}

/// Generates archive names with up to three edits, so that some are valid and some are not.
pub fn near_archive_names() -> impl Strategy<Value = String> {
    near(archive_name_texts())
}

/// Generates repository names, with and without a domain.
pub fn repositories() -> impl Strategy<Value = Repository> {
    let domain = prop_oneof![
        3 => Just("docker.io".to_owned()),
        1 => Just("index.docker.io".to_owned()),
        3 => "localhost(:[0-9]{1,5})?",
        3 => "[A-Za-z0-9]{1,4}(-[A-Za-z0-9]{1,3})?(\\.[A-Za-z0-9]{1,4}){0,2}(:[0-9]{1,5})?",
        1 => "\\[[0-9a-f:]{1,8}\\](:[0-9]{1,5})?",
    ];
    let part = prop_oneof![4 => images(), 1 => Just("library".to_owned())];
    (option::of(domain), vec(part, 1..4)).prop_filter_map("a repository name", |(domain, parts)| {
        let parts: Vec<_> = domain.into_iter().chain(parts).collect();
        Repository::parse(&parts.join("/")).ok()
    })
}

/// Generates repository names with up to three edits, so that some are valid and some are not.
pub fn near_repositories() -> impl Strategy<Value = String> {
    near(repositories().prop_map(|repository| repository.to_string()))
}

/// Generates references, with and without a version.
pub fn references() -> impl Strategy<Value = Reference> {
    (repositories(), option::of(tag_versions()))
        .prop_filter_map("a reference", |(repository, version)| {
            Reference::new(repository, version).ok()
        })
}

/// Generates paths that [`ArchivePath::new`] creates.
pub fn archive_paths() -> impl Strategy<Value = ArchivePath> {
    (repositories(), versions(), image_ids(), formats()).prop_filter_map(
        "parts of a path",
        |(repository, version, id, format)| {
            ArchivePath::new(&repository, &version, id, format).ok()
        },
    )
}

/// Generates paths of archives with up to three edits, so that some are valid and some are not.
pub fn near_archive_paths() -> impl Strategy<Value = String> {
    near(archive_paths().prop_map(|path| path.to_string()))
}

#[derive(Debug, Clone)]
enum Edit {
    Insert(Index, char),
    Replace(Index, char),
    Remove(Index),
    Repeat(Index),
}

/// Edits texts in up to three places, with characters that are significant in the grammars of
/// names.
fn near(texts: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let char = || {
        select(vec![
            '_', '_', '.', '.', '-', '/', '+', ':', '@', '[', ']', '\n', '\r', '\0', ' ', '0', '7',
            'a', 'f', 'g', 'A', 'F', '٣', 'é', '\u{2028}', '\u{fffd}',
        ])
    };
    let edit = prop_oneof![
        (any::<Index>(), char()).prop_map(|(at, char)| Edit::Insert(at, char)),
        (any::<Index>(), char()).prop_map(|(at, char)| Edit::Replace(at, char)),
        any::<Index>().prop_map(Edit::Remove),
        any::<Index>().prop_map(Edit::Repeat),
    ];
    (texts, vec(edit, 0..4)).prop_map(|(text, edits)| {
        let mut chars: Vec<char> = text.chars().collect();
        for edit in edits {
            apply(&mut chars, &edit);
        }
        chars.into_iter().collect()
    })
}

fn apply(chars: &mut Vec<char>, edit: &Edit) {
    match edit {
        Edit::Insert(at, char) => chars.insert(at.index(chars.len() + 1), *char),
        _ if chars.is_empty() => {}
        Edit::Replace(at, char) => {
            let at = at.index(chars.len());
            chars[at] = *char;
        }
        Edit::Remove(at) => {
            chars.remove(at.index(chars.len()));
        }
        Edit::Repeat(at) => {
            let at = at.index(chars.len());
            chars.insert(at, chars[at]);
        }
    }
}

//! Names: a text is parsed if and only if it matches the published pattern, names are printed as
//! they were parsed, and versions have an order.

use std::cmp::Ordering;
use std::sync::LazyLock;

use regex::Regex;
use sealift_filename::{
    ARCHIVE_NAME_PATTERN, ArchiveName, ArchivePath, Precedence, Reference, Repository,
};

static PATTERN: LazyLock<Regex> = LazyLock::new(|| {
    // The pattern must match the complete text.
    let anchored = format!(r"\A(?:{ARCHIVE_NAME_PATTERN})\z");
    Regex::new(&anchored).expect("the published pattern")
});

/// Checks the properties of names.
pub fn holds(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let name = ArchiveName::parse(text);
    assert_eq!(name.is_ok(), PATTERN.is_match(text), "the pattern disagrees on {text:?}");
    if let Ok(name) = &name {
        assert_eq!(name.as_str(), text);
        let made = ArchiveName::new(name.image(), &name.to_version(), name.id(), name.format());
        if let Ok(made) = made {
            assert_eq!(made, *name, "its parts do not form the same name");
            assert_eq!(made.to_zip().to_docker(), made.to_docker());
        }
    }
    if let Ok(path) = ArchivePath::parse(text) {
        assert_eq!(ArchivePath::parse(path.as_str()).as_ref(), Ok(&path));
    }
    if let Ok(reference) = Reference::parse(text) {
        assert_eq!(Reference::parse(&reference.to_string()).as_ref(), Ok(&reference));
    }
    if let Ok(repository) = Repository::parse(text) {
        assert_eq!(Repository::parse(repository.as_str()).as_ref(), Ok(&repository));
        assert!(repository.folder().split('/').all(|part| !matches!(part, "." | "..")));
    }
    let versions: Vec<&str> = text.splitn(3, '\n').collect();
    for one in &versions {
        for other in &versions {
            let order = Precedence::of(one).cmp(&Precedence::of(other));
            assert_eq!(order, Precedence::of(other).cmp(&Precedence::of(one)).reverse());
            assert_eq!(order == Ordering::Equal, one == other, "{one:?} {other:?}");
        }
    }
    if let [a, b, c] = versions[..] {
        let [a, b, c] = [a, b, c].map(Precedence::of);
        assert!(!(a <= b && b <= c) || a <= c, "the order is not transitive in {text:?}");
    }
}

/// Returns names, valid and almost valid, and versions.
pub fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        "web_1.28.0.259_0123456789ab.zip",
        "web_1.28.0.259_0123456789ab.docker",
        "team/web_admin_dev_0123456789ab.docker",
        "localhost+5000/team/web_1.0+dirty_0123456789ab.zip",
        "web_1_0123456789ab.docker_0123456789ab.zip",
        "web_1_0123456789AB.zip",
        "registry.example:5000/team/web:1.0_beta",
        "web@sha256:0123456789ab",
        "1.9\n1.10-rc.2\n1.10",
        "v1.0.0.0\n1.0.0\nlatest",
        "1.10+dirty\n1.10.0.0\n1.10-rc.10",
        "00000000000000000000000000000000001\n1\n01",
    ];
    texts.map(|text| text.as_bytes().to_vec()).into()
}

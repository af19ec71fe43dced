use proptest::prelude::*;
use regex::Regex;
use sealift_filename::{ArchiveName, DIRTY_VERSION_PATTERN, Version, strategies};

#[test]
fn dirty_versions_match_the_published_pattern() {
    // In Rust's regex, `\d` matches all decimal digits of Unicode. In the published pattern, it
    // means ASCII digits.
    let pattern = Regex::new(&DIRTY_VERSION_PATTERN.replace(r"\d", "[0-9]")).unwrap();
    let texts = prop_oneof![
        strategies::version_texts(),
        "(0|1|10|٣|a|){1}(\\.(0|1|00|٣)){0,4}",
        "[\\n.+a]{0,3}[.+_-]?dirty\\n?",
    ];
    proptest!(ProptestConfig::with_cases(8192), |(text in texts)| {
        prop_assert_eq!(Version::new(&*text).is_dirty(), pattern.is_match(&text), "{:?}", text);
    });
}

#[test]
fn examples_of_dirty_versions() {
    for text in
        ["latest", "dev", "1.34.0.0", "01.2.3.0", "1.0.dirty", "1.0+dirty", ".dirty", "+dirty"]
    {
        assert!(Version::new(text).is_dirty(), "{text}");
    }
}

#[test]
fn examples_of_other_versions() {
    for text in [
        "1.34.0",
        "1.34.0.10",
        "1.34.0.00",
        "1.2.3.4.0",
        "dirty",
        "1.0-dirty",
        "devel",
        "",
        "latest\n",
        "1\n.dirty",
        "1.2.٣.0",
        "..1.0",
        "v1.2.3.0",
    ] {
        assert!(!Version::new(text).is_dirty(), "{text:?}");
    }
}

#[test]
fn a_name_is_dirty_if_its_version_is() {
    proptest!(|(text in strategies::archive_name_texts())| {
        let name = ArchiveName::parse(&text).unwrap();
        let version = name.to_version();
        prop_assert_eq!(name.is_dirty(), version.is_dirty());
        prop_assert!(name.precedence() == version.precedence());
    });
}

#[test]
fn versions_are_equal_if_their_texts_are_equal() {
    assert_ne!(Version::new("1.0"), Version::new("1.00"));
}

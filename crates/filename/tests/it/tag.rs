use proptest::prelude::*;
use regex::Regex;
use sealift_filename::{Version, strategies, version_to_imagetag};

fn tag() -> Regex {
    Regex::new(r"\A[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\z").unwrap()
}

#[test]
fn a_version_is_a_tag_if_its_text_with_plus_replaced_is_one() {
    let tag = tag();
    let texts = prop_oneof![
        strategies::version_texts(),
        "[a+.-]{0,3}[0-9+]{0,2}[^a-z]?",
        "[0-9a+.]{120,135}",
    ];
    proptest!(ProptestConfig::with_cases(4096), |(text in texts)| {
        let expected = !text.contains('_') && tag.is_match(&text.replace('+', "_"));
        prop_assert_eq!(Version::new(text).to_tag().is_ok(), expected);
    });
}

#[test]
fn a_version_is_restored_from_its_tag() {
    proptest!(|(version in strategies::tag_versions())| {
        let tag = version.to_tag().unwrap();
        prop_assert_eq!(Version::from_tag(&tag), version);
    });
}

#[test]
fn a_tag_is_restored_from_its_version() {
    let pattern = tag();
    proptest!(|(text in "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")| {
        prop_assert!(pattern.is_match(&text));
        prop_assert_eq!(Version::from_tag(&text).to_tag().unwrap(), text);
    });
}

#[test]
fn an_image_and_a_version_result_in_a_reference() {
    let made = |image, version| version_to_imagetag(image, version).unwrap();
    assert_eq!(made("web", "1.28.0.259"), "web:1.28.0.259");
    assert_eq!(made("web", "latest"), "web:latest");
    assert_eq!(made("localhost:5000/team/web", "1.0+beta"), "localhost:5000/team/web:1.0_beta");
}

#[test]
fn references_that_engines_refuse_are_refused() {
    for (image, version) in
        [("Web", "1.0"), ("", "1.0"), ("web:1", "1.0"), ("web", ""), ("web", "a b"), ("web", "a_b")]
    {
        assert!(version_to_imagetag(image, version).is_err(), "{image} {version}");
    }
}

use proptest::prelude::*;
use sealift_filename::{ParseReferenceErrorKind, Reference, Repository, strategies};
use test_case::test_case;

#[test_case("web", "web", None)]
#[test_case("web:1.0", "web", Some("1.0"))]
#[test_case("web:1.0_beta", "web", Some("1.0+beta"); "an underscore of a tag")]
#[test_case("web:1.0+beta", "web", Some("1.0+beta"); "a plus of a version")]
#[test_case("web:1_0+b", "web", Some("1+0+b"); "both")]
#[test_case("web_admin:1.0", "web_admin", Some("1.0"); "an underscore of the image")]
#[test_case("localhost:5000/web", "localhost:5000/web", None; "a port without a tag")]
#[test_case("localhost:5000/web:1.0", "localhost:5000/web", Some("1.0"); "a port and a tag")]
#[test_case("[::1]:5000/web:1.0", "[::1]:5000/web", Some("1.0"); "an address in brackets")]
#[test_case("[::1]/web", "[::1]/web", None; "an address in brackets and no port")]
#[test_case("docker.io/library/web:latest", "web", Some("latest"))]
#[test_case("library/web:1.0", "web", Some("1.0"))]
#[test_case("quay.io/library/web:1.0", "quay.io/library/web", Some("1.0"))]
fn references_are_parsed(text: &str, repository: &str, version: Option<&str>) {
    let reference = Reference::parse(text).unwrap();
    assert_eq!(reference.repository().as_str(), repository);
    assert_eq!(reference.version().map(|version| version.as_str()), version);
}

#[test]
fn a_reference_survives_a_round_trip() {
    proptest!(|(reference in strategies::references())| {
        prop_assert_eq!(Reference::parse(&reference.to_string()).unwrap(), reference);
    });
}

#[test]
fn arbitrary_text_is_refused_or_survives_a_round_trip() {
    let texts = (strategies::near_repositories(), "(:[a-z0-9._+:@/-]{0,4})?");
    proptest!(ProptestConfig::with_cases(4096), |((image, tag) in texts)| {
        let text = format!("{image}{tag}");
        if let Ok(reference) = Reference::parse(&text) {
            // Images contain no `+`, so each one belongs to the version. The short form of a name
            // is the end of a longer one.
            prop_assert!(text.replace('+', "_").ends_with(&reference.to_string()));
            prop_assert_eq!(Reference::parse(&reference.to_string()).unwrap(), reference);
        }
    });
}

#[test]
fn references_by_content_are_refused() {
    let hex = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    let kind = |text: &str| Reference::parse(text).unwrap_err().kind().clone();
    assert_eq!(kind(&format!("web@sha256:{hex}")), ParseReferenceErrorKind::Digest);
    assert_eq!(kind(&format!("web:1.0@sha256:{hex}")), ParseReferenceErrorKind::Digest);
    assert_eq!(kind(&format!("sha256:{hex}")), ParseReferenceErrorKind::Id);
    assert_eq!(kind(hex), ParseReferenceErrorKind::Id);
}

#[test]
fn a_version_that_is_not_valid_as_a_tag_is_refused() {
    let web = Repository::parse("web").unwrap();
    assert!(Reference::new(web.clone(), Some("my_ver".into())).is_err());
    assert!(Reference::new(web, Some("1.0+beta".into())).is_ok());
}

use proptest::prelude::*;
use sealift_filename::{ImageId, strategies};

#[test]
fn an_id_is_12_lowercase_hex_digits() {
    let pattern = regex::Regex::new(r"\A[0-9a-f]{12}\z").unwrap();
    proptest!(|(text in "[0-9a-fA-Fg٣]{10,14}|[0-9a-f]{11,13}|\\PC*")| {
        prop_assert_eq!(text.parse::<ImageId>().is_ok(), pattern.is_match(&text));
    });
}

#[test]
fn an_id_reads_back_equal_and_sorts_as_its_text() {
    proptest!(|(left in strategies::image_ids(), right in strategies::image_ids())| {
        prop_assert_eq!(left.to_string().parse::<ImageId>().unwrap(), left);
        prop_assert_eq!(left.cmp(&right), left.as_str().cmp(right.as_str()));
    });
}

#[test]
fn a_digest_gives_its_first_12_digits() {
    let hex = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    let id: ImageId = "0123456789ab".parse().unwrap();
    for digest in
        [&format!("sha256:{hex}"), hex, "0123456789ab", "0123456789abc", "sha256:0123456789ab"]
    {
        assert_eq!(ImageId::from_digest(digest), Some(id), "{digest}");
    }
}

#[test]
fn what_is_no_digest_gives_no_id() {
    for text in [
        "",
        "sha256:",
        "0123456789a",
        "sha512:0123456789abcdef",
        "0123456789AB",
        "0123456789abX",
        "0123456789ab\n",
        "sha256:sha256:0123456789ab",
        "0123456789a٣",
    ] {
        assert_eq!(ImageId::from_digest(text), None, "{text}");
    }
}

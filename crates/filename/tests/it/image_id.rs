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
fn an_id_survives_a_round_trip_and_is_ordered_by_its_text() {
    proptest!(|(left in strategies::image_ids(), right in strategies::image_ids())| {
        prop_assert_eq!(left.to_string().parse::<ImageId>().unwrap(), left);
        prop_assert_eq!(left.cmp(&right), left.as_str().cmp(right.as_str()));
    });
}

#[test]
fn an_id_is_created_from_the_first_bytes_of_a_digest() {
    proptest!(|(bytes: [u8; 6])| {
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        prop_assert_eq!(ImageId::from_bytes(bytes).to_string(), digits);
    });
}

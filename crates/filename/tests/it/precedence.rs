use std::cmp::Ordering;

use proptest::prelude::*;
use sealift_filename::{Precedence, strategies};

fn compare(left: &str, right: &str) -> Ordering {
    Precedence::of(left).cmp(&Precedence::of(right))
}

#[track_caller]
fn assert_ascending(versions: &[&str]) {
    for (index, lower) in versions.iter().enumerate() {
        for higher in &versions[index + 1..] {
            assert_eq!(compare(lower, higher), Ordering::Less, "{lower} against {higher}");
            assert_eq!(compare(higher, lower), Ordering::Greater, "{higher} against {lower}");
        }
    }
}

#[test]
fn precedence_is_a_total_order() {
    let texts = || {
        prop_oneof![
            strategies::version_texts(),
            "v?[01](\\.0?[01]){0,2}([-.+](0|1|a|01)){0,2}([.+]dirty)?",
        ]
    };
    proptest!(ProptestConfig::with_cases(4096), |(a in texts(), b in texts(), c in texts())| {
        prop_assert_eq!(compare(&a, &a), Ordering::Equal);
        prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
        prop_assert_eq!(compare(&a, &b) == Ordering::Equal, a == b);
        prop_assert_eq!(Precedence::of(&a) == Precedence::of(&b), a == b);
        let mut chain = [a.as_str(), b.as_str(), c.as_str()];
        chain.sort_by(|left, right| compare(left, right));
        prop_assert!(compare(chain[0], chain[2]) != Ordering::Greater, "{:?}", chain);
        if compare(&a, &b) != Ordering::Greater && compare(&b, &c) != Ordering::Greater {
            prop_assert!(compare(&a, &c) != Ordering::Greater);
        }
    });
}

#[test]
fn numbers_compare_as_numbers() {
    let numbers = || proptest::collection::vec(0u32..30, 1..5);
    proptest!(ProptestConfig::with_cases(2048), |(left in numbers(), right in numbers())| {
        let write = |numbers: &[u32]| {
            numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(".")
        };
        let pad = |numbers: &[u32]| {
            let mut padded = numbers.to_vec();
            padded.resize(4, 0);
            padded
        };
        let expected = pad(&left).cmp(&pad(&right));
        if expected != Ordering::Equal {
            prop_assert_eq!(compare(&write(&left), &write(&right)), expected);
        }
    });
}

#[test]
fn every_numeric_version_is_above_every_name() {
    let numeric = "v?[0-9]{1,3}(\\.[0-9]{1,2}){0,4}([-.+][a-z0-9.+-]{0,5})?";
    let name = "([a-z]{2,6}|v?[0-9]+[a-z]+|V[0-9]|[.+-][0-9]|v|)";
    proptest!(|(numeric in numeric, name in name)| {
        prop_assert_eq!(compare(&numeric, &name), Ordering::Greater);
    });
}

#[test]
fn dirty_and_suffixed_versions_are_between_the_plain_version_and_the_one_before() {
    let suffix = "([-.+][a-z][a-z0-9.+-]{0,6})|[.+]dirty";
    proptest!(|(number in 1u32..50, suffix in suffix)| {
        let plain = format!("1.{number}");
        let suffixed = format!("{plain}{suffix}");
        prop_assert_eq!(compare(&suffixed, &plain), Ordering::Less);
        prop_assert_eq!(compare(&suffixed, &format!("1.{}", number - 1)), Ordering::Greater);
    });
}

#[test]
fn a_dirty_version_is_directly_below_its_clean_version() {
    // The numbers contain no zeros, so that different texts have different precedence.
    let clean = || "[1-3](\\.[1-3]){0,3}(-[a-c]{1,2}(\\.[1-9])?)?";
    proptest!(ProptestConfig::with_cases(2048), |(version in clean(), other in clean())| {
        let dirty = format!("{version}+dirty");
        prop_assert_eq!(compare(&dirty, &version), Ordering::Less);
        prop_assert_eq!(compare(&other, &dirty), match compare(&other, &version) {
            Ordering::Less => Ordering::Less,
            _ => Ordering::Greater,
        });
    });
}

#[test]
fn releases_are_ordered_by_their_numbers() {
    assert_ascending(&["1.9.0.31", "1.10.0.2", "1.28.0.259", "1.35.0.9", "1.35.0.10", "2"]);
}

#[test]
fn the_length_of_numbers_is_not_limited() {
    assert_ascending(&[
        "18446744073709551615",
        "18446744073709551616",
        "018446744073709551617",
        "340282366920938463463374607431768211456",
    ]);
}

#[test]
fn a_missing_number_is_zero_and_equal_versions_compare_by_text() {
    assert_ascending(&["1.0", "1.0.0", "1.0.00", "1.00", "v1", "v1.0", "1.0.1"]);
    assert_ascending(&["0.9", "1", "1.0"]);
}

#[test]
fn a_build_with_number_zero_is_below_its_release() {
    assert_ascending(&["1.33.9.7", "1.34.0-rc.1", "1.34.0.0", "1.34.0", "1.34.0.1"]);
}

#[test]
fn suffixes_follow_semantic_versioning() {
    assert_ascending(&[
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
    ]);
}

#[test]
fn the_suffix_after_a_plus_is_compared_last() {
    assert_ascending(&["1.0-rc.1+b", "1.0-rc.1", "1.0+dirty", "1.0+b.9", "1.0+b.10", "1.0"]);
    assert_ascending(&["1.0+b.dirty", "1.0+b"]);
}

#[test]
fn a_dirty_candidate_is_below_the_candidate() {
    assert_ascending(&["1.0-rc.0", "1.0-rc.1.dirty", "1.0-rc.1", "1.0-rc.2", "1.0.dirty", "1.0"]);
}

#[test]
fn a_dot_can_start_a_suffix() {
    assert_ascending(&["1.0.beta", "1.0.rc", "1.0", "1.1"]);
}

#[test]
fn names_are_ordered_by_their_text() {
    assert_ascending(&["", "+1", ".dirty", "1rc", "dev", "latest", "main", "v", "vNext", "٣"]);
}

use proptest::prelude::*;
use sealift_oci::Platform;

fn platforms() -> impl Strategy<Value = Platform> {
    let variant = prop::option::of(prop::sample::select(vec!["v1", "v6", "v7", "v8"]));
    let architecture = prop::sample::select(vec!["amd64", "arm", "arm64", "riscv64"]);
    (prop::sample::select(vec!["linux", "windows"]), architecture, variant).prop_map(
        |(os, architecture, variant)| Platform {
            os: os.to_owned(),
            architecture: architecture.to_owned(),
            variant: variant.map(str::to_owned),
        },
    )
}

proptest! {
    #[test]
    fn a_platform_is_read_back_from_its_text(platform in platforms()) {
        prop_assert_eq!(platform.to_string().parse::<Platform>().unwrap(), platform.clone());
        let json = serde_json::to_string(&platform).unwrap();
        prop_assert_eq!(serde_json::from_str::<Platform>(&json).unwrap(), platform);
    }

    #[test]
    fn a_parsed_platform_prints_as_the_same_text(text in "[a-z0-9/]{0,12}") {
        if let Ok(platform) = text.parse::<Platform>() {
            prop_assert_eq!(platform.to_string(), text);
        }
    }

    #[test]
    fn normalizing_is_idempotent_and_keeps_matches(platform in platforms()) {
        let normalized = platform.normalized();
        prop_assert_eq!(normalized.normalized(), normalized.clone());
        prop_assert!(platform.matches(&normalized) && normalized.matches(&platform));
    }

    #[test]
    fn matching_is_symmetric(left in platforms(), right in platforms()) {
        prop_assert_eq!(left.matches(&right), right.matches(&left));
    }
}

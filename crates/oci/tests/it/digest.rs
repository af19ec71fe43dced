use proptest::prelude::*;
use sealift_oci::Digest;
use test_case::test_case;

#[test_case("sha256:e3b0"; "too short")]
#[test_case("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"; "without its algorithm")]
#[test_case("sha256:E3B0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"; "upper case")]
#[test_case("sha512:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"; "another algorithm")]
fn an_invalid_digest_is_refused(text: &str) {
    assert!(text.parse::<Digest>().is_err());
}

proptest! {
    #[test]
    fn a_digest_is_read_back_from_its_text(bytes: [u8; 32]) {
        let digest = Digest::from_bytes(bytes);
        prop_assert_eq!(digest.to_string().parse::<Digest>(), Ok(digest));
        prop_assert_eq!(Digest::from_hex(&digest.hex()), Some(digest));
        let json = serde_json::to_string(&digest).unwrap();
        prop_assert_eq!(serde_json::from_str::<Digest>(&json).unwrap(), digest);
        prop_assert!(digest.hex().starts_with(digest.image_id().as_str()));
    }
}

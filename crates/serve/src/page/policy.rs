//! The security headers of the page.

use std::sync::LazyLock;

use hyper::header::{
    CONTENT_SECURITY_POLICY, HeaderMap, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use sealift_oci::Digest;

use super::layout::{SCRIPT, STYLE};

/// The content security policy: the script and style of the page are allowed, everything else is
/// forbidden.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; img-src data:; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'",
        source(SCRIPT),
        source(STYLE)
    )
});

/// Sets the headers that restrict the page in a browser.
pub(crate) fn restrict(headers: &mut HeaderMap) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if let Ok(policy) = HeaderValue::from_str(&POLICY) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
}

/// Returns the SHA-256 of a text in the form of a content security policy.
fn source(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |value: u32| char::from(DIGITS[value as usize % 64]);
    let mut base64 = String::new();
    for chunk in Digest::of(text.as_bytes()).as_bytes().chunks(3) {
        let mut bytes = [0; 4];
        bytes[1..=chunk.len()].copy_from_slice(chunk);
        let value = u32::from_be_bytes(bytes);
        let digits = [value >> 18, value >> 12, value >> 6, value].map(digit);
        base64.extend(&digits[..=chunk.len()]);
    }
    // 32 is one less than a multiple of three, so there is one character of padding.
    format!("sha256-{base64}=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_the_base64_of_its_sha256() {
        // printf '' | openssl dgst -sha256 -binary | base64
        assert_eq!(source(""), "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }
}

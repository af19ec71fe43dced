//! Prints the platforms of an image index: `curl … | image-platforms`.

use std::io::{Read as _, stdin};

use anyhow::{Context as _, Result};
use sealift_oci::{Digest, OciDocument, Platform, parse_document};

fn main() -> Result<()> {
    let mut json = Vec::new();
    stdin().read_to_end(&mut json)?;
    println!("index {}", Digest::of(&json));
    for (platform, digest) in platforms(&json)? {
        println!("{platform} {digest}");
    }
    Ok(())
}

/// Returns the platforms in an index, each with the digest of its manifest.
fn platforms(json: &[u8]) -> Result<Vec<(Platform, Digest)>> {
    let index: OciDocument = parse_document(json)?;
    let manifests = index.manifests.context("this is not an image index")?;
    let images = manifests.iter().filter(|manifest| !manifest.is_attestation());
    let platforms = images.filter_map(|manifest| {
        let platform = manifest.platform.as_ref()?;
        let text = format!("{}/{}", platform.os, platform.architecture);
        Some((text, &manifest.digest))
    });
    platforms.map(|(platform, digest)| Ok((platform.parse()?, digest.parse()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_are_those_of_the_images() {
        let (image, attestation) = (Digest::of(b"image"), Digest::of(b"attestation"));
        let index = format!(
            r#"{{"manifests": [
                {{"digest": "{image}", "platform": {{"os": "linux", "architecture": "arm64"}}}},
                {{"digest": "{attestation}",
                  "platform": {{"os": "unknown", "architecture": "unknown"}},
                  "annotations": {{"vnd.docker.reference.type": "attestation-manifest"}}}}
            ]}}"#
        );
        let found = platforms(index.as_bytes()).unwrap();
        assert_eq!(found, [("linux/arm64".parse().unwrap(), image)]);
    }

    #[test]
    fn a_manifest_is_no_index() {
        let error = platforms(br#"{"layers": []}"#).unwrap_err();
        assert_eq!(error.to_string(), "this is not an image index");
    }
}

//! Prints the platforms of an image index: `curl … | image-platforms`.

use std::io::{Read as _, stdin};

use anyhow::{Context as _, Result};
use sealift_oci::{Digest, Index, Platform, parse_document};

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
    let index: Index = parse_document(json).context("this is not an image index")?;
    let images = index.manifests.into_iter().filter(|manifest| !manifest.is_attestation());
    Ok(images.filter_map(|manifest| Some((manifest.platform?, manifest.digest))).collect())
}

#[cfg(test)]
mod tests {
    use sealift_oci::{Descriptor, media_type};

    use super::*;

    #[test]
    fn platforms_are_those_of_the_images() {
        let (image, attestation) = (Digest::of(b"image"), Digest::of(b"attestation"));
        let platform: Platform = "linux/arm64".parse().unwrap();
        let index = Index::new()
            .with_manifest(
                Descriptor::new(media_type::IMAGE_MANIFEST, image, 5).with_platform(platform),
            )
            .with_manifest(
                Descriptor::new(media_type::IMAGE_MANIFEST, attestation, 11)
                    .with_annotation("vnd.docker.reference.type", "attestation-manifest"),
            );
        let found = platforms(&index.to_json()).unwrap();
        assert_eq!(found, [("linux/arm64".parse().unwrap(), image)]);
    }

    #[test]
    fn a_manifest_is_no_index() {
        let error = platforms(br#"{"layers": []}"#).unwrap_err();
        assert_eq!(error.to_string(), "this is not an image index");
    }
}

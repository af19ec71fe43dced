//! Archives: the verdict does not depend on the pieces in which the bytes arrive, and a valid
//! archive contains the same image for another reader of tars.

use std::io::Read as _;

use sealift_archive::{Contents, Fault, Verifier, VerifyOptions};
use sealift_oci::{Digest, Identity};
use sealift_testing::hostile::CASES;
use sealift_testing::layouts::{Image, Packing, pack};

/// Checks the property of the reader of tars. The first byte is the length of the pieces in which
/// the rest arrives.
pub fn holds(bytes: &[u8]) {
    let Some((&length, bytes)) = bytes.split_first() else { return };
    let whole = verdict(bytes, bytes.len().max(1));
    let in_pieces = verdict(bytes, usize::from(length) + 1);
    assert_eq!(whole.as_ref().ok(), in_pieces.as_ref().ok(), "the verdict depends on the pieces");
    if let (Err(whole), Err(in_pieces)) = (&whole, &in_pieces) {
        // The message of an engine is more specific than the damage, but the reader does not wait
        // for it.
        let is_report = |fault: &Fault| matches!(fault, Fault::Engine { .. });
        assert!(whole == in_pieces || is_report(whole) || is_report(in_pieces));
    }
    if let Ok(proof) = whole {
        assert_eq!(proof.plain_size(), bytes.len() as u64);
        same_to_another_reader(bytes, proof.identity());
    }
}

/// Returns the verdict on bytes that arrive in pieces of a length.
pub(crate) fn verdict(bytes: &[u8], length: usize) -> Result<Contents, Fault> {
    let mut verifier = Verifier::new(VerifyOptions::default());
    for piece in bytes.chunks(length) {
        verifier.push(piece)?;
    }
    verifier.finish()
}

/// Asserts that the files that another reader extracts include the config of the image.
fn same_to_another_reader(bytes: &[u8], identity: &Identity) {
    let mut archive = ::tar::Archive::new(bytes);
    let mut entries = archive.entries().expect("another reader reads it too");
    let has_config = entries.any(|entry| {
        let mut content = Vec::new();
        let mut entry = entry.expect("another reader reads each entry");
        entry.read_to_end(&mut content).expect("it is in memory");
        Digest::of(&content) == identity.config
    });
    assert!(has_config, "another reader finds no config of {identity:?}");
}

/// Returns archives in every layout, and hostile ones.
pub fn seeds() -> Vec<Vec<u8>> {
    let image = Image::new("web:1", 1);
    let layouts = [
        image.docker_folders(),
        image.docker_blobs(),
        image.containerd(Packing::Gzip, false),
        image.containerd(Packing::Zstd, true),
        image.oci_only(),
        image.podman(),
        image.crane(),
    ];
    let whole = layouts.iter().map(|layout| pack(layout));
    let hostile = CASES.iter().map(|case| (case.make)()).filter(|bytes| bytes.len() < 64 << 10);
    let with_length = |bytes: Vec<u8>| [&[7], &bytes[..]].concat();
    whole.chain(hostile).map(with_length).collect()
}

//! Cuts of zips: for arbitrary bytes, the blocks cover all of them, and the cuts depend neither on
//! the pieces in which the bytes are written nor on the level.

use std::io::{Cursor, Read as _, Write as _};

use flate2::read::DeflateDecoder;
use sealift_archive::{BlockTable, Level, ZipSink};
use sealift_testing::layouts::{Body, Entry, Image, noise, pack};

/// The maximum size of a block's content.
const MOST: u32 = 256 << 10;

/// Checks the property of cuts.
///
/// The first byte is the number of repetitions of the others, and the second one is the length of
/// the pieces in which they are written.
pub fn holds(bytes: &[u8]) {
    let [times, piece, content @ ..] = bytes else { return };
    let content = content.repeat(usize::from(times % 8) + 1);
    let (zip, table) = written(&content, usize::MAX, Level::Default);
    let (again, same) = written(&content, 1 + usize::from(*piece) * 97, Level::Default);
    assert!(zip == again && table == same, "the same content becomes another zip");
    let plain_sizes =
        |table: &BlockTable| -> Vec<u32> { table.iter().map(|block| block.plain_size).collect() };
    let (_, fast) = written(&content, usize::MAX, Level::Fast);
    assert_eq!(plain_sizes(&table), plain_sizes(&fast), "the level changes cuts");
    assert_eq!(table.plain_size(), content.len() as u64);
    for block in table.iter() {
        assert!((1..=MOST).contains(&block.plain_size), "{block:?}");
        let packed = &zip[block.offset as usize..][..block.size as usize];
        let mut plain = Vec::new();
        // The stream does not end with the block.
        let _ = DeflateDecoder::new(packed).read_to_end(&mut plain);
        let start = block.plain_offset as usize;
        assert!(plain == content[start..start + block.plain_size as usize], "{block:?}");
        let checksums = block.checksums.expect("the writer computes them");
        assert_eq!(checksums.packed_sha256, sealift_archive::oci::Digest::of(packed));
    }
}

fn written(content: &[u8], piece: usize, level: Level) -> (Vec<u8>, BlockTable) {
    let zip = Cursor::new(Vec::new());
    let mut zip = ZipSink::with_level(zip, "a.docker", level).expect("memory accepts all bytes");
    for piece in content.chunks(piece.clamp(1, content.len().max(1))) {
        zip.write_all(piece).expect("memory accepts all bytes");
    }
    let (zip, table) = zip.finish_with_blocks().expect("memory accepts all bytes");
    (zip.into_inner(), table)
}

/// Returns archives with small and large files in their layers, and bytes that are not a tar.
pub fn seeds() -> Vec<Vec<u8>> {
    let lengths = [0, 10, 600, 8_191, 8_192, 30_000, 270_000];
    let file = |length| Entry { name: format!("{length}"), body: Body::File(noise(length)) };
    let mut image = Image::new("web:1.0", 1);
    image.layers.push(pack(&lengths.map(file)));
    let seed = |content: &[u8]| [&[1, 200], content].concat();
    vec![seed(&pack(&image.podman())), seed(&pack(&image.docker_blobs())), seed(&noise(50_000))]
}

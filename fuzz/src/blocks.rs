//! Block tables: an arbitrary table causes no panic, and a layer that is read to its end has the
//! right content.

use std::io::{Cursor, Read as _, Write as _};
use std::sync::LazyLock;

use sealift_archive::{Archive, BlockTable, ExamineOptions, Level, Proof, ZipSink, examine};
use sealift_testing::layouts::{Body, Entry, Image, noise, pack};

/// An archive of several blocks.
static TAR: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut image = Image::new("web:1.0", 1);
    let layer = Entry { name: "file".to_owned(), body: Body::File(noise(600_000)) };
    image.layers.push(pack(&[layer]));
    pack(&image.podman())
});

static ZIP: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let zip = Cursor::new(Vec::new());
    let mut zip =
        ZipSink::with_level(zip, "a.docker", Level::Fast).expect("memory accepts all bytes");
    zip.write_all(&TAR).expect("memory accepts all bytes");
    zip.finish().expect("memory accepts all bytes").into_inner()
});

static PROOF: LazyLock<Proof> = LazyLock::new(|| {
    examine(ZIP.as_slice(), &ExamineOptions::new()).expect("the archive is valid")
});

/// Checks the property of block tables.
///
/// The bytes are the text of a table and, after a line break, those that replace the start of the
/// zip's member.
pub fn holds(bytes: &[u8]) {
    let (table, damage) = match bytes.iter().position(|byte| *byte == b'\n') {
        Some(at) => (&bytes[..at], &bytes[at + 1..]),
        None => (bytes, &[][..]),
    };
    let Some(table) = std::str::from_utf8(table).ok().and_then(|text| text.parse().ok()) else {
        return;
    };
    let table: BlockTable = table;
    let mut zip = ZIP.clone();
    let count = damage.len().min(1 << 10);
    zip[100..100 + count].copy_from_slice(&damage[..count]);
    let index = sealift_archive::ArchiveIndex::from(&*PROOF).with_blocks(table);
    let Ok(archive) = Archive::new(zip, index, "the zip") else { return };
    let _ = archive.plain().read_to_end(&mut Vec::new());
    for span in archive.layers() {
        let mut layer = Vec::new();
        let mut reader = archive.layer(&span.digest).expect("it is listed");
        if reader.read_to_end(&mut layer).is_ok() {
            let start = span.offset as usize;
            assert!(
                layer == TAR[start..start + span.size as usize],
                "the content of the layer differs"
            );
        }
    }
}

/// Returns the right table, and the same for a damaged zip.
pub fn seeds() -> Vec<Vec<u8>> {
    let archive = Archive::new(ZIP.as_slice(), &*PROOF, "the zip").expect("the archive is valid");
    let table = archive.index().blocks().map(ToString::to_string).unwrap_or_default();
    vec![table.clone().into_bytes(), format!("{table}\nabc").into_bytes(), b"60;5:5".to_vec()]
}

//! Zips: what is read of one is what another reader finds in it, and what is packed comes out the
//! same.

use std::io::{Cursor, Read as _, Write as _};

use sealift_archive::{Container, Level, PlainReader, ZipSink};
use sealift_testing::hostile::CASES;
use sealift_testing::layouts::noise;

/// Holds the laws of zips.
pub fn holds(bytes: &[u8]) {
    if let Some(content) = ours(bytes) {
        assert_eq!(another(bytes).as_ref(), Some(&content), "another reader finds something else");
    }
    let level = Level::ALL[bytes.len() % Level::ALL.len()];
    let mut sink =
        ZipSink::with_level(Cursor::new(Vec::new()), "a.docker", level).expect("memory takes all");
    sink.write_all(bytes).expect("memory takes all");
    let packed = sink.finish().expect("memory takes all").into_inner();
    assert_eq!(another(&packed).as_deref(), Some(bytes), "packed it is something else");
    assert_eq!(ours(&packed).as_deref(), Some(bytes));
}

/// Returns what is read of a zip; `None` if it is refused.
fn ours(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut reader = PlainReader::new(bytes, "the zip").ok()?;
    if reader.container() != Container::Zip {
        return None;
    }
    let mut content = Vec::new();
    reader.read_to_end(&mut content).ok()?;
    Some(content)
}

/// Returns the one file that another reader finds in a zip.
fn another(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut archive = ::zip::ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut content = Vec::new();
    archive.by_index(0).ok()?.read_to_end(&mut content).ok()?;
    (archive.len() == 1).then_some(content)
}

/// Makes zips, good and hostile, and content to pack.
pub fn seeds() -> Vec<Vec<u8>> {
    let hostile = CASES.iter().map(|case| (case.make)());
    let zips = hostile.filter(|bytes| bytes.starts_with(b"PK") && bytes.len() < 16 << 10);
    let mut seeds: Vec<Vec<u8>> = zips.collect();
    seeds.extend([Vec::new(), b"a few words ".repeat(300), noise(3000)]);
    seeds
}

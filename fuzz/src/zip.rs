//! Zips: sealift and another reader find the same content, and packing and unpacking returns the
//! input.

use std::io::{Cursor, Read as _, Write as _};

use sealift_archive::{Container, Level, PlainReader, ZipSink};
use sealift_testing::hostile::CASES;
use sealift_testing::layouts::noise;

/// Checks the properties of zips.
pub fn holds(bytes: &[u8]) {
    if let Some(content) = ours(bytes) {
        assert_eq!(another(bytes).as_ref(), Some(&content), "another reader finds other content");
    }
    let level = Level::ALL[bytes.len() % Level::ALL.len()];
    let mut sink = ZipSink::with_level(Cursor::new(Vec::new()), "a.docker", level)
        .expect("memory accepts all bytes");
    sink.write_all(bytes).expect("memory accepts all bytes");
    let packed = sink.finish().expect("memory accepts all bytes").into_inner();
    assert_eq!(another(&packed).as_deref(), Some(bytes), "packing changes the content");
    assert_eq!(ours(&packed).as_deref(), Some(bytes));
}

/// Returns the content of a zip; `None` if the zip is refused.
fn ours(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut reader = PlainReader::new(bytes, "the zip").ok()?;
    if reader.container() != Container::Zip {
        return None;
    }
    let mut content = Vec::new();
    reader.read_to_end(&mut content).ok()?;
    Some(content)
}

/// Returns the only file that another reader finds in a zip.
fn another(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut archive = ::zip::ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut content = Vec::new();
    archive.by_index(0).ok()?.read_to_end(&mut content).ok()?;
    (archive.len() == 1).then_some(content)
}

/// Returns zips, valid and hostile, and content to pack.
pub fn seeds() -> Vec<Vec<u8>> {
    let hostile = CASES.iter().map(|case| (case.make)());
    let zips = hostile.filter(|bytes| bytes.starts_with(b"PK") && bytes.len() < 16 << 10);
    let mut seeds: Vec<Vec<u8>> = zips.collect();
    seeds.extend([Vec::new(), b"a few words ".repeat(300), noise(3000)]);
    seeds
}

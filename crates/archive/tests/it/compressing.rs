//! Tests of compressed tars: equal bytes result in equal streams, and only a finished stream is
//! complete.

use std::io::{Read as _, Write as _};

use sealift_archive::{CompressedWriter, Compression, Container, PlainReader};
use sealift_testing::layouts::noise;

fn content() -> Vec<u8> {
    [noise(300_000), vec![7; 3_000_000]].concat()
}

fn compress(compression: Option<Compression>, pieces: usize) -> Vec<u8> {
    let mut writer = CompressedWriter::new(Vec::new(), compression).unwrap();
    for piece in content().chunks(pieces) {
        writer.write_all(piece).unwrap();
    }
    writer.finish().unwrap()
}

#[test]
fn compressed_bytes_are_read_back() {
    for (compression, container) in
        [(Compression::Gzip, Container::Gzip), (Compression::Zstd, Container::Zstd)]
    {
        let stream = compress(Some(compression), 100_000);
        assert!(stream.len() < content().len() / 5, "{compression}: {}", stream.len());
        assert_eq!(compression.container(), container);
        let mut reader = PlainReader::new(stream, "the stream").unwrap();
        assert_eq!(reader.container(), container);
        let mut read = Vec::new();
        reader.read_to_end(&mut read).unwrap();
        assert!(read == content());
    }
    assert!(compress(None, 100_000) == content());
}

#[test]
fn equal_bytes_result_in_equal_streams() {
    for compression in Compression::ALL {
        let stream = compress(Some(compression), 100_000);
        assert!(stream == compress(Some(compression), 100_000), "{compression}");
    }
    // The time in the gzip header (RFC 1952) is zero.
    assert_eq!(compress(Some(Compression::Gzip), 1000)[4..8], [0; 4]);
}

#[test]
fn a_dropped_stream_is_incomplete() {
    for compression in Compression::ALL {
        let mut stream = Vec::new();
        let mut writer = CompressedWriter::new(&mut stream, Some(compression)).unwrap();
        writer.write_all(&content()).unwrap();
        drop(writer);
        let mut reader = PlainReader::new(stream, "the stream").unwrap();
        assert!(reader.read_to_end(&mut Vec::new()).is_err(), "{compression}");
    }
}

//! Benchmarks of verifying and compressing in memory. Besides the engine and the disk, these limit
//! the speed of a save.
//!
//! `cargo bench -p sealift-archive`

use std::io::{Cursor, Write as _};

use divan::Bencher;
use divan::counter::BytesCount;
use sealift_archive::{Level, Verifier, VerifyOptions, ZipSink};
use sealift_testing::layouts::{Body, Entry, Image, Packing, noise, pack};

fn main() {
    divan::main();
}

/// The size of the content in bytes: small enough that divan can repeat a benchmark quickly.
const SIZE: usize = 8 << 20;

/// Returns text with some noise. It compresses about as well as programs do.
fn text() -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 16
    };
    let words: Vec<String> = (0..2000).map(|n| format!("{:x}_{n} ", next())).collect();
    let mut text = Vec::with_capacity(SIZE + 16);
    while text.len() < SIZE {
        text.extend_from_slice(words[next() as usize % words.len()].as_bytes());
    }
    text.truncate(SIZE);
    text
}

fn zip(bencher: Bencher<'_, '_>, content: &[u8], level: Level) {
    bencher.counter(BytesCount::of_slice(content)).bench(|| {
        let output = Cursor::new(Vec::with_capacity(content.len() + 1024));
        let mut sink = ZipSink::with_level(output, "web.docker", level).expect("memory takes all");
        sink.write_all(content).expect("memory takes all");
        sink.finish().expect("memory takes all")
    });
}

#[divan::bench(args = Level::ALL)]
fn deflate_text(bencher: Bencher<'_, '_>, level: Level) {
    zip(bencher, &text(), level);
}

#[divan::bench]
fn deflate_compressed_content(bencher: Bencher<'_, '_>) {
    zip(bencher, &noise(SIZE), Level::Default);
}

/// Verifies archives whose layers are stored in different forms, because the form decides what has
/// to be hashed and inflated.
#[divan::bench(args = ["plain layers", "gzip layers, named by a manifest", "gzip layers, in full"])]
fn verify(bencher: Bencher<'_, '_>, form: &str) {
    let mut image = Image::new("web:1.0", 1);
    let file = Entry { name: "bin/app".to_owned(), body: Body::File(text()) };
    image.layers.push(pack(&[file]));
    let packing = if form == "plain layers" { Packing::Plain } else { Packing::Gzip };
    let tar = pack(&image.containerd(packing, false));
    let options = VerifyOptions::new().with_decompress_layers(form.ends_with("in full"));
    bencher.counter(BytesCount::of_slice(&tar)).bench(|| {
        let mut verifier = Verifier::new(options.clone());
        for piece in tar.chunks(64 << 10) {
            verifier.push(piece).expect("the archive is valid");
        }
        verifier.finish().expect("the archive is valid")
    });
}

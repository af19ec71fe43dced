//! Benchmarks of parsing names and sorting versions, which listing a folder does for each file.
//!
//! `cargo bench -p sealift-filename`

use divan::{Bencher, black_box};
use sealift_filename::{ArchiveName, Precedence};

fn main() {
    divan::main();
}

#[divan::bench(args = [
    "web_1.28.0.259_0123456789ab.zip",
    "team-frontend_web_admin_2026.11.23+build.7.dirty_0123456789ab.docker",
    "notes.txt",
])]
fn parse(name: &str) -> Option<ArchiveName> {
    ArchiveName::try_parse(black_box(name))
}

#[divan::bench]
fn sort_1000_versions(bencher: Bencher<'_, '_>) {
    let versions: Vec<String> =
        (0..1000).map(|n| format!("1.{}.{}.{n}", n * 7 % 31, n * 13 % 17)).collect();
    bencher.bench(|| {
        let mut sorted: Vec<&str> = versions.iter().map(String::as_str).collect();
        sorted.sort_by_key(|version| Precedence::of(version));
        sorted
    });
}

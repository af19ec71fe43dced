//! Laws of the sealift crates: each module has one that holds whatever the bytes are, and the
//! inputs to begin with.
//!
//! `cargo xtask fuzz` lets libFuzzer look for bytes that break one. The tests hold each law against
//! its corpus, and against some thousand changes of it.

pub mod archive_name;
pub mod blocks;
pub mod build_output;
pub mod corpus;
pub mod cut;
pub mod ignore_file;
pub mod metadata;
pub mod signature;
pub mod tar;
pub mod zip;

/// A law, and what to begin with.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, which is its program's.
    pub name: &'static str,
    /// Panics if the law is broken.
    pub holds: fn(&[u8]),
    /// Makes the inputs to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Every target.
pub const TARGETS: [Target; 9] = [
    Target { name: "archive_name", holds: archive_name::holds, seeds: archive_name::seeds },
    Target { name: "blocks", holds: blocks::holds, seeds: blocks::seeds },
    Target { name: "build_output", holds: build_output::holds, seeds: build_output::seeds },
    Target { name: "cut", holds: cut::holds, seeds: cut::seeds },
    Target { name: "ignore_file", holds: ignore_file::holds, seeds: ignore_file::seeds },
    Target { name: "metadata", holds: metadata::holds, seeds: metadata::seeds },
    Target { name: "signature", holds: signature::holds, seeds: signature::seeds },
    Target { name: "tar", holds: tar::holds, seeds: tar::seeds },
    Target { name: "zip", holds: zip::holds, seeds: zip::seeds },
];

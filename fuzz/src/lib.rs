//! Properties of the sealift crates that must hold for arbitrary bytes. Each module checks one, and
//! contains its corpus.
//!
//! `cargo xtask fuzz` runs libFuzzer to find bytes that violate one. The tests check each property
//! with its corpus, and with some thousand changes of it.

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

/// A property, and its corpus.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Name of the property, as in `SEALIFT_FUZZ_TARGET`.
    pub name: &'static str,
    /// Checks the property for an input. Panics if it does not hold.
    pub holds: fn(&[u8]),
    /// Returns the corpus.
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

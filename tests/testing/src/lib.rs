//! What the tests of several sealift crates share: the gate to real engines, and archives in the
//! layouts that engines write, and as somebody might make them to do harm.
//!
//! A test that needs an engine lives in a module named `on_engine` and asks [`engine`] for one. The
//! variable `SEALIFT_TEST_ENGINES` names the engines there are (`docker=unix:///run/a.sock,podman=…`);
//! `cargo xtask test` sets it, and compares the tests that got an engine, as written to the file
//! named by `SEALIFT_TEST_LEDGER`, with the tests that there are.

mod gate;
pub mod hostile;
pub mod layouts;
mod program;
pub mod raw_tar;
pub mod raw_zip;

pub use gate::{Engine, engine};
pub use program::{output_of, program};

//! Helpers for the tests of several sealift crates: access to real engines, and archives in the
//! layouts that engines write and hostile ones.
//!
//! A test that needs an engine is in a module named `on_engine` and calls [`engine`]. The variable
//! `SEALIFT_TEST_ENGINES` names the engines (`docker=unix:///run/a.sock,podman=…`), and
//! `SEALIFT_TEST_DOORS` the folders that describe their other addresses. `cargo xtask test` sets
//! them, and compares the tests that got an engine, as recorded in the file `SEALIFT_TEST_LEDGER`,
//! with the list of tests.

pub mod fault_proxy;
mod gate;
pub mod hostile;
pub mod layouts;
mod program;
pub mod raw_tar;
pub mod raw_zip;
mod spans;
mod tcp_relay;
mod web_server;
mod xz;

pub use gate::{Engine, engine, engine_with_door, server};
pub use program::{output_of, program};
pub use spans::{Span, payload, spans};
pub use tcp_relay::tcp_relay;
pub use web_server::{Nginx, WebServer};
pub use xz::xz;

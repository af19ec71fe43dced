//! What the tests of several sealift crates share: the gate to real engines, and archives in the
//! layouts that engines write, and as somebody might make them to do harm.
//!
//! A test that needs an engine lives in a module named `on_engine` and asks [`engine`] for one. The
//! variable `SEALIFT_TEST_ENGINES` names the engines there are
//! (`docker=unix:///run/a.sock,podman=…`), and `SEALIFT_TEST_DOORS` the folders of what else they
//! can be reached by; `cargo xtask test` sets them, and compares the tests that got an engine, as
//! written to the file named by `SEALIFT_TEST_LEDGER`, with the tests that there are.

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

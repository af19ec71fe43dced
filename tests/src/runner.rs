//! End-to-end tests of the built command.
#![cfg(test)]
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that can't go on stops and says why"
)]

mod bad_input;
mod command;
mod damaged_saves;
mod fake_engine;
mod help;
mod http;
mod interrupt;
mod main_job;
mod names;

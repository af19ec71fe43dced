//! The fault bench: every run survives its fault.
//!
//! A test is a scenario that runs with several seeds: a few in the tests, any number with `cargo
//! xtask faults`. The assertions after each run are in [`stand`]: files with the name of an archive
//! are complete, and a failed command has changed nothing.

mod bench;
mod saved;
mod stand;
pub(crate) mod trace;

pub(crate) mod disk;
mod docker_save;
mod ended;
mod line_on_load;
mod line_on_save;
mod many;
mod order;
mod real_saves;

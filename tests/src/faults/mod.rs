//! The fault bench: every fault is survived, run by run.
//!
//! A test here is a scenario, which is run with several seeds: a few in the tests, as many as
//! wanted by `cargo xtask faults`. What has to hold after each run is said in [`stand`]: what has
//! an archive's name is whole, and what isn't done has changed nothing.

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

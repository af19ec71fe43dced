//! Reading and verification of published archives.

mod block_check;
mod examine;
pub(crate) mod list;
mod object_source;
pub(crate) mod place;
pub(crate) mod report;
mod sums_check;
pub(crate) mod verify;

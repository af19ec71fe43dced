//! Arguments that several commands share, and the parsers of their values.

pub(crate) mod choose;
pub(crate) mod completer;
pub(crate) mod engine;
pub(crate) mod file;
pub(crate) mod folder;
pub(crate) mod global;
pub(crate) mod hosts;
mod hosts_file;
pub(crate) mod immutable;
pub(crate) mod latest;
pub(crate) mod one_of;
pub(crate) mod pattern;
pub(crate) mod place;
pub(crate) mod platform;
pub(crate) mod reference;
pub(crate) mod signers;

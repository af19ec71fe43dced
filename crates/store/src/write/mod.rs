//! Changing a folder.

pub(crate) mod publish;
pub(crate) mod remove;
pub(crate) mod staging;
pub(crate) mod sweep;

//! Changes to a folder.

pub(crate) mod arriving;
pub(crate) mod early_sync;
pub(crate) mod hidden_file;
pub(crate) mod prune;
pub(crate) mod publish;
pub(crate) mod remove;
pub(crate) mod scratch;
pub(crate) mod staging;
pub(crate) mod sweep;
pub(crate) mod target_folder;
pub(crate) mod unfinished;

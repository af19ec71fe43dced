//! One command a file.

pub(crate) mod add;
pub(crate) mod build;
pub(crate) mod cat;
pub(crate) mod clean;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod diff;
pub(crate) mod env;
pub(crate) mod export;
pub(crate) mod fetch;
pub(crate) mod list;
pub(crate) mod load;
pub(crate) mod man;
pub(crate) mod name;
pub(crate) mod overview;
pub(crate) mod path;
pub(crate) mod publish;
pub(crate) mod serve;
pub(crate) mod show;
pub(crate) mod tag;
pub(crate) mod update;
pub(crate) mod verify;
pub(crate) mod version;

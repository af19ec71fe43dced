//! The commands: a file or a folder for each.

pub(crate) mod add;
pub(crate) mod build;
pub(crate) mod cat;
pub(crate) mod clean;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod diff;
pub(crate) mod env;
pub(crate) mod export;
#[cfg(feature = "remote")]
pub(crate) mod fetch;
#[cfg(not(all(feature = "remote", feature = "serve")))]
pub(crate) mod left_out;
pub(crate) mod list;
pub(crate) mod load;
pub(crate) mod man;
pub(crate) mod name;
pub(crate) mod overview;
pub(crate) mod path;
#[cfg(feature = "remote")]
pub(crate) mod publish;
#[cfg(feature = "serve")]
pub(crate) mod serve;
pub(crate) mod show;
pub(crate) mod tag;
pub(crate) mod update;
pub(crate) mod verify;
pub(crate) mod version;

//! Reading of a folder: the archives and their contents.

pub(crate) mod complete;
pub(crate) mod entries;
pub(crate) mod examine;
pub(crate) mod open;
pub(crate) mod options;
pub(crate) mod parallel;
pub(crate) mod scan;
pub(crate) mod select;

//! Reading a folder: which archives there are, and what they hold.

pub(crate) mod entries;
pub(crate) mod examine;
pub(crate) mod scan;
pub(crate) mod select;

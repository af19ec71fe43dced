//! Reading archives: from the stored bytes to the plain tar and its proof.

pub(crate) mod container;
pub(crate) mod detect;
pub(crate) mod examine;
pub(crate) mod hash;
pub(crate) mod look;
pub(crate) mod pieces;
pub(crate) mod plain;
pub(crate) mod raw;
pub(crate) mod verified;
pub(crate) mod zip;

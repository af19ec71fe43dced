//! Reading archives: from the bytes of a file to the plain tar inside.

pub(crate) mod detect;
pub(crate) mod examine;
pub(crate) mod plain;
pub(crate) mod verified;
pub(crate) mod zip_directory;
pub(crate) mod zip_member;

//! Verifying archives: from the bytes of a plain tar to the image in it.

pub(crate) mod completeness;
pub(crate) mod documents;
pub(crate) mod entries;
pub(crate) mod images;
pub(crate) mod judge;
pub(crate) mod layout;
pub(crate) mod oci_view;
pub(crate) mod pax;
pub(crate) mod renamer;
pub(crate) mod report;
pub(crate) mod spans;
pub(crate) mod sparse;
pub(crate) mod tar_entry;
pub(crate) mod tar_header;
pub(crate) mod tar_stream;
pub(crate) mod unreferenced;
pub(crate) mod verifier;

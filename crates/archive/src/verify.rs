//! Verification of archives: from the bytes of a plain tar to the image in it.
//!
//! ```text
//! bytes ─▶ tar_stream ─▶ collector ─▶ judge ─▶ Judgement or Fault
//!          parses tar    hashes       decides, as a pure function of the entries
//! ```

pub(crate) mod collector;
pub(crate) mod completeness;
pub(crate) mod decompressor;
pub(crate) mod documents;
pub(crate) mod entries;
pub(crate) mod image;
pub(crate) mod images;
pub(crate) mod judge;
pub(crate) mod layout;
pub(crate) mod links;
pub(crate) mod oci_view;
pub(crate) mod pax;
pub(crate) mod renamer;
pub(crate) mod report;
pub(crate) mod spans;
pub(crate) mod sparse;
pub(crate) mod sparse_map;
pub(crate) mod tar_checksum;
pub(crate) mod tar_entry;
pub(crate) mod tar_extension;
pub(crate) mod tar_header;
pub(crate) mod tar_opening;
pub(crate) mod tar_sink;
pub(crate) mod tar_stream;
pub(crate) mod unreferenced;
pub(crate) mod verifier;

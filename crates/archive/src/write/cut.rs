//! The cut rule, which decides where a plain tar is cut into blocks.

pub(crate) mod cutter;
pub(crate) mod gear;
pub(crate) mod key;
pub(crate) mod tar_scan;

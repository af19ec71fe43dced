//! Zips with one member.

pub(crate) mod directory;
pub(crate) mod end;
pub(crate) mod entry;
pub(crate) mod extra;
pub(crate) mod inflate;
pub(crate) mod member;
pub(crate) mod record;
pub(crate) mod scan;
pub(crate) mod written;

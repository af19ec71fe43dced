//! File system operations for folders that several processes write to.

pub(crate) mod abandoned;
pub(crate) mod case;
pub(crate) mod dir;
pub(crate) mod lock;
pub(crate) mod own_folder;
pub(crate) mod shared;
pub(crate) mod stat;
pub(crate) mod sync;
pub(crate) mod unique;

//! How any part of an archive's plain tar is reached.

use std::sync::Arc;

use crate::block_table::BlockTable;
use crate::input::Input;

/// An archive, and how parts of its plain tar are read from it.
#[derive(Debug)]
pub(crate) struct Access<S> {
    pub(crate) source: S,
    /// The archive as messages name it.
    pub(crate) input: Input,
    pub(crate) route: Route,
}

/// How a part of the plain tar is reached.
#[derive(Debug)]
pub(crate) enum Route {
    /// Its bytes are in the source as they are, from this offset on.
    Direct(u64),
    Blocks(Arc<BlockTable>),
    /// Everything before it is decompressed.
    Sequential,
}

//! Access to parts of an archive's plain tar.

use std::sync::Arc;

use crate::block_table::BlockTable;
use crate::input::Input;

/// The source of an archive, and the way to read parts of its plain tar. Clones share the source.
#[derive(Debug)]
pub(crate) struct Access<S> {
    pub(crate) source: Arc<S>,
    /// The name of the archive in messages.
    pub(crate) input: Input,
    pub(crate) route: Route,
}

// Not derived, because a derived implementation would require `S: Clone`.
impl<S> Clone for Access<S> {
    fn clone(&self) -> Self {
        let Self { source, input, route } = self;
        Self { source: Arc::clone(source), input: input.clone(), route: route.clone() }
    }
}

/// The way to read a part of the plain tar.
#[derive(Debug, Clone)]
pub(crate) enum Route {
    /// The source contains the plain tar uncompressed, from this offset on.
    Direct(u64),
    /// The blocks that contain the part are inflated.
    Blocks(Arc<BlockTable>),
    /// Everything before the part is decompressed.
    Sequential,
}

//! How any part of an archive's plain tar is reached.

use std::sync::Arc;

use crate::block_table::BlockTable;
use crate::input::Input;

/// An archive, and how parts of its plain tar are read from it. Clones share the source.
#[derive(Debug)]
pub(crate) struct Access<S> {
    pub(crate) source: Arc<S>,
    /// The archive as messages name it.
    pub(crate) input: Input,
    pub(crate) route: Route,
}

// Not derived, since the source itself need not be `Clone`.
impl<S> Clone for Access<S> {
    fn clone(&self) -> Self {
        let Self { source, input, route } = self;
        Self { source: Arc::clone(source), input: input.clone(), route: route.clone() }
    }
}

/// How a part of the plain tar is reached.
#[derive(Debug, Clone)]
pub(crate) enum Route {
    /// Its bytes are in the source as they are, from this offset on.
    Direct(u64),
    Blocks(Arc<BlockTable>),
    /// Everything before it is decompressed.
    Sequential,
}

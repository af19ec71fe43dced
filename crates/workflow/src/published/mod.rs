//! What was published, seen from its destination.

pub(crate) mod place;

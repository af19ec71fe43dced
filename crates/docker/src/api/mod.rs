//! The calls to an engine.

pub(crate) mod engine;
pub(crate) mod id_kind;
pub(crate) mod image;
pub(crate) mod images;
pub(crate) mod inspect;
pub(crate) mod load;
pub(crate) mod loaded;
pub(crate) mod platform;
pub(crate) mod query;
pub(crate) mod reference;
pub(crate) mod save;
pub(crate) mod version;

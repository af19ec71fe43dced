//! Connections to an engine, and HTTP over them.

pub(crate) mod archive_body;
pub(crate) mod bollard_client;
pub(crate) mod connection;
pub(crate) mod flow;
pub(crate) mod json_lines;
pub(crate) mod keepalive;
pub(crate) mod limits;
pub(crate) mod meter;
pub(crate) mod permission;
pub(crate) mod read_body;
pub(crate) mod socket;
pub(crate) mod ssh;
#[cfg(feature = "tls")]
pub(crate) mod tls;
pub(crate) mod transport;
pub(crate) mod upload;

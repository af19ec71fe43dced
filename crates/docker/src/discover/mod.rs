//! Finds the engine to use, and how to connect to it.

pub(crate) mod address;
pub(crate) mod address_error;
pub(crate) mod api_version;
pub(crate) mod cli_context;
pub(crate) mod docker_config;
pub(crate) mod endpoint;
pub(crate) mod machine;
pub(crate) mod resolve_error;
pub(crate) mod setting;
pub(crate) mod settings;
pub(crate) mod timeouts;
pub(crate) mod tls;

//! A client for HTTP/1.1 over TCP or TLS, which supports proxies, streams bodies and does not limit
//! the total time of a request.

pub(crate) mod client;
mod connect;
pub(crate) mod failure;
mod idle;
pub(crate) mod proxy;
mod tls;

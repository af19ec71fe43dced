//! A client for HTTP/1.1 over TCP or TLS, through proxies, with streamed bodies and without a limit
//! on the whole time.

pub(crate) mod client;
mod connect;
pub(crate) mod failure;
mod idle;
pub(crate) mod proxy;
mod tls;

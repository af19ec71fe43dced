//! The name under which other machines reach the server.

use std::net::SocketAddr;

/// Returns the host and the port under which clients reach a server that listens at an address. If
/// it listens at all addresses of the machine, that is the machine's name.
///
/// ```
/// assert_eq!(sealift_serve::public_address("[::1]:5000".parse()?), "[::1]:5000");
/// assert!(sealift_serve::public_address("0.0.0.0:5000".parse()?).ends_with(":5000"));
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
pub fn public_address(address: SocketAddr) -> String {
    if !address.ip().is_unspecified() {
        return address.to_string();
    }
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let is_name = !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    format!("{}:{}", if is_name { &name } else { "localhost" }, address.port())
}

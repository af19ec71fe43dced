//! The address at which other machines reach the server.

use std::net::SocketAddr;

/// Returns the host and port at which clients reach a server that listens on these addresses.
///
/// It is the first address that is not a loopback address. If that is an unspecified address, such
/// as `0.0.0.0`, the host name of the machine is used instead.
///
/// ```
/// use sealift_serve::public_address;
///
/// assert_eq!(public_address(&["127.0.0.1:80".parse()?, "[fd00::1]:80".parse()?]), "[fd00::1]:80");
/// assert!(public_address(&["0.0.0.0:5000".parse()?]).ends_with(":5000"));
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
pub fn public_address(addresses: &[SocketAddr]) -> String {
    let is_public = |address: &&SocketAddr| !address.ip().is_loopback();
    let Some(address) = addresses.iter().find(is_public).or(addresses.first()) else {
        return String::new();
    };
    if !address.ip().is_unspecified() {
        return address.to_string();
    }
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let is_name = !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    format!("{}:{}", if is_name { &name } else { "localhost" }, address.port())
}

//! Locations on real servers, and behind a proxy that reproduces failures of networks.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

mod downloads;
mod faults;
mod logins;
mod place;
mod tunnels;
mod uploads;

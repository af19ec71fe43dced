//! Places in front of real servers, and of a proxy that does what networks do wrong.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod downloads;
mod faults;
mod logins;
mod place;
mod tunnels;
mod uploads;

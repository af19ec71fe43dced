//! Tests of sealift-docker: against real engines where there are some, and against a fake one for what real
//! engines do only when something breaks.

#![expect(clippy::unwrap_used, reason = "a test that can't go on says so best by a panic")]

mod build;
mod calls;
mod context;
mod fake;
mod load;
mod on_engine;
mod resolve;
mod save;

use std::error::Error;
use std::fmt::Write as _;

/// Gives an error with its causes, a line each.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        write!(text, "\n  caused by: {error}").unwrap();
        cause = error.source();
    }
    text
}

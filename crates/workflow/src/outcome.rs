//! The JSON form of a result or an error for something that the caller named.

use serde::Serialize;

use crate::error::Error;

/// A result or an error. Serializes as the result, as `{asked, error}`, or as `{error}` if the
/// error is not about a name that the caller passed.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Outcome<'a, T> {
    Done(&'a T),
    Failed {
        #[serde(skip_serializing_if = "Option::is_none")]
        asked: Option<&'a str>,
        error: &'a Error,
    },
}

impl<'a, T> Outcome<'a, T> {
    pub(crate) fn of(asked: Option<&'a str>, result: &'a Result<T, Error>) -> Self {
        match result {
            Ok(done) => Self::Done(done),
            Err(error) => Self::Failed { asked, error },
        }
    }
}

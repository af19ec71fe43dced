//! The JSON of something that was asked for, and of what became of it.

use serde::Serialize;

use crate::error::Error;

/// It serialises as the result, or as `{asked, error}`, or as `{error}` if that concerns nothing
/// that was asked for.
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

//! What could not be done, to which image, at which engine.

use crate::discover::address::Address;
use crate::failure::Failure;

/// What could not be done, to which image, at which engine; the [`Failure`] is its source.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(Box<Parts>);

#[derive(Debug, thiserror::Error)]
#[error("cannot {action} the engine at {address}")]
struct Parts {
    /// The operation with its image, up to the engine: "save `web:1` from".
    action: String,
    image: Option<String>,
    address: Address,
    #[source]
    failure: Failure,
}

/// What kind of failure an [`Error`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Nobody answers at the engine's address.
    Unreachable,
    /// The engine or this side could not prove who it is.
    Unproven,
    /// The engine speaks no version of the API that is spoken here.
    OtherApi,
    /// The engine doesn't have the image.
    NotFound,
    /// The engine said no.
    Refused,
    /// The connection broke off.
    Broken,
    /// The engine fell silent.
    Idle,
    /// The engine's answer can't be understood.
    Unintelligible,
    /// The stream that was to be sent ended with an error of its own.
    Upload,
    /// What was to be done can't be: a reference that none can be, a context that can't be sent.
    Input,
}

impl Error {
    /// Tells what kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.failure.kind()
    }

    /// Gives the failure itself.
    pub fn failure(&self) -> &Failure {
        &self.0.failure
    }

    /// Gives the failure itself, for those who want what is in it.
    pub fn into_failure(self) -> Failure {
        self.0.failure
    }

    /// Gives the image that the operation was about, where it was about one.
    pub fn image(&self) -> Option<&str> {
        self.0.image.as_deref()
    }

    /// Gives the engine's address.
    pub fn address(&self) -> &Address {
        &self.0.address
    }
}

/// The operation that is under way, to be named when it fails.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    action: String,
    image: Option<String>,
    address: Address,
}

impl Operation {
    pub(crate) fn new(action: impl Into<String>, image: Option<&str>, address: &Address) -> Self {
        let image = image.map(str::to_owned);
        Self { action: action.into(), image, address: address.clone() }
    }

    pub(crate) fn fail(&self, failure: impl Into<Failure>) -> Error {
        Error(Box::new(Parts {
            action: self.action.clone(),
            image: self.image.clone(),
            address: self.address.clone(),
            failure: failure.into(),
        }))
    }
}

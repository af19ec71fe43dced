//! The error of an operation; [`Failure`] is its reason.

use crate::discover::address::Address;
use crate::error_kind::ErrorKind;
use crate::failure::Failure;

/// An error of an operation of an [`Engine`](crate::Engine).
///
/// The message contains the operation, the image and the engine. The source is the [`Failure`].
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(Box<Parts>);

#[derive(Debug, thiserror::Error)]
#[error("cannot {action} the engine at {address}")]
struct Parts {
    /// The operation with its image, as a phrase before "the engine": "save `web:1` from".
    action: String,
    image: Option<String>,
    address: Address,
    #[source]
    failure: Failure,
}

impl Error {
    /// Returns the kind of the failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.failure.kind()
    }

    /// Returns the reason why the operation failed.
    pub fn failure(&self) -> &Failure {
        &self.0.failure
    }

    /// Returns the reason why the operation failed.
    pub fn into_failure(self) -> Failure {
        self.0.failure
    }

    /// Returns the reference of the image that the operation was about, if there is one.
    pub fn image(&self) -> Option<&str> {
        self.0.image.as_deref()
    }

    /// Returns the engine's address.
    pub fn address(&self) -> &Address {
        &self.0.address
    }
}

/// The current operation, which is named in its error.
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

//! What could not be done; [`Failure`] is the reason.

use crate::discover::address::Address;
use crate::error_kind::ErrorKind;
use crate::failure::Failure;

/// An operation of an [`Engine`](crate::Engine) failed.
///
/// The message names the operation, the image and the engine. Its source is the [`Failure`].
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

impl Error {
    /// Returns the kind of the failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.failure.kind()
    }

    /// Returns why the operation failed.
    pub fn failure(&self) -> &Failure {
        &self.0.failure
    }

    /// Returns why the operation failed.
    pub fn into_failure(self) -> Failure {
        self.0.failure
    }

    /// Returns the image that the operation was about, if it was about one.
    pub fn image(&self) -> Option<&str> {
        self.0.image.as_deref()
    }

    /// Returns the engine's address.
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

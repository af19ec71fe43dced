//! The reasons why there is no answer to a request.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::time::Duration;

use rustls::CertificateError;

use crate::error::ErrorKind;

/// The reason why there is no answer, or no complete one. It contains no secrets: neither URLs nor
/// headers.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct Failure {
    pub(crate) kind: FailureKind,
    pub(crate) reason: String,
}

/// The stage at which a request failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailureKind {
    /// No connection was opened, so the server has not received anything of the request.
    Connect,
    /// The connection was lost. The server may have received the request.
    Broken,
    /// No data was sent or received for too long. The server may have received the request.
    Silent,
    /// The answer is not HTTP.
    NotHttp,
    /// A repetition would fail as well: a certificate is not trusted, or a setting is wrong.
    Final(ErrorKind),
}

impl Failure {
    pub(crate) fn new(kind: FailureKind, reason: impl Into<String>) -> Self {
        Self { kind, reason: reason.into() }
    }

    /// Returns the kind of error that the caller gets if the request is not repeated any more.
    pub(crate) fn error_kind(&self) -> ErrorKind {
        match self.kind {
            FailureKind::Connect | FailureKind::Broken | FailureKind::Silent => {
                ErrorKind::Unreachable
            }
            FailureKind::NotHttp => ErrorKind::BadAnswer,
            FailureKind::Final(kind) => kind,
        }
    }

    /// Returns `true` if the same request may succeed later.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self.kind, FailureKind::Connect | FailureKind::Broken | FailureKind::Silent)
    }

    /// Describes an error of a request, or of the body of an answer.
    pub(crate) fn of(error: &(dyn StdError + 'static)) -> Self {
        let mut cause = Some(error);
        let mut is_broken = false;
        while let Some(error) = cause {
            if let Some(failure) = error.downcast_ref::<Self>() {
                return failure.clone();
            }
            if let Some(error) = error.downcast_ref::<io::Error>() {
                return Self::of_io(error);
            }
            if let Some(error) = error.downcast_ref::<hyper::Error>() {
                if error.is_parse() || error.is_parse_too_large() {
                    return Self::new(FailureKind::NotHttp, "the answer is not HTTP");
                }
                is_broken |= error.is_incomplete_message() || error.is_closed();
            }
            cause = error.source();
        }
        if is_broken {
            return Self::new(FailureKind::Broken, "the server closed the connection too early");
        }
        Self::new(FailureKind::Broken, error.to_string())
    }

    fn of_io(error: &io::Error) -> Self {
        let inner = error.get_ref();
        if let Some(silence) = inner.and_then(|inner| inner.downcast_ref::<Silence>()) {
            return Self::new(FailureKind::Silent, silence.to_string());
        }
        if let Some(error) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return Self::new(FailureKind::Broken, error.to_string());
        }
        if let Some(inner) = inner.filter(|inner| inner.is::<Self>() || inner.source().is_some()) {
            return Self::of(inner);
        }
        Self::new(FailureKind::Broken, error.to_string())
    }

    /// Describes the reason why a TLS handshake failed.
    pub(crate) fn of_handshake(error: &io::Error, host: &str) -> Self {
        let inner = error.get_ref();
        let Some(error) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) else {
            return Self::new(FailureKind::Connect, error.to_string());
        };
        let denied = FailureKind::Final(ErrorKind::Unreachable);
        let reason = match error {
            rustls::Error::InvalidCertificate(error) => describe_certificate(error, host),
            rustls::Error::InvalidMessage(_) => "the server does not use TLS".to_owned(),
            error => error.to_string(),
        };
        Self::new(denied, reason)
    }
}

fn describe_certificate(error: &CertificateError, host: &str) -> String {
    match error {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "the server's certificate is from an authority that is not trusted; set SSL_CERT_FILE \
             to a file with the authority's certificate"
                .to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the server's certificate has expired".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the server's certificate is not valid yet, by this machine's clock".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("the server's certificate is not for `{host}`")
        }
        error => format!("the server's certificate cannot be used: {error}"),
    }
}

/// The error of a connection on which no data was sent or received for this long.
#[derive(Debug)]
pub(super) struct Silence(pub(super) Duration);

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no data was sent or received for {} s", self.0.as_secs_f64())
    }
}

impl StdError for Silence {}

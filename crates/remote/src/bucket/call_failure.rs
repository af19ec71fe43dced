//! The reason why a request to a bucket failed, in a few words.
//!
//! The errors of object_store do not provide the status and the server's answer, and their text
//! contains complete answers. Therefore the transport records what it sees, and this module uses
//! the record.

use std::cell::RefCell;
use std::error::Error as StdError;

use hyper::StatusCode;

use crate::error::ErrorKind;

/// The maximum number of characters of a server's message.
const LONGEST: usize = 300;

tokio::task_local! {
    static LAST: RefCell<Option<Trouble>>;
}

/// The transport's record of a failed request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// An answer with an error status.
    Status { status: StatusCode, code: String, message: String },
    /// There was no answer.
    Connection(ErrorKind, String),
}

/// A request that failed.
#[derive(Debug)]
pub(super) struct CallFailure {
    error: object_store::Error,
    trouble: Option<Trouble>,
}

/// Records the result of the latest request.
pub(super) fn note(trouble: Option<Trouble>) {
    let _ = LAST.try_with(|last| *last.borrow_mut() = trouble);
}

/// Runs a call of object_store. A failure gets the transport's record of it.
pub(super) async fn watched<T>(
    call: impl Future<Output = object_store::Result<T>>,
) -> Result<T, CallFailure> {
    let work = async {
        call.await.map_err(|error| {
            let trouble = LAST.with(|last| last.borrow_mut().take());
            CallFailure { error, trouble }
        })
    };
    LAST.scope(RefCell::new(None), work).await
}

impl CallFailure {
    /// Returns the kind of error for this failure.
    pub(super) fn kind(&self) -> ErrorKind {
        use object_store::Error;
        match (&self.trouble, &self.error) {
            (Some(Trouble::Status { status, code, .. }), _) => kind_of(*status, code),
            (Some(Trouble::Connection(kind, _)), _) => *kind,
            (None, Error::NotFound { .. }) => ErrorKind::NotFound,
            (None, Error::Precondition { .. } | Error::AlreadyExists { .. }) => ErrorKind::Changed,
            (None, Error::PermissionDenied { .. } | Error::Unauthenticated { .. }) => {
                ErrorKind::Denied
            }
            (None, Error::NotSupported { .. } | Error::NotImplemented { .. }) => {
                ErrorKind::Unsupported
            }
            (None, _) => ErrorKind::BadAnswer,
        }
    }

    /// Returns `true` if the object is missing, but the bucket exists.
    pub(super) fn is_missing_object(&self) -> bool {
        match &self.trouble {
            Some(Trouble::Status { status, code, .. }) => {
                *status == StatusCode::NOT_FOUND
                    && !matches!(code.as_str(), "NoSuchBucket" | "ContainerNotFound")
            }
            _ => matches!(self.error, object_store::Error::NotFound { .. }),
        }
    }

    /// Returns `true` if the server answered that the object has not changed.
    pub(super) fn is_not_modified(&self) -> bool {
        matches!(self.error, object_store::Error::NotModified { .. })
    }

    /// Returns `true` if the request may have taken effect although it failed.
    pub(super) fn is_ambiguous(&self) -> bool {
        matches!(self.kind(), ErrorKind::Unreachable | ErrorKind::Server | ErrorKind::Changed)
    }

    /// Returns the reason, in words for users.
    pub(super) fn reason(&self) -> String {
        match &self.trouble {
            Some(Trouble::Status { status, code, message }) => reason_of(*status, code, message),
            Some(Trouble::Connection(_, reason)) => reason.clone(),
            None => innermost(&self.error),
        }
    }
}

/// Returns the text of the last error in the chain. The errors above it repeat it.
pub(super) fn innermost(error: &object_store::Error) -> String {
    let mut last: &dyn StdError = error;
    while let Some(source) = last.source() {
        last = source;
    }
    shortened(&last.to_string())
}

fn kind_of(status: StatusCode, code: &str) -> ErrorKind {
    match (status.as_u16(), code) {
        (404, _) => ErrorKind::NotFound,
        (401 | 403, _) => ErrorKind::Denied,
        (400, "ExpiredToken" | "InvalidToken" | "invalid_grant" | "invalid_client") => {
            ErrorKind::Denied
        }
        (304 | 409 | 412, _) => ErrorKind::Changed,
        (300..=399, _) | (400, "AuthorizationHeaderMalformed") => ErrorKind::Settings,
        (501, _) => ErrorKind::Unsupported,
        (408 | 429 | 500..=599, _) => ErrorKind::Server,
        _ => ErrorKind::BadAnswer,
    }
}

fn reason_of(status: StatusCode, code: &str, message: &str) -> String {
    let known = match code {
        "NoSuchBucket" | "ContainerNotFound" => "there is no such bucket",
        "NoSuchKey" | "BlobNotFound" => "there is no such object",
        "AccessDenied" | "AuthorizationFailure" | "AuthorizationPermissionMismatch" => {
            "access is denied"
        }
        "InvalidAccessKeyId" => "the server does not accept the access key",
        "SignatureDoesNotMatch" | "AuthenticationFailed" => "the secret key is wrong",
        "ExpiredToken" => "the credentials have expired",
        "RequestTimeTooSkewed" => "the clocks of this machine and of the server differ",
        "PermanentRedirect" | "AuthorizationHeaderMalformed" => {
            "the bucket is in another region; set AWS_REGION"
        }
        "InsufficientStorage" | "QuotaExceeded" => "the quota is exceeded",
        _ => "",
    };
    let text = match status.as_u16() {
        _ if !known.is_empty() => known.to_owned(),
        412 | 409 => "it changed in the meantime".to_owned(),
        _ if !message.is_empty() => shortened(message),
        300..=399 => "the bucket is in another region; set AWS_REGION".to_owned(),
        401 | 403 => "access is denied".to_owned(),
        404 => "there is no such object or bucket".to_owned(),
        _ => "the server failed to answer the request".to_owned(),
    };
    let number = status.as_u16();
    match code {
        "" => format!("{text} (HTTP {number})"),
        code => format!("{text} (HTTP {number}, {})", shortened(code)),
    }
}

/// Returns the first line of a text, without control characters and shortened.
fn shortened(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    let mut short: String = line.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    if short.ends_with('.') {
        short.pop();
    }
    short
}

/// Parses the code and the message in an answer, which is XML, or JSON from token servers.
pub(super) fn read(status: StatusCode, header_code: Option<&str>, body: &str) -> Trouble {
    let code = xml(body, "Code").or_else(|| json(body, "error"));
    let message = xml(body, "Message").or_else(|| json(body, "error_description"));
    Trouble::Status {
        status,
        code: code.or_else(|| header_code.map(str::to_owned)).unwrap_or_default(),
        message: message.unwrap_or_default(),
    }
}

/// Returns the text of the first element with this name. The text is only shown, so decoding the
/// usual entities is enough.
fn xml(body: &str, name: &str) -> Option<String> {
    let (_, rest) = body.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    Some(text.replace("&apos;", "'").replace("&amp;", "&"))
}

fn json(body: &str, name: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    let value = &body[name];
    value.as_str().or_else(|| value["message"].as_str()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(status: u16, header: Option<&str>, body: &str) -> (ErrorKind, String) {
        let status = StatusCode::from_u16(status).unwrap();
        let trouble = read(status, header, body);
        let source = "long".into();
        let error = object_store::Error::Generic { store: "S3", source };
        let failure = CallFailure { error, trouble: Some(trouble) };
        (failure.kind(), failure.reason())
    }

    #[test]
    fn a_refusal_becomes_one_line_without_secrets() {
        let xml = |code: &str, message: &str| {
            format!(
                "<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
                 <StringToSign>canary</StringToSign></Error>"
            )
        };
        for (status, header, body, kind, reason) in [
            (
                403,
                None,
                xml("SignatureDoesNotMatch", "The request…"),
                ErrorKind::Denied,
                "the secret key is wrong (HTTP 403, SignatureDoesNotMatch)",
            ),
            (
                404,
                None,
                xml("NoSuchBucket", ""),
                ErrorKind::NotFound,
                "there is no such bucket (HTTP 404, NoSuchBucket)",
            ),
            (
                400,
                None,
                xml("EntityTooSmall", "Too &amp; small.\nRequestId:1"),
                ErrorKind::BadAnswer,
                "Too & small (HTTP 400, EntityTooSmall)",
            ),
            (
                503,
                None,
                String::new(),
                ErrorKind::Server,
                "the server failed to answer the request (HTTP 503)",
            ),
            (
                404,
                Some("ContainerNotFound"),
                String::new(),
                ErrorKind::NotFound,
                "there is no such bucket (HTTP 404, ContainerNotFound)",
            ),
            (
                400,
                None,
                r#"{"error":"invalid_grant","error_description":"Bad key"}"#.to_owned(),
                ErrorKind::Denied,
                "Bad key (HTTP 400, invalid_grant)",
            ),
            (412, None, String::new(), ErrorKind::Changed, "it changed in the meantime (HTTP 412)"),
        ] {
            assert_eq!(shown(status, header, &body), (kind, reason.to_owned()), "{body}");
        }
    }
}

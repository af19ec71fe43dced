//! A session: a connection on which the engine sends requests during a build.

use std::convert::Infallible;
use std::hash::{BuildHasher as _, RandomState};
use std::os::unix::ffi::OsStrExt as _;
use std::sync::Arc;

use hyper::header::{CONNECTION, HeaderName, HeaderValue, UPGRADE};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioExecutor;
use sealift_credentials::Credentials;
use sealift_oci::Hasher;
use tokio::task::JoinHandle;

use crate::build::buildkit::file_sync::FileSync;
use crate::build::buildkit::grpc::{Answers, METHODS};
use crate::failure::Failure;
use crate::wire::connection::ActiveConnection;
use crate::wire::transport::{Transport, nothing, post};

const ID: HeaderName = HeaderName::from_static("x-docker-expose-session-uuid");
const NAME: HeaderName = HeaderName::from_static("x-docker-expose-session-name");
const SHARED_KEY: HeaderName = HeaderName::from_static("x-docker-expose-session-sharedkey");
const METHOD: HeaderName = HeaderName::from_static("x-docker-expose-session-grpc-method");

/// A session, which is open while this value exists.
pub(super) struct Session {
    id: String,
    serving: JoinHandle<()>,
    _active: ActiveConnection,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Session {
    /// Opens a session: an HTTP request that becomes an HTTP/2 connection on which this side is the
    /// server.
    pub(super) async fn open(
        transport: &Transport,
        files: Arc<FileSync>,
        credentials: Credentials,
    ) -> Result<Self, Failure> {
        let id = random_id();
        let mut request = post(nothing());
        announce(&mut request, &id, &shared_key(&files))?;
        let (response, active) = transport.send(request, "/session").await?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            transport.accept(response).await?;
            return Err(Failure::unintelligible("it does not open a session for BuildKit", None));
        }
        let connection = hyper::upgrade::on(response).await;
        let connection =
            connection.map_err(|error| Failure::Broken { after: 0, source: error.into() })?;
        let answers = Arc::new(Answers { files, credentials });
        let service = service_fn(move |request| {
            let answers = Arc::clone(&answers);
            async move { Ok::<_, Infallible>(answers.answer(request).await) }
        });
        let server = http2::Builder::new(TokioExecutor::new());
        let serving = server.serve_connection(connection, service);
        let serving = tokio::spawn(async move {
            // If the session is interrupted, the build ends with an error of its own.
            let _ = serving.await;
        });
        Ok(Self { id, serving, _active: active })
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }
}

fn announce<B>(request: &mut Request<B>, id: &str, shared_key: &str) -> Result<(), Failure> {
    let value = |text: &str| {
        HeaderValue::from_str(text).map_err(|error| {
            Failure::unintelligible(
                "the name of a session is not a valid header",
                Some(error.into()),
            )
        })
    };
    let headers = request.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("h2c"));
    headers.insert(ID, value(id)?);
    headers.insert(NAME, HeaderValue::from_static("sealift"));
    headers.insert(SHARED_KEY, value(shared_key)?);
    for method in METHODS {
        headers.append(METHOD, HeaderValue::from_static(method));
    }
    Ok(())
}

/// Returns an id that no other session has.
fn random_id() -> String {
    // The standard library seeds each `RandomState` differently, starting from the system's
    // randomness.
    let half = |salt: u32| RandomState::new().hash_one((salt, std::process::id()));
    format!("{:016x}{:016x}", half(0), half(1))
}

/// Returns a key for the folder on this host, by which the engine finds the files that it has from
/// an earlier build.
fn shared_key(files: &FileSync) -> String {
    let mut hash = Hasher::new();
    hash.update(rustix::system::uname().nodename().to_bytes());
    hash.update([0]);
    hash.update(files.root().as_os_str().as_bytes());
    hash.finish().hex()
}

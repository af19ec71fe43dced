//! The gRPC methods of a session, by name.

use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bollard_buildkit_proto::fsutil::types::Packet;
use bollard_buildkit_proto::health::health_check_response::ServingStatus;
use bollard_buildkit_proto::health::{HealthCheckRequest, HealthCheckResponse};
use bollard_buildkit_proto::moby::filesync::v1::{CredentialsRequest, CredentialsResponse};
use hyper::body::Incoming;
use prost::Message;
use sealift_credentials::Credentials;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::server::Grpc;
use tonic::{Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;

use crate::build::buildkit::file_sync::{FileSync, Packets};

const DIFF_COPY: &str = "/moby.filesync.v1.FileSync/DiffCopy";
const CREDENTIALS: &str = "/moby.filesync.v1.Auth/Credentials";
const HEALTH: &str = "/grpc.health.v1.Health/Check";

/// The methods that a session answers. BuildKit calls only methods that were announced.
pub(super) const METHODS: [&str; 3] = [DIFF_COPY, CREDENTIALS, HEALTH];

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The data from which a session answers.
pub(super) struct Answers {
    pub(super) files: Arc<FileSync>,
    pub(super) credentials: Credentials,
}

impl Answers {
    pub(super) async fn answer(&self, request: hyper::Request<Incoming>) -> hyper::Response<Body> {
        match request.uri().path() {
            DIFF_COPY => codec().streaming(DiffCopy(Arc::clone(&self.files)), request).await,
            CREDENTIALS => codec().unary(FindLogin(self.credentials.clone()), request).await,
            HEALTH => codec().unary(Health, request).await,
            _ => Status::unimplemented("this method was not announced").into_http(),
        }
    }
}

fn codec<Answer, Question>() -> Grpc<ProstCodec<Answer, Question>>
where
    Answer: Message + 'static,
    Question: Message + Default + 'static,
{
    Grpc::new(ProstCodec::default())
}

/// Sends the files of a folder that the engine does not have.
struct DiffCopy(Arc<FileSync>);

impl Service<Request<Streaming<Packet>>> for DiffCopy {
    type Response = Response<Packets>;
    type Error = Status;
    type Future = Ready<Result<Response<Packets>, Status>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Streaming<Packet>>) -> Self::Future {
        ready(self.0.answer(request))
    }
}

/// Returns the login for a registry.
struct FindLogin(Credentials);

impl Service<Request<CredentialsRequest>> for FindLogin {
    type Response = Response<CredentialsResponse>;
    type Error = Status;
    type Future = Boxed<Result<Response<CredentialsResponse>, Status>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<CredentialsRequest>) -> Self::Future {
        let credentials = self.0.clone();
        let host = request.into_inner().host;
        Box::pin(async move {
            // The engine shows this message to the person who builds. It contains no secrets.
            let found = credentials.find(&host).await;
            let found = found.map_err(|error| Status::unavailable(error.to_string()))?;
            Ok(Response::new(match found {
                None => CredentialsResponse::default(),
                Some(login) => {
                    // BuildKit treats a secret without a user name as a token.
                    let username = login.user().unwrap_or_default().to_owned();
                    CredentialsResponse { username, secret: login.secret().to_owned() }
                }
            }))
        })
    }
}

/// Answers health checks.
struct Health;

impl Service<Request<HealthCheckRequest>> for Health {
    type Response = Response<HealthCheckResponse>;
    type Error = Status;
    type Future = Ready<Result<Response<HealthCheckResponse>, Status>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: Request<HealthCheckRequest>) -> Self::Future {
        let status = ServingStatus::Serving.into();
        ready(Ok(Response::new(HealthCheckResponse { status })))
    }
}

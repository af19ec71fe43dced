//! The server: it accepts connections and ends them.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::body::Incoming;
use hyper::header::USER_AGENT;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::Timestamp;
use sealift_store::Store;
use serde::Serialize;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::answer::Answerer;
use crate::body::Body;
use crate::connection::Connection;
use crate::error::Error;
use crate::event::{ServeEvent, ServedRequest};
use crate::folder::{Age, Folder};
use crate::options::ServerOptions;

/// How many answers are read from archives at the same time. Each has a thread and up to 1 MiB of
/// memory.
const READERS: usize = 256;

/// How long no connection is accepted after that has failed.
const PAUSE: Duration = Duration::from_millis(100);

/// A server of a folder, which listens.
///
/// ```no_run
/// use sealift_serve::{Server, ServerOptions};
/// use sealift_store::Store;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let address = "127.0.0.1:5000".parse()?;
/// let server = Server::bind(Store::open("artifacts")?, address, ServerOptions::default()).await?;
/// println!("docker pull {}/web:1.4.0.7", server.address());
/// server.run(std::future::pending()).await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    folder: Arc<Folder>,
    options: ServerOptions,
    summary: Summary,
}

/// What a folder has when it starts to be served.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// How many images there are.
    pub images: usize,
    /// How many archives of them are served.
    pub archives: usize,
    /// The sum of their sizes in bytes.
    pub size: u64,
    /// How many archives have to be verified before they are served.
    pub unverified: usize,
    /// An image and a tag that can be pulled: of the first image, the newest release if there is
    /// one.
    pub example: Option<String>,
}

impl Server {
    /// Lists a folder, and listens at an address. Connections wait until [`run`](Self::run).
    ///
    /// # Errors
    ///
    /// If the folder cannot be read, or if nobody can listen at this address.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with I/O and time enabled.
    pub async fn bind(
        store: Store,
        address: SocketAddr,
        options: ServerOptions,
    ) -> Result<Self, Error> {
        let listen = |source| Error::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let folder = Folder::new(store, options.on_event.clone());
        let images = folder.images(Age::Newest).await?;
        let summary = Summary {
            images: images.names().len(),
            archives: images.entries().len(),
            size: images.entries().iter().map(|entry| entry.stat.size).sum(),
            unverified: folder.unverified(),
            example: images.example(),
        };
        Ok(Self { listener, address, folder, options, summary })
    }

    /// Returns the address at which the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns what the folder had when it was listed first.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Answers requests until `stop` is ready. Then no connection is accepted, and running answers
    /// get [some time](ServerOptions::grace) to end.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, all connections end at once.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Self { listener, folder, options, .. } = self;
        let _stopped = StopOnDrop(Arc::clone(&folder));
        let answerer = Arc::new(Answerer {
            folder,
            documents: options.documents.clone(),
            readers: Arc::new(Semaphore::new(READERS)),
        });
        let free = Arc::new(Semaphore::new(options.connections.max(1)));
        let (ending, ended) = watch::channel(false);
        let mut connections = JoinSet::new();
        let accept = async {
            loop {
                while connections.try_join_next().is_some() {}
                // It is never closed.
                let Ok(permit) = Arc::clone(&free).acquire_owned().await else { return };
                match listener.accept().await {
                    Ok((stream, from)) => {
                        let answerer = Arc::clone(&answerer);
                        let (options, ended) = (options.clone(), ended.clone());
                        connections.spawn(async move {
                            serve(stream, from, answerer, &options, ended).await;
                            drop(permit);
                        });
                    }
                    // There are too many open files, or the client has gone again.
                    Err(_) => tokio::time::sleep(PAUSE).await,
                }
            }
        };
        tokio::select! {
            () = accept => {}
            () = stop => {}
        }
        drop(listener);
        let _ = ending.send(true);
        let rest = async { while connections.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(options.grace, rest).await;
    }
}

/// Stops what reads archives in the background when the server ends, however it ends.
struct StopOnDrop(Arc<Folder>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Answers the requests of one connection.
async fn serve(
    stream: TcpStream,
    from: SocketAddr,
    answerer: Arc<Answerer>,
    options: &ServerOptions,
    mut ended: watch::Receiver<bool>,
) {
    // Small answers would wait for the acknowledgement of the ones before.
    let _ = stream.set_nodelay(true);
    let stream = TokioIo::new(Connection::new(stream, options.write_timeout));
    let service = service_fn(move |request: Request<Incoming>| {
        answer(Arc::clone(&answerer), options, from, request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(options.request_timeout)
        .max_buf_size(64 << 10)
        .serve_connection(stream, service);
    let mut connection = std::pin::pin!(connection);
    // That a client goes away, or speaks another protocol, is its own business.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = ended.wait_for(|ended| *ended) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

async fn answer(
    answerer: Arc<Answerer>,
    options: &ServerOptions,
    from: SocketAddr,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let (time, begin) = (Timestamp::now(), Instant::now());
    let response = answerer.answer(&request).await;
    let agent = request.headers().get(USER_AGENT).and_then(|agent| agent.to_str().ok());
    let path = request.uri().path_and_query();
    let mut served = ServedRequest {
        time,
        from,
        method: request.method().to_string(),
        path: path.map_or_else(String::new, ToString::to_string),
        status: response.status().as_u16(),
        bytes: 0,
        duration: begin.elapsed(),
        user_agent: agent.map(str::to_owned),
    };
    let on_event = options.on_event.clone();
    let report = move |bytes| {
        (served.bytes, served.duration) = (bytes, begin.elapsed());
        on_event(ServeEvent::Request(served));
    };
    Ok(response.map(|body| body.with_on_end(report)))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::oneshot;

    use super::*;

    /// Serves an empty folder, and calls a function with the address.
    async fn serving<T>(options: ServerOptions, ask: impl AsyncFnOnce(SocketAddr) -> T) -> T {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let server = Server::bind(store, any, options).await.unwrap();
        let address = server.address();
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(server.run(async { stopped.await.unwrap_or_default() }));
        let answer = ask(address).await;
        drop(stop);
        running.await.unwrap();
        answer
    }

    async fn rest(stream: &mut TcpStream) -> String {
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer).await;
        answer
    }

    #[tokio::test]
    async fn idle_clients_are_disconnected() {
        let options = ServerOptions::default().with_request_timeout(Duration::from_millis(50));
        serving(options, async |address| {
            let mut silent = TcpStream::connect(address).await.unwrap();
            rest(&mut silent).await;
            let mut slow = TcpStream::connect(address).await.unwrap();
            slow.write_all(b"GET /healthz HT").await.unwrap();
            rest(&mut slow).await;
            let mut idle = TcpStream::connect(address).await.unwrap();
            idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
            let answer = rest(&mut idle).await;
            assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("ok\n"), "{answer}");
        })
        .await;
    }

    #[tokio::test]
    async fn further_connections_wait_for_a_free_place() {
        let options = ServerOptions::default().with_connections(1);
        serving(options, async |address| {
            let first = TcpStream::connect(address).await.unwrap();
            let mut second = TcpStream::connect(address).await.unwrap();
            let request = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
            second.write_all(request).await.unwrap();
            drop(first);
            let answer = rest(&mut second).await;
            assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        })
        .await;
    }

    #[tokio::test]
    async fn an_idle_connection_does_not_delay_the_end() {
        let options = ServerOptions::default().with_grace(Duration::from_secs(3600));
        let mut idle = serving(options, async |address| {
            let mut idle = TcpStream::connect(address).await.unwrap();
            idle.write_all(b"GET /v2/ HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
            let mut first = [0; 12];
            idle.read_exact(&mut first).await.unwrap();
            assert_eq!(&first, b"HTTP/1.1 200");
            idle
        })
        .await;
        rest(&mut idle).await;
    }
}

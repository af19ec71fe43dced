//! The server, which accepts connections and stops.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use sealift_store::Store;
use serde::Serialize;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::answer::Answerer;
#[cfg(feature = "auth")]
use crate::auth::Auth;
use crate::body::Readers;
use crate::error::Error;
use crate::folder::{Age, Folder};
use crate::metrics::Metrics;
use crate::options::ServerOptions;
use crate::requests::Shared;
#[cfg(feature = "tls")]
use crate::tls::Tls;

/// The pause after a failure to accept a connection.
const PAUSE: Duration = Duration::from_millis(100);

/// A server for a folder, with open sockets.
///
/// ```no_run
/// use sealift_serve::{Server, ServerOptions};
/// use sealift_store::Store;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let address = "127.0.0.1:5000".parse()?;
/// let store = Store::open("artifacts")?;
/// let server = Server::bind(store, &[address], ServerOptions::default()).await?;
/// println!("docker pull {address}/web:1.4.0.7");
/// server.run(std::future::pending()).await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Server {
    listeners: Vec<TcpListener>,
    addresses: Vec<SocketAddr>,
    folder: Arc<Folder>,
    options: ServerOptions,
    #[cfg(feature = "auth")]
    auth: Option<Auth>,
    #[cfg(feature = "tls")]
    tls: Option<Tls>,
    summary: Summary,
}

/// A summary of the folder when the server was created.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// The number of images.
    pub images: usize,
    /// The number of archives that are served.
    pub archives: usize,
    /// The total size of these archives, in bytes.
    pub size: u64,
    /// The number of archives that must be verified before they are served.
    pub unverified: usize,
    /// An example of a reference that can be pulled: the newest release of the first image, or any
    /// tag if it has no release.
    pub example: Option<String>,
}

impl Server {
    /// Lists a folder and listens on addresses. Connections wait until [`run`](Self::run) is
    /// called.
    ///
    /// # Errors
    ///
    /// If the folder or a file of the options cannot be read, or if an address cannot be used.
    ///
    /// # Panics
    ///
    /// If it is called outside a tokio runtime with I/O and time enabled.
    pub async fn bind(
        store: Store,
        addresses: &[SocketAddr],
        options: ServerOptions,
    ) -> Result<Self, Error> {
        let mut listeners = Vec::new();
        for &address in addresses {
            let listen = |source| Error::Listen { address, source };
            listeners.push(TcpListener::bind(address).await.map_err(listen)?);
        }
        Self::new(store, listeners, options).await
    }

    /// Lists a folder and uses existing sockets. Connections wait until [`run`](Self::run) is
    /// called.
    ///
    /// # Errors
    ///
    /// If the folder or a file of the options cannot be read, or if a socket cannot be used.
    ///
    /// # Panics
    ///
    /// If it is called outside a tokio runtime with I/O and time enabled.
    #[cfg(feature = "systemd")]
    pub async fn from_listeners(
        store: Store,
        listeners: Vec<std::net::TcpListener>,
        options: ServerOptions,
    ) -> Result<Self, Error> {
        let usable = |listener: std::net::TcpListener| {
            listener.set_nonblocking(true)?;
            TcpListener::from_std(listener)
        };
        let listeners = listeners.into_iter().map(usable).collect::<io::Result<_>>();
        Self::new(store, listeners.map_err(Error::Passed)?, options).await
    }

    async fn new(
        store: Store,
        listeners: Vec<TcpListener>,
        options: ServerOptions,
    ) -> Result<Self, Error> {
        let address = |listener: &TcpListener| {
            let any = SocketAddr::from(([0, 0, 0, 0], 0));
            listener.local_addr().map_err(|source| Error::Listen { address: any, source })
        };
        let addresses = listeners.iter().map(address).collect::<Result<_, _>>()?;
        let folder = Folder::new(store, options.on_event.clone());
        let images = folder.images(Age::Newest).await?;
        let summary = Summary {
            images: images.names().len(),
            archives: images.entries().len(),
            size: images.entries().iter().map(|entry| entry.stat.size).sum(),
            unverified: folder.unverified(),
            example: images.example(),
        };
        Ok(Self {
            listeners,
            addresses,
            folder,
            #[cfg(feature = "auth")]
            auth: Auth::read(&options)?,
            #[cfg(feature = "tls")]
            tls: Tls::read(&options)?,
            options,
            summary,
        })
    }

    /// Returns the addresses on which the server listens, with the actual ports.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Returns `https` if TLS is enabled, otherwise `http`.
    pub fn scheme(&self) -> &'static str {
        #[cfg(feature = "tls")]
        if self.tls.is_some() {
            return "https";
        }
        "http"
    }

    /// Returns the summary of the folder when the server was created.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Answers requests until `stop` completes. The server then accepts no more connections, and
    /// running responses get [some time](ServerOptions::grace) to finish.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, all connections are closed immediately.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let scheme = self.scheme();
        let Self { listeners, folder, options, .. } = self;
        let _stopped = StopOnDrop(Arc::clone(&folder));
        let (free, grace) = (Arc::new(Semaphore::new(options.connections.max(1))), options.grace);
        let metrics = Arc::<Metrics>::default();
        let answerer = Arc::new(Answerer {
            folder,
            scheme,
            metrics: Arc::clone(&metrics),
            documents: options.documents.clone(),
            readers: Readers::default(),
        });
        let shared = Arc::new(Shared {
            answerer,
            metrics,
            options,
            #[cfg(feature = "auth")]
            auth: self.auth,
            #[cfg(feature = "tls")]
            tls: self.tls,
        });
        let (ending, ended) = watch::channel(false);
        let mut connections = JoinSet::new();
        let accept = async {
            loop {
                while connections.try_join_next().is_some() {}
                // The semaphore is never closed.
                let Ok(permit) = Arc::clone(&free).acquire_owned().await else { return };
                match accept(&listeners).await {
                    Ok((stream, from)) => {
                        let served = Arc::clone(&shared).serve(stream, from, ended.clone());
                        connections.spawn(async move {
                            served.await;
                            drop(permit);
                        });
                    }
                    // Too many files are open, or the client has disconnected.
                    Err(_) => tokio::time::sleep(PAUSE).await,
                }
            }
        };
        tokio::select! {
            () = accept => {}
            () = stop => {}
        }
        drop(listeners);
        let _ = ending.send(true);
        let rest = async { while connections.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(grace, rest).await;
    }
}

/// Accepts a connection on one of several sockets.
async fn accept(listeners: &[TcpListener]) -> io::Result<(TcpStream, SocketAddr)> {
    poll_fn(|context| {
        for listener in listeners {
            if let Poll::Ready(accepted) = listener.poll_accept(context) {
                return Poll::Ready(accepted);
            }
        }
        Poll::Pending
    })
    .await
}

/// Cancels the verification of archives in the background when it is dropped.
struct StopOnDrop(Arc<Folder>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::oneshot;

    use super::*;

    /// Serves an empty folder while a function runs.
    async fn serving<T>(options: ServerOptions, ask: impl AsyncFnOnce(SocketAddr) -> T) -> T {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let server = Server::bind(store, &[any], options).await.unwrap();
        let address = server.addresses()[0];
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
    async fn clients_that_do_not_read_are_disconnected() {
        let options = ServerOptions::default().with_write_timeout(Duration::from_millis(50));
        serving(options, async |address| {
            let mut deaf = TcpStream::connect(address).await.unwrap();
            // When all buffers are full of responses, no more requests are read.
            let requests = b"GET /v2/ HTTP/1.1\r\nHost: a\r\n\r\n".repeat(100);
            while deaf.write_all(&requests).await.is_ok() {}
        })
        .await;
    }

    #[cfg(feature = "tls")]
    #[tokio::test]
    async fn clients_that_do_not_finish_the_handshake_are_disconnected() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::default().self_signed(&key).unwrap();
        std::fs::write(at("cert"), certificate.pem()).unwrap();
        std::fs::write(at("key"), key.serialize_pem()).unwrap();
        let options = ServerOptions::default()
            .with_tls(at("cert"), at("key"))
            .with_handshake_timeout(Duration::from_millis(50));
        serving(options, async |address| {
            for begin in [&b""[..], b"\x16\x03\x01"] {
                let mut slow = TcpStream::connect(address).await.unwrap();
                slow.write_all(begin).await.unwrap();
                assert_eq!(rest(&mut slow).await, "");
            }
        })
        .await;
    }

    #[tokio::test]
    async fn connections_above_the_limit_wait() {
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
    async fn an_idle_connection_does_not_delay_the_stop() {
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

//! A proxy for a web server that injects faults of networks and servers.
//!
//! It supports a small part of HTTP/1.1: one request for each connection, and bodies of requests
//! with `Content-Length`. It refuses TLS.

mod message;
mod relay;

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

pub use message::Request;

/// The treatment of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// The request and its answer are forwarded.
    Pass,
    /// The proxy answers with this status, these headers and this body.
    Answer(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// The connection is closed before the server sees anything of the request.
    Close,
    /// The server carries out the request, and the connection is closed without its answer.
    LoseAnswer,
    /// The server receives this many bytes of the request's body, then both connections are closed.
    CutUpload(u64),
    /// The client receives this many bytes of the answer's body, then the connection is closed.
    CutAfter(u64),
    /// The client receives this many bytes of the answer's body, then nothing more.
    StallAfter(u64),
    /// The byte at this offset of the answer's body is changed.
    Corrupt(u64),
    /// These headers of the request, such as `range`, are removed.
    WithoutRequestHeaders(&'static [&'static str]),
    /// The answer has these headers instead of the server's, if there are any.
    WithHeaders(Vec<(&'static str, String)>),
    /// The proxy compresses the answer.
    Gzip,
    /// The request is not forwarded and not answered until the proxy is dropped.
    Hold,
}

/// A proxy that listens on a free port until it is dropped.
pub struct FaultProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

type Decide = dyn Fn(&Request) -> Action + Send + Sync;

/// The state that the threads of a proxy share.
struct Shared {
    server: SocketAddr,
    decide: Mutex<Arc<Decide>>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    requests: Vec<Request>,
    sent: u64,
    is_closed: bool,
}

impl FaultProxy {
    /// Starts a proxy for a server. The function decides about each request; they are numbered from
    /// 1.
    ///
    /// # Panics
    ///
    /// If no port is free.
    pub fn new(
        server: SocketAddr,
        decide: impl Fn(&Request) -> Action + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("the listener has an address");
        let shared = Arc::new(Shared {
            server,
            decide: Mutex::new(Arc::new(decide)),
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let ours = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming() {
                if ours.lock().is_closed {
                    return;
                }
                let ours = Arc::clone(&ours);
                // Errors are ignored: tests provoke broken connections.
                thread::spawn(move || client.and_then(|client| relay::serve(&ours, client)));
            }
        });
        Self { address, shared }
    }

    /// Returns the address at which it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the URL of a path, which begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Replaces the function that decides about requests, and forgets earlier requests.
    pub fn reset(&self, decide: impl Fn(&Request) -> Action + Send + Sync + 'static) {
        *self.shared.decide.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(decide);
        let mut state = self.shared.lock();
        state.requests.clear();
        state.sent = 0;
    }

    /// Returns the requests that were received so far.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.lock().requests.clone()
    }

    /// Returns the number of bytes of bodies that were sent to clients so far.
    pub fn sent(&self) -> u64 {
        self.shared.lock().sent
    }

    /// Waits until this many requests were received.
    pub fn wait_for(&self, count: usize) {
        let state = self.shared.lock();
        let waits = |state: &mut State| state.requests.len() < count;
        drop(self.shared.changed.wait_while(state, waits));
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.shared.lock().is_closed = true;
        self.shared.changed.notify_all();
        // A connection wakes the listener, which then ends.
        drop(TcpStream::connect(self.address));
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a request, and decides about it.
    fn admit(&self, mut request: Request) -> (Request, Action) {
        let mut state = self.lock();
        request.number = state.requests.len() + 1;
        state.requests.push(request.clone());
        drop(state);
        self.changed.notify_all();
        let decide = Arc::clone(&self.decide.lock().unwrap_or_else(PoisonError::into_inner));
        let action = decide(&request);
        (request, action)
    }

    fn wait_for_end(&self) {
        drop(self.changed.wait_while(self.lock(), |state| !state.is_closed));
    }
}

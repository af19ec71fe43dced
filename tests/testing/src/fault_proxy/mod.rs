//! A proxy in front of a web server that does what networks and servers do wrong.
//!
//! It speaks HTTP/1.1 just enough: one request for each connection, bodies of requests with
//! `Content-Length` only. TLS it refuses.

mod message;
mod relay;

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

pub use message::Request;

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// It reaches the server, and its answer the client.
    Pass,
    /// The proxy answers with this status, these headers and this body.
    Answer(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// The connection is closed before the server sees anything of the request.
    Close,
    /// The server carries out the request, and the connection is closed without its answer.
    LoseAnswer,
    /// The server gets this many bytes of the request's body, then both connections are closed.
    CutUpload(u64),
    /// The client gets this many bytes of the answer's body, then the connection is closed.
    CutAfter(u64),
    /// The client gets this many bytes of the answer's body, then nothing more.
    StallAfter(u64),
    /// The byte at this place of the answer's body is another one.
    Corrupt(u64),
    /// The server does not get these headers of the request, such as `range`.
    WithoutRequestHeaders(&'static [&'static str]),
    /// The answer has these headers instead of the server's, if there are any.
    WithHeaders(Vec<(&'static str, String)>),
    /// The answer is compressed on the way.
    Gzip,
    /// The request is kept; neither server nor client hear of it until the proxy is dropped.
    Hold,
}

/// A proxy that listens on a port of its own until it is dropped.
pub struct FaultProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

type Decide = dyn Fn(&Request) -> Action + Send + Sync;

/// What the threads of a proxy share.
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
    /// Starts a proxy in front of a server. The function decides about each request; their numbers
    /// begin with 1.
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
                // A connection that breaks is what tests want.
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

    /// Decides about requests from now on, and forgets the earlier ones.
    pub fn reset(&self, decide: impl Fn(&Request) -> Action + Send + Sync + 'static) {
        *self.shared.decide.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(decide);
        let mut state = self.shared.lock();
        state.requests.clear();
        state.sent = 0;
    }

    /// Returns the requests that came so far.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.lock().requests.clone()
    }

    /// Returns how many bytes of bodies were sent to clients so far.
    pub fn sent(&self) -> u64 {
        self.shared.lock().sent
    }

    /// Waits until this many requests came.
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
        // The listener looks only when somebody comes.
        drop(TcpStream::connect(self.address));
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a request, and decides about it.
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

//! Clients that request large responses and do not read them.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use sealift_archive::{ExamineOptions, examine};
use sealift_oci::Digest;
use sealift_serve::store::Store;
use sealift_serve::{ServeEvent, ServedRequest, Server, ServerOptions};
use sealift_testing::layouts::{Image, pack};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};

/// More bytes than the system buffers for a client that does not read.
const SIZE: usize = 32 << 20;

/// A server for a folder with one image, which has one large layer.
struct Serving {
    address: SocketAddr,
    layer: Vec<u8>,
    requests: mpsc::UnboundedReceiver<ServedRequest>,
    _stop: oneshot::Sender<()>,
    _folder: tempfile::TempDir,
}

impl Serving {
    async fn start(options: ServerOptions) -> Self {
        let layer: Vec<u8> = (0..SIZE / 4).flat_map(|at| (at as u32).to_le_bytes()).collect();
        let mut image = Image::new("web:1.0.0.1", 1);
        image.layers = vec![layer.clone()];
        let archive = pack(&image.podman());
        let proof = examine(archive.as_slice(), &ExamineOptions::default()).unwrap();
        let id = proof.identity().config.hex()[..12].to_owned();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(format!("web_1.0.0.1_{id}.docker")), archive).unwrap();

        let (sender, requests) = mpsc::unbounded_channel();
        let options = options.with_on_event(move |event| {
            if let ServeEvent::Request(request) = event {
                let _ = sender.send(request);
            }
        });
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let store = Store::open(folder.path()).unwrap();
        let server = Server::bind(store, &[any], options).await.unwrap();
        let address = server.addresses()[0];
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(server.run(async { stopped.await.unwrap_or_default() }));
        let mut serving = Self { address, layer, requests, _stop: stop, _folder: folder };
        // The archive is verified before it is served.
        while !serving.ask("/v2/web/manifests/1.0.0.1").await.starts_with(b"HTTP/1.1 200 ") {
            tokio::task::yield_now().await;
        }
        while serving.requests.try_recv().is_ok() {}
        serving
    }

    /// Sends a request without reading the response.
    async fn send(&self, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    async fn ask(&self, path: &str) -> Vec<u8> {
        let mut answer = Vec::new();
        self.send(path).await.read_to_end(&mut answer).await.unwrap();
        answer
    }

    fn blob(&self) -> String {
        format!("/v2/web/blobs/{}", Digest::of(&self.layer))
    }

    /// Pulls the layer and compares it.
    async fn pull(&self) {
        let answer = self.ask(&self.blob()).await;
        assert!(answer.ends_with(&self.layer));
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_is_disconnected_while_others_pull() {
    let options = ServerOptions::default().with_write_timeout(Duration::from_millis(300));
    let mut serving = Serving::start(options).await;
    let slow = serving.send(&serving.blob()).await;
    let slow_address = slow.local_addr().unwrap();
    // Others pull, one after the other, until the server disconnects the slow one.
    let ended = loop {
        serving.pull().await;
        match serving.requests.try_recv() {
            Ok(request) if request.from == slow_address => break request,
            _ => {}
        }
    };
    assert_eq!(ended.status, 200);
    assert!(ended.bytes < SIZE as u64, "{ended:?}");
    drop(slow);
}

#[tokio::test]
async fn clients_that_do_not_read_occupy_no_threads() {
    let options = ServerOptions::default().with_write_timeout(Duration::from_secs(3600));
    let serving = Serving::start(options).await;
    let mut slow = Vec::new();
    // More clients than threads that read responses.
    for _ in 0..80 {
        let mut stream = serving.send(&serving.blob()).await;
        let mut first = [0; 12];
        stream.read_exact(&mut first).await.unwrap();
        slow.push(stream);
    }
    serving.pull().await;
}

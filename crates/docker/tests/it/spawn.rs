//! Every public asynchronous function can be spawned as a task that owns everything it borrows.

use std::fs;
use std::io;
use std::path::PathBuf;

use bytes::Bytes;
use futures_util::stream;
use sealift_docker::{BuildRequest, Credentials, Engine, SaveStream, archive_body};

/// Accepts the same futures as `tokio::spawn`.
fn spawnable(_future: impl Future<Output: Send + 'static> + Send + 'static) {}

#[expect(dead_code, reason = "the test is that it compiles")]
fn each_is_spawnable(engine: impl Fn() -> Engine, save: SaveStream, credentials: Credentials) {
    let it = engine();
    spawnable(async move { it.ping().await });
    let it = engine();
    spawnable(async move { it.version().await });
    let it = engine();
    spawnable(async move { it.inspect(&String::from("web:1")).await });
    let it = engine();
    spawnable(async move { it.list().await });
    let it = engine();
    spawnable(async move { it.list_all().await });
    let it = engine();
    spawnable(async move { it.shows_complete_images().await });
    let it = engine();
    spawnable(async move { it.is_podman().await });
    let it = engine();
    spawnable(async move { it.tag("web:1", "web", "2").await });
    let it = engine();
    spawnable(async move { it.remove("web:1").await });
    let it = engine();
    spawnable(async move { it.save("web:1", None).await });
    let it = engine();
    spawnable(async move { it.save_to("web:1", None, "web.tar").await });
    let it = engine();
    spawnable(async move { it.load_from("web.tar").await });
    let (sender, body) = archive_body(1);
    spawnable(async move {
        sender.send(Bytes::new()).await?;
        sender.finish().await;
        Ok::<_, sealift_docker::BodyClosed>(())
    });
    let it = engine();
    spawnable(async move { it.load(body).await });
    let mut save = save;
    spawnable(async move { save.next_chunk().await });
    let it = engine();
    spawnable(async move { it.load(stream::empty::<io::Result<Bytes>>()).await });
    let it = engine();
    spawnable(async move {
        let request = BuildRequest::new(".", "web:1");
        it.build(request, &mut |_| {}).await
    });
    spawnable(async move { credentials.find("registry.example").await });
}

#[test]
fn every_public_asynchronous_function_is_listed() {
    let mut missing = Vec::new();
    let mut paths = vec![PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    let mut tried = 0;
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            paths.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let text = fs::read_to_string(path).unwrap();
        for rest in text.split("pub async fn ").skip(1) {
            let name: String =
                rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            tried += 1;
            if !include_str!("spawn.rs").contains(&format!(".{name}(")) {
                missing.push(name);
            }
        }
    }
    assert!(tried > 10, "{tried}");
    assert_eq!(missing, [""; 0], "add them to `each_is_spawnable`");
}

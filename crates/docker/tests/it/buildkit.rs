//! Builds by BuildKit.

mod on_engine;
mod registry;

use sealift_docker::{BuildRequest, Builder, ErrorKind};

use crate::fake::{Call, Fake};

#[tokio::test]
async fn unsupported_options_are_refused_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("Dockerfile"), "FROM scratch\n").unwrap();
    let fake = Fake::start(|call: Call| call.answer("200 OK", ""));
    let mut request = BuildRequest::new(folder.path(), "web:1");
    request.builder = Builder::BuildKit;
    request.memory = Some(64 << 20);
    let error = fake.engine().build(request, &mut |_| {}).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input);
    assert!(fake.asked().iter().all(|asked| asked.ends_with("/_ping")), "{:?}", fake.asked());
    insta::assert_snapshot!(fake.chain(&error), @"
    cannot build `web:1` in the engine at unix:///SOCKET
      caused by: buildkit cannot run this build: BuildKit ignores memory limits; use the classic builder
    ");
}

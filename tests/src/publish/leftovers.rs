//! An abandoned multipart upload leaves nothing.

use rustix::process::{Pid, Signal, kill_process};
use sealift_testing::fault_proxy::{Action, FaultProxy, Request};
use sealift_testing::layouts::{Image, file, noise, pack};

use super::source::{Server, Source};

/// Creates a source with an archive that is uploaded in three parts.
fn source() -> Source {
    let source = Source::new(&[]);
    let mut image = Image::new("web:1.0.0.1", 1);
    image.layers = vec![pack(&[file("large", noise(20 << 20))])];
    source.add_image("artifacts", &image.podman(), &[]);
    source
}

fn is_second_part(request: &Request) -> bool {
    request.target.contains("partNumber=2")
}

/// Asserts that the bucket has no parts of uploads below the destination of this name.
fn assert_no_parts(server: &Server, name: &str) {
    let to = server.at(server.address, name);
    let prefix = to.url.rsplit_once("//images/").unwrap().1;
    let uploads = server.uploads();
    assert!(uploads.contains("ListMultipartUploadsResult"), "{uploads}");
    assert!(!uploads.contains(prefix), "{uploads}");
}

#[test]
fn after_an_interrupt() {
    let Some(server) = Server::s3() else { return };
    let source = source();
    let proxy = FaultProxy::new(server.address, move |request| match is_second_part(request) {
        true => Action::Hold,
        false => Action::Pass,
    });
    let to = server.at(proxy.address(), "interrupted");
    let mut command = source.publishing("artifacts", &to, &["--progress", "none"]);
    let child = source.place.spawn(&mut command);
    while !proxy.requests().iter().any(is_second_part) {
        proxy.wait_for(proxy.requests().len() + 1);
    }
    // Without the parts, the assertion below would be meaningless.
    assert!(server.uploads().contains("/interrupted/web_1.0.0.1_"));
    kill_process(Pid::from_raw(child.id().cast_signed()).unwrap(), Signal::INT).unwrap();
    let said = source.place.said(child.wait_with_output().unwrap());
    assert_eq!((said.code, said.stdout.as_str()), (130, ""), "{said:?}");
    assert_eq!(said.stderr, "interrupted; nothing was left half done\n");
    assert_no_parts(&server, "interrupted");
    assert!(proxy.requests().iter().any(|request| request.method == "DELETE"));
}

#[test]
fn after_a_failure() {
    let Some(server) = Server::s3() else { return };
    let source = source();
    let answer = b"<Error><Code>NoLuck</Code></Error>";
    let proxy = FaultProxy::new(server.address, move |request| match is_second_part(request) {
        true => Action::Answer(400, vec![], answer.to_vec()),
        false => Action::Pass,
    });
    let to = server.at(proxy.address(), "failed");
    let said = source.publish("artifacts", &to, &["--progress", "none"]);
    assert_eq!((said.code, said.stdout.as_str()), (1, ""), "{said:?}");
    assert!(said.stderr.contains("NoLuck"), "{said:?}");
    assert_no_parts(&server, "failed");
    let plain = server.at(server.address, "failed");
    source.published("artifacts", &plain, &[]);
    assert_eq!(source.fetched(&plain).len(), 1);
}

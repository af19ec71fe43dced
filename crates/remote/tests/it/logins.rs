//! Logins, proxies and redirects: each server gets only what is meant for it.

use std::fs;

use sealift_remote::{ErrorKind, GetRequest};
use sealift_testing::fault_proxy::{Action, FaultProxy};
use sealift_testing::{Nginx, WebServer};

use crate::place::{open, open_with, read};

const CANARY: &str = "Sesame0penUp4Canary";
const BASIC: &str = "Basic YW5uOlNlc2FtZTBwZW5VcDRDYW5hcnk=";

fn with_user(url: &str, user: &str) -> String {
    url.replace("://", &format!("://{user}@"))
}

#[tokio::test]
async fn a_login_is_from_the_url_or_from_netrc() {
    let options = Nginx { login: Some(("ann", CANARY)), ..Nginx::default() };
    let Some(server) = WebServer::nginx(options) else { return };
    fs::write(server.files().join("a.bin"), "content").unwrap();
    let netrc = server.files().join(".netrc");
    fs::write(&netrc, format!("machine 127.0.0.1 login ann password {CANARY}")).unwrap();
    let home = server.files();
    let home = [("HOME", home.to_str().unwrap())];
    let named = [("NETRC", netrc.to_str().unwrap())];
    let all = GetRequest::default();
    let url = server.url("");
    let (full, half) = (with_user(&url, &format!("ann:{CANARY}")), with_user(&url, "ann"));
    for (url, variables) in [(&full, &[][..]), (&url, &home), (&url, &named), (&half, &named)] {
        assert_eq!(read(&open_with(url, variables), &all).await.unwrap(), "content", "{url}");
    }
    let wrong = with_user(&url, &format!("ann:{CANARY}x"));
    for (url, variables, hint) in [
        (&url, &[][..], "; there is no login for this server in the URL or in ~/.netrc"),
        (&with_user(&url, "eve"), &named, ""),
        (&wrong, &home, ""),
    ] {
        let error = read(&open_with(url, variables), &all).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied);
        let reason = format!("the server answered 401 Unauthorized for `vault`{hint}");
        assert_eq!(error.reason(), reason, "{url}");
        assert!(!format!("{error} {error:?}").contains(CANARY));
    }
}

#[tokio::test]
async fn a_redirect_to_another_server_gets_no_login() {
    let Some(server) = WebServer::python() else { return };
    fs::write(server.files().join("a.bin"), "content").unwrap();
    let to = FaultProxy::new(server.address(), |_| Action::Pass);
    let target = to.url("/a.bin");
    let from = FaultProxy::new(server.address(), move |request| match request.number {
        1 => Action::Answer(302, vec![("location", "/b/../a.bin?x=1".to_owned())], Vec::new()),
        _ => Action::Answer(307, vec![("location", target.clone())], Vec::new()),
    });
    let url = with_user(&from.url("/?sig=secret"), &format!("ann:{CANARY}"));
    assert_eq!(read(&open(&url), &GetRequest::default()).await.unwrap(), "content");
    let (seen, other) = (from.requests(), to.requests());
    assert_eq!(seen[0].target, "/a.bin?sig=secret");
    assert_eq!(seen[1].target, "/a.bin?x=1");
    assert!(seen.iter().all(|request| request.header("authorization") == Some(BASIC)));
    assert_eq!((other.len(), other[0].target.as_str()), (1, "/a.bin"));
    assert_eq!(other[0].header("authorization"), None);
}

#[tokio::test]
async fn the_number_of_redirects_is_limited() {
    let Some(server) = WebServer::python() else { return };
    let redirect = |to: &'static str| {
        move |_: &_| Action::Answer(301, vec![("location", to.to_owned())], Vec::new())
    };
    let proxy = FaultProxy::new(server.address(), redirect("/b?secret"));
    let reason = async || read(&open(&proxy.url("")), &GetRequest::default()).await.unwrap_err();
    assert_eq!(reason().await.reason(), "it redirects more than 10 times");
    assert_eq!(proxy.requests().len(), 11);
    proxy.reset(redirect("ftp://h/secret"));
    assert_eq!(reason().await.reason(), "it redirects to a URL with the scheme `ftp`");
    assert_eq!(proxy.requests().len(), 1);
}

#[tokio::test]
async fn a_proxy_for_http_gets_complete_urls_and_its_own_login() {
    let Some(server) = WebServer::python() else { return };
    fs::write(server.files().join("a.bin"), "content").unwrap();
    // A fake proxy, which answers for every host.
    let proxy = FaultProxy::new(server.address(), |_| {
        Action::Answer(200, Vec::new(), b"of the proxy".to_vec())
    });
    let address = with_user(&proxy.url(""), &format!("ann:{CANARY}"));
    let variables = [("http_proxy", address.as_str()), ("NO_PROXY", "127.0.0.1")];
    let read =
        async |url: &str| read(&open_with(url, &variables), &GetRequest::default()).await.unwrap();
    assert_eq!(read("http://nowhere.example/x").await, "of the proxy");
    assert_eq!(read(&server.url("")).await, "content");
    let requests = proxy.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].target, "http://nowhere.example/x/a.bin");
    assert_eq!(requests[0].header("proxy-authorization"), Some(BASIC));
}

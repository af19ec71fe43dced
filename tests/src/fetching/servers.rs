//! Real servers, with logins and redirects.

use std::fs;

use sealift_testing::fault_proxy::{Action, FaultProxy};
use sealift_testing::{Nginx, WebServer, server};

use super::{Published, is_archive};
use crate::command::Said;

impl Published {
    fn fetch_with(&self, url: &str, variables: &[(&str, String)]) -> Said {
        let mut command = self.place.command(&["fetch", url]);
        command.env_remove("SSL_CERT_FILE").envs(variables.iter().cloned());
        self.place.said(command.output().unwrap())
    }

    /// Copies the published files into the folder of a server.
    fn copy_to(&self, server: &WebServer) {
        for entry in fs::read_dir(self.root()).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_file() {
                fs::copy(entry.path(), server.files().join(entry.file_name())).unwrap();
            }
        }
    }

    fn write_netrc(&self, lines: &str) {
        fs::write(self.place.dir.path().join(".netrc"), lines).unwrap();
    }
}

#[test]
fn nginx_with_tls_and_a_login() {
    let login = Some(("ops", "pass word+/"));
    let options = Nginx { tls: true, login, ..Nginx::default() };
    let Some(server) = WebServer::nginx(options) else { return };
    let published = Published::new();
    published.copy_to(&server);
    let url = server.url("/");
    let said = published.fetch_with(&url, &[]);
    assert!(said.code != 0 && said.stderr.contains("certificate"), "{said:?}");
    let authority = [("SSL_CERT_FILE", server.authority().to_str().unwrap().to_owned())];
    let said = published.fetch_with(&url, &authority);
    assert!(said.code != 0 && said.stderr.contains("401"), "{said:?}");
    published.assert_nothing_fetched();
    published.write_netrc("machine 127.0.0.1 login ops password \"pass word+/\"\n");
    let said = published.fetch_with(&url, &authority);
    assert_eq!(said.code, 0, "{said:?}");
    published.assert_fetched("1");
    // nginx distinguishes two configs of the same second only by their size.
    published.add("web:2.0.0", b"two", 2);
    published.copy_to(&server);
    let said = published.fetch_with(&url, &authority);
    assert!(said.code == 0 && said.stdout.contains("the rest was in web_1_"), "{said:?}");
    published.assert_fetched("2.0.0");
}

#[test]
fn python_does_not_support_ranges() {
    let Some(server) = WebServer::python() else { return };
    let published = Published::new();
    published.copy_to(&server);
    let said = published.fetch_with(&server.url("/"), &[]);
    assert_eq!(said.code, 0, "{said:?}");
    published.assert_fetched("1");
}

/// Publishes to a bucket and fetches from it.
fn through_a_bucket(place: &str, variables: &[(&str, String)], wrong: (&'static str, String)) {
    let published = Published::new();
    let folder = published.place.dir.path().file_name().unwrap().to_str().unwrap().to_owned();
    let url = format!("{place}/fetched/{folder}");
    let publish = || {
        let mut command = published.place.command(&["--dir", "published", "publish", &url, "-q"]);
        let output = command.envs(variables.iter().cloned()).output().unwrap();
        let said = published.place.said(output);
        assert_eq!(said.code, 0, "{said:?}");
    };
    publish();
    let mut refused = variables.to_vec();
    refused.retain(|(name, _)| *name != wrong.0);
    refused.push(wrong);
    let said = published.fetch_with(&url, &refused);
    assert!(said.code != 0 && said.stderr.contains("error: "), "{said:?}");
    published.assert_nothing_fetched();
    let said = published.fetch_with(&url, variables);
    assert_eq!(said.code, 0, "{said:?}");
    published.assert_fetched("1");
    published.add("web:2", b"two", 2);
    publish();
    let said = published.fetch_with(&url, variables);
    assert!(said.code == 0 && said.stdout.contains("the rest was in web_1_"), "{said:?}");
    published.assert_fetched("2");
    let said = published.fetch_with(&url, variables);
    assert!(said.code == 0 && said.stderr.contains("unchanged"), "{said:?}");
}

#[test]
fn s3() {
    let Some(server) = server("s3") else { return };
    let [url, bucket, user, secret] = server.split('|').collect::<Vec<_>>()[..] else { panic!() };
    let variables = [
        ("AWS_ENDPOINT_URL", url.to_owned()),
        ("AWS_ACCESS_KEY_ID", user.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", secret.to_owned()),
    ];
    let wrong = ("AWS_SECRET_ACCESS_KEY", "wrong".to_owned());
    through_a_bucket(&format!("s3://{bucket}"), &variables, wrong);
}

#[test]
fn azure() {
    let Some(server) = server("azure") else { return };
    let [url, bucket, user, secret] = server.split('|').collect::<Vec<_>>()[..] else { panic!() };
    let connection = |key: &str| {
        let text = format!("AccountName={user};AccountKey={key};BlobEndpoint={url}");
        ("AZURE_STORAGE_CONNECTION_STRING", text)
    };
    through_a_bucket(&format!("az://{bucket}"), &[connection(secret)], connection("d3Jvbmc="));
}

#[test]
fn credentials_do_not_follow_a_redirect() {
    let published = Published::new();
    let elsewhere = FaultProxy::new(published.server.address(), |_| Action::Pass);
    let other = elsewhere.url("").replace("127.0.0.1", "localhost");
    published.line.reset(move |request| match is_archive(request) {
        true => {
            let location = vec![("Location", format!("{other}{}", request.target))];
            Action::Answer(302, location, Vec::new())
        }
        false => Action::Pass,
    });
    published.write_netrc("machine 127.0.0.1 login ops password secret\n");
    let said = published.place.run(&["fetch", &published.url()]);
    assert_eq!(said.code, 0, "{said:?}");
    published.assert_fetched("1");
    let has_login = |proxy: &FaultProxy| {
        proxy.requests().iter().any(|request| request.header("authorization").is_some())
    };
    assert!(has_login(&published.line));
    assert!(!elsewhere.requests().is_empty() && !has_login(&elsewhere));
}

#[test]
fn an_archive_is_fetched_from_its_url() {
    let published = Published::new();
    let elsewhere = FaultProxy::new(published.server.address(), |_| Action::Pass);
    let config = published.root().join("images.json");
    let mut document: serde_json::Value =
        serde_json::from_slice(&fs::read(&config).unwrap()).unwrap();
    let entry = &mut document["web"];
    let name = entry["path"].as_str().unwrap().to_owned();
    entry["url"] = elsewhere.url(&format!("/{name}")).replace("127.0.0.1", "localhost").into();
    fs::write(&config, document.to_string()).unwrap();
    published.line.reset(|request| match request.target.contains(".zip") {
        true => Action::Answer(404, Vec::new(), Vec::new()),
        false => Action::Pass,
    });
    published.write_netrc("machine 127.0.0.1 login ops password secret\n");
    let said = published.place.run(&["fetch", &published.url()]);
    assert_eq!(said.code, 0, "{said:?}");
    published.assert_fetched("1");
    let requests = elsewhere.requests();
    assert!(!requests.is_empty());
    assert!(requests.iter().all(|request| request.header("authorization").is_none()));
}

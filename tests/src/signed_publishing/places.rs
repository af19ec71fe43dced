//! Signed publications on servers, with killed and with concurrent publishers.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command};

use sealift_testing::fault_proxy::{Action, FaultProxy};
use sealift_testing::{Nginx, WebServer, server};

use crate::signed_publishing::Publisher;

const NGINX: Nginx = Nginx { tls: false, login: None, uploads: true, lists: true };

/// Publishes twice to a place, and fetches with verified signatures.
fn assert_signs_at(publisher: &Publisher, destination: &str) {
    let publish = |options: &[&str]| {
        let said = publisher.publish_to(destination, &[&["--sign", "release"], options].concat());
        assert_eq!(said.code, 0, "{said:?}");
        said.stdout
    };
    publish(&["web:1.0"]);
    let said = publisher.fetch_from(destination, &["--signed-by", "signers"]);
    assert!(said.stderr.contains("config  signed by release@example.org\n"), "{said:?}");
    publisher.add("web:2.0", 2);
    assert!(publish(&["--delete"]).contains("  signed by ssh-ed25519 SHA256:"));
    assert!(publish(&[]).contains("/images.json  unchanged  signed by ssh-ed25519 SHA256:"));
    let said = publisher.fetch_from(destination, &["--signed-by", "signers"]);
    assert!(said.code == 0 && said.stdout.starts_with("web:2.0  fetched"), "{said:?}");
    publisher.trust("others", &["other"]);
    let said = publisher.fetch_from(destination, &["--signed-by", "others"]);
    assert_eq!((said.code, said.stdout.as_str()), (1, ""), "{said:?}");
}

#[test]
fn a_web_server_has_signatures() {
    let Some(publisher) = Publisher::new() else { return };
    let Some(server) = WebServer::nginx(NGINX) else { return };
    assert_signs_at(&publisher, &server.url("/images/"));
}

#[test]
fn a_bucket_has_signatures() {
    let Some(mut publisher) = Publisher::new() else { return };
    let Some(server) = server("s3") else { return };
    let parts: Vec<&str> = server.split('|').collect();
    let [url, bucket, user, secret] = parts[..] else { panic!("{server}") };
    let variables = [
        ("AWS_ENDPOINT_URL", url),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_ACCESS_KEY_ID", user),
        ("AWS_SECRET_ACCESS_KEY", secret),
    ];
    publisher.variables = variables.map(|(name, value)| (name, value.to_owned())).into();
    let folder = publisher.place.dir.path().file_name().unwrap().to_str().unwrap().to_owned();
    assert_signs_at(&publisher, &format!("s3://{bucket}/signed/{folder}"));
}

#[test]
fn a_publisher_that_is_killed_at_any_request_leaves_a_signed_config() {
    let Some(publisher) = Publisher::new() else { return };
    let Some(server) = WebServer::nginx(NGINX) else { return };
    publisher.add("web:2.0", 2);
    let line = FaultProxy::new(server.address(), |_| Action::Pass);
    publisher.published(&["web:1.0", "--sign", "release"]);
    let version = |folder: &Path| {
        let folder = folder.to_str().unwrap();
        let said = publisher.fetch_from(folder, &["--signed-by", "signers"]);
        assert_eq!(said.code, 0, "{said:?}");
        said.stdout.split_whitespace().next().unwrap().to_owned()
    };
    let mut seen = Vec::new();
    for number in 1.. {
        let folder = server.files().join(format!("at-{number}"));
        fs::create_dir(&folder).unwrap();
        // The server may run as another user.
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        for (name, content) in publisher.destination() {
            fs::write(folder.join(&name), content).unwrap();
            fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o666)).unwrap();
        }
        line.reset(move |request| match request.number == number {
            true => Action::Hold,
            false => Action::Pass,
        });
        let url = line.url(&format!("/at-{number}/"));
        let options = ["publish", &url, "web:2.0", "--sign", "release", "--delete"];
        let mut child = publisher.place.spawn(&mut publisher.command(&options));
        let is_done = loop {
            if let Some(status) = child.try_wait().unwrap() {
                assert!(status.success());
                break true;
            }
            if line.requests().len() >= number {
                break false;
            }
            std::thread::yield_now();
        };
        if is_done {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        seen.push(version(&folder));
        // The next publisher continues.
        let again = ["web:2.0", "--sign", "release"];
        let said = publisher.publish_to(&server.url(&format!("/at-{number}/")), &again);
        assert_eq!(said.code, 0, "{number}: {said:?}");
        assert_eq!(version(&folder), "web:2.0");
    }
    // First old states, then new ones, and some of each.
    assert!(seen.is_sorted() && seen.len() > 10, "{seen:?}");
    assert!(seen.contains(&"web:1.0".to_owned()) && seen.contains(&"web:2.0".to_owned()));
}

#[test]
fn two_publishers_sign_the_archives_of_both() {
    let Some(publisher) = Publisher::new() else { return };
    let Some(server) = WebServer::apache() else { return };
    let url = server.url("/images/");
    let images: Vec<String> = (0..4).map(|number| format!("image{number}:1.0")).collect();
    for (seed, image) in (1..).zip(&images) {
        publisher.add_to(&format!("folder{seed}"), image, seed);
    }
    let children: Vec<Child> = (1..=4)
        .map(|number| {
            let folder = format!("folder{number}");
            let options = ["--dir", &folder, "publish", &url, "--sign", "release"];
            publisher.place.spawn(&mut publisher.command(&options))
        })
        .collect();
    for child in children {
        let said = publisher.place.said(child.wait_with_output().unwrap());
        assert_eq!(said.code, 0, "{said:?}");
    }
    let said = publisher.fetch_from(&url, &["--signed-by", "signers"]);
    assert_eq!((said.code, said.stdout.lines().count()), (0, 4), "{said:?}");
    // The checksums under the plain name are those that were signed with this config.
    let folder = server.files().join("images");
    let verify = Command::new("ssh-keygen")
        .args(["-Y", "verify", "-n", "sealift-sums", "-I", "release@example.org", "-f"])
        .arg(publisher.path("signers"))
        .args(["-s", "SHA256SUMS.sig"])
        .current_dir(&folder)
        .stdin(fs::File::open(folder.join("SHA256SUMS")).unwrap())
        .output()
        .unwrap();
    assert!(verify.status.success(), "{verify:?}");
    let sums = fs::read_to_string(folder.join("SHA256SUMS")).unwrap();
    assert_eq!(sums.lines().count(), 5, "{sums}");
}

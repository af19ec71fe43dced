//! Clients with a private authority and a login, which use the printed settings.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use crate::command::Place;
use crate::containerd::Containerd;
use crate::serving::https::{Certificates, TLS};
use crate::serving::login::{PASSWORD, with_login};
use crate::serving::pulls::Base;
use crate::serving::{Serving, add_image};

/// A server with TLS and a login, and a folder with the files of its clients.
struct Private {
    place: Place,
    serving: Serving,
    trusted: PathBuf,
}

impl Private {
    fn start() -> Self {
        let place = Place::new();
        add_image(&place, &Base::new(1000).image("web", "1.0.0.1"), &["--compress"]);
        Certificates::new(&place);
        let serving = Serving::start_with(&place, &[&with_login(&place)[..], &TLS].concat());
        let trusted = place.dir.path().join("certs.d").join(&serving.host);
        fs::create_dir_all(&trusted).unwrap();
        let private = Self { place, serving, trusted };
        fs::write(private.trusted.join("ca.crt"), private.printed("podman")).unwrap();
        private
    }

    /// Returns the setting of an engine.
    fn printed(&self, engine: &str) -> String {
        let serve = ["serve", "--listen", &self.serving.host, "--print-config", engine];
        self.place.ok(&[&serve[..], &["--auth", "htpasswd"], &TLS].concat())
    }
}

fn assert_refused(output: &Output, reason: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains(reason), "{output:?}");
}

#[test]
fn skopeo_logs_in_and_copies() {
    let Some(program) = sealift_testing::program("skopeo") else { return };
    let private = Private::start();
    let logins = private.place.dir.path().join("auth.json");
    let reference = format!("docker://{}/web:1.0.0.1", private.serving.host);
    let skopeo = |verb: &str, certificates: bool| {
        let mut command = Command::new(&program);
        command.args(["--insecure-policy", verb]).arg("--authfile").arg(&logins);
        if certificates {
            command.arg("--cert-dir").arg(&private.trusted);
        }
        command
    };
    assert_refused(&skopeo("inspect", false).arg(&reference).output().unwrap(), "x509");
    assert_refused(&skopeo("inspect", true).arg(&reference).output().unwrap(), "unauthorized");
    let mut login = skopeo("login", true);
    login.args(["--username=ann", "--password", PASSWORD, &private.serving.host]);
    sealift_testing::output_of(&mut login);
    let mut copy = Command::new(&program);
    copy.args(["--insecure-policy", "copy", "-q", "--src-authfile"]).arg(&logins);
    copy.arg("--src-cert-dir").arg(&private.trusted).arg(&reference);
    copy.arg(format!("dir:{}", private.place.dir.path().join("copy").display()));
    sealift_testing::output_of(&mut copy);
}

fn containerd_pulls_with_a_login(release: &str) {
    let Some(containerd) = Containerd::start(release) else { return };
    let private = Private::start();
    let settings = private.place.dir.path().join("certs.d");
    // The paths of the test instead of the system's.
    let printed = private.printed("containerd");
    let printed = printed.replace("/etc/containerd/certs.d", settings.to_str().unwrap());
    fs::write(private.trusted.join("hosts.toml"), printed).unwrap();
    let image = format!("{}/web:1.0.0.1", private.serving.host);
    let pull = |more: &[&str]| {
        let arguments = ["images", "pull", "--snapshotter=native"];
        containerd.ctr(&[&arguments, more, &[&image]].concat()).output().unwrap()
    };
    let hosts = ["--hosts-dir", settings.to_str().unwrap()];
    let login = format!("ann:{PASSWORD}");
    assert!(!pull(&hosts).status.success());
    let pulled = pull(&[&hosts[..], &["--user", &login]].concat());
    assert!(pulled.status.success(), "{pulled:?}");
    assert!(containerd.check(&image).unwrap().contains("complete (3/3)"));
}

#[test]
fn containerd_1_pulls_with_a_login() {
    containerd_pulls_with_a_login("1");
}

#[test]
fn containerd_2_pulls_with_a_login() {
    containerd_pulls_with_a_login("2");
}

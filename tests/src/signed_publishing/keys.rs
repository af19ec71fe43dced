//! All kinds of keys that can sign.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use sealift_testing::program;

use crate::signed_publishing::Publisher;

/// An SSH agent, which ends with the test.
struct Agent {
    agent: Child,
    socket: PathBuf,
}

impl Agent {
    fn new(publisher: &Publisher, key: &str) -> Option<Self> {
        let (program, add) = (program("ssh-agent")?, program("ssh-add")?);
        let socket = publisher.path("agent");
        let mut command = Command::new(program);
        command.arg("-D").arg("-a").arg(&socket).stdout(Stdio::null()).stderr(Stdio::null());
        let agent = Self { agent: command.spawn().unwrap(), socket };
        let key = publisher.path(key);
        let is_added = || {
            let mut command = Command::new(&add);
            command.arg("-q").arg(&key).env("SSH_AUTH_SOCK", &agent.socket);
            command.stdin(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
        };
        // The agent listens shortly after its start.
        while !is_added() {
            std::thread::yield_now();
        }
        Some(agent)
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.agent.kill();
        let _ = self.agent.wait();
    }
}

#[test]
fn keys_of_all_types_sign() {
    let Some(publisher) = Publisher::new() else { return };
    for (name, options) in [
        ("ed25519", &["-t", "ed25519"][..]),
        ("p256", &["-t", "ecdsa", "-b", "256"]),
        ("p384", &["-t", "ecdsa", "-b", "384"]),
        ("rsa", &["-t", "rsa", "-b", "2048"]),
        ("pem", &["-t", "rsa", "-b", "2048", "-m", "PEM"]),
    ] {
        publisher.make_key(name, options);
        publisher.trust("own", &[name]);
        let _ = fs::remove_dir_all(publisher.path("published"));
        let said = publisher.published(&["--sign", name, "--signed-by", "own"]);
        let line = format!("config  published/images.json  signed by {name}@example.org\n");
        assert!(said.stdout.ends_with(&line), "{said:?}");
        publisher.assert_fetched("own");
        let said = publisher.published(&["--sign", name]);
        assert!(said.stdout.contains("config  published/images.json  unchanged  signed by "));
    }
}

#[test]
fn an_agent_signs_for_a_public_key() {
    let Some(mut publisher) = Publisher::new() else { return };
    let Some(agent) = Agent::new(&publisher, "release") else { return };
    fs::remove_file(publisher.path("release")).unwrap();
    publisher.assert_refused(
        &["--sign", "release.pub"],
        "could not sign with release.pub: ssh-keygen failed with exit status: 255",
    );
    publisher.variables = vec![("SSH_AUTH_SOCK", agent.socket.display().to_string())];
    publisher.published(&["--sign", "release.pub"]);
    publisher.assert_fetched("signers");
}

#[test]
fn a_certificate_signs_and_a_new_one_signs_again() {
    let Some(publisher) = Publisher::new() else { return };
    publisher.make_key("authority", &["-t", "ed25519"]);
    let key = fs::read_to_string(publisher.path("authority.pub")).unwrap();
    let line = format!("*@example.org cert-authority,namespaces=\"sealift-sums\" {key}");
    fs::write(publisher.path("authorities"), line).unwrap();
    let certify = |validity: &str| {
        let options = ["-q", "-s", "authority", "-I", "build", "-n", "build@example.org"];
        publisher.keygen(&[&options[..], &["-V", validity, "release.pub"]].concat());
    };
    certify("-1d:20400101");
    let options = ["--sign", "release-cert.pub", "--signed-by", "authorities"];
    let said = publisher.published(&options);
    assert!(said.stdout.contains("  signed by build@example.org\n"), "{said:?}");
    publisher.assert_fetched("authorities");
    let before = publisher.destination();
    publisher.published(&options);
    assert!(publisher.destination() == before);

    certify("-1d:20410101");
    let said = publisher.published(&options);
    assert!(said.stdout.ends_with("config  published/images.json  signed by build@example.org\n"));
    assert_ne!(publisher.destination()["SHA256SUMS.sig"], before["SHA256SUMS.sig"]);

    certify("-2d:-1d");
    let before = publisher.destination();
    publisher.add("web:2.0", 2);
    let said = publisher.publish(&options);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.stderr.contains("the certificate of build@example.org expired on "), "{said:?}");
    assert!(publisher.destination() == before);
}

#[test]
fn minisign_signs_with_and_without_a_password() {
    let Some(minisign) = program("minisign") else { return };
    let Some(publisher) = Publisher::new() else { return };
    let make = |name: &str, options: &[&str], input: &str| {
        let mut command = Command::new(&minisign);
        let (public, secret) = (format!("{name}.pub"), format!("{name}.key"));
        command.args(["-G", "-p", &public, "-s", &secret]).args(options);
        command.current_dir(publisher.place.dir.path()).stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::null()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    };
    make("open", &["-W"], "");
    let said = publisher.published(&["--sign", "open.key"]);
    assert!(said.stdout.contains("  signed by minisign key "), "{said:?}");
    publisher.assert_fetched("open.pub");
    let said = publisher.published(&["--sign", "open.key"]);
    assert!(said.stdout.contains("  unchanged  signed by minisign key "), "{said:?}");

    make("closed", &[], "correct horse\ncorrect horse\n");
    publisher.add("web:2.0", 2);
    let options = ["publish", "published", "--sign", "closed.key", "--signed-by", "closed.pub"];
    let before = publisher.destination();
    let said = publisher.place.run_with_input(&options, "wrong\n");
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.stderr.contains("error: could not sign with closed.key: minisign failed with "));
    assert!(publisher.destination() == before);
    let said = publisher.place.run_with_input(&options, "correct horse\n");
    assert_eq!(said.code, 0, "{said:?}");
    publisher.assert_fetched("closed.pub");
}

//! `sealift publish --sign`: who can sign, what is signed, and what is not.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use sealift_testing::layouts::{Image, pack};
use sealift_testing::{output_of, program};
use serde_json::Value;

use crate::command::{Place, Said, write_script};

/// A folder of archives, a destination beside it, and keys.
struct Publisher {
    place: Place,
    /// What the command's environment has besides.
    variables: Vec<(&'static str, String)>,
}

impl Publisher {
    /// Has the keys `release` and `other`, and the signers `signers` with the first of them. `None`
    /// if there is no `ssh-keygen`.
    fn new() -> Option<Self> {
        program("ssh-keygen")?;
        let publisher = Self { place: Place::new(), variables: Vec::new() };
        for name in ["release", "other"] {
            publisher.make_key(name, &["-t", "ed25519"]);
        }
        publisher.trust("signers", &["release"]);
        publisher.add("web:1.0", 1);
        Some(publisher)
    }

    fn make_key(&self, name: &str, options: &[&str]) {
        self.keygen(&[&["-q", "-N", "", "-C", name, "-f", name], options].concat());
    }

    fn keygen(&self, arguments: &[&str]) {
        let mut command = Command::new("ssh-keygen");
        output_of(command.args(arguments).current_dir(self.place.dir.path()).stdin(Stdio::null()));
    }

    /// Writes a file of signers with these keys.
    fn trust(&self, file: &str, keys: &[&str]) {
        let line = |name: &&str| {
            let key = fs::read_to_string(self.path(&format!("{name}.pub"))).unwrap();
            format!("{name}@example.org namespaces=\"sealift-sums\" {key}")
        };
        fs::write(self.path(file), keys.iter().map(line).collect::<String>()).unwrap();
    }

    fn add(&self, tag: &str, seed: u8) {
        self.add_to("artifacts", tag, seed);
    }

    fn add_to(&self, folder: &str, tag: &str, seed: u8) {
        fs::write(self.path("image.tar"), pack(&Image::new(tag, seed).podman())).unwrap();
        self.place.ok(&["--dir", folder, "add", "image.tar", "--compress", "-q"]);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.dir.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.place.command(arguments);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    fn run(&self, arguments: &[&str]) -> Said {
        self.place.said(self.command(arguments).output().unwrap())
    }

    fn publish(&self, options: &[&str]) -> Said {
        self.run(&[&["publish", "published"], options].concat())
    }

    /// Publishes from another folder.
    fn publish_from(&self, folder: &str, options: &[&str]) -> Said {
        self.run(&[&["--dir", folder, "publish", "published"], options].concat())
    }

    fn published(&self, options: &[&str]) -> Said {
        let said = self.publish(options);
        assert_eq!(said.code, 0, "{options:?}: {said:?}");
        said
    }

    /// Fetches into a new folder.
    fn fetch(&self, options: &[&str]) -> Said {
        let _ = fs::remove_dir_all(self.path("fetched"));
        self.run(&[&["--dir", "fetched", "fetch", "published"], options].concat())
    }

    fn assert_fetched(&self, signers: &str) -> String {
        let said = self.fetch(&["--signed-by", signers]);
        assert_eq!(said.code, 0, "{said:?}");
        said.stderr
    }

    /// Every file at the destination with its content.
    fn destination(&self) -> BTreeMap<String, Vec<u8>> {
        files(&self.path("published"))
    }

    /// Asserts that publishing fails with this message, and changes nothing.
    fn assert_refused(&self, options: &[&str], message: &str) -> Said {
        let before = self.destination();
        let said = self.publish(options);
        assert_eq!(said.code, 1, "{options:?}: {said:?}");
        let error = said.stderr.lines().find(|line| line.starts_with("error: "));
        let error = without_sums(error.unwrap_or_default());
        assert_eq!(error, format!("error: {message}"), "{options:?}: {said:?}");
        assert!(self.destination() == before, "{options:?}");
        said
    }
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(folder).into_iter().flatten().map(|file| file.unwrap().path());
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    files
        .filter(|path| path.is_file())
        .map(|path| (name(&path), fs::read(&path).unwrap()))
        .collect()
}

/// Replaces what differs from run to run.
fn without_sums(text: &str) -> String {
    let fingerprint = regex::Regex::new("SHA256:[A-Za-z0-9+/]{43}").unwrap();
    let sums = regex::Regex::new("SHA256SUMS[.][0-9a-f]{16}").unwrap();
    let text = fingerprint.replace_all(text, "SHA256:…");
    sums.replace_all(&text, "SHA256SUMS.…").into_owned()
}

/// An agent of SSH, which ends with the test.
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
        // It listens a moment after it was started.
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

#[test]
fn a_passphrase_is_asked_for_once_and_before_anything_is_uploaded() {
    let Some(mut publisher) = Publisher::new() else { return };
    publisher.keygen(&["-q", "-p", "-N", "correct horse", "-f", "release"]);
    let asked = publisher.path("asked").display().to_string();
    let ask = publisher.path("ask");
    let answer = |answer: &str| write_script(&ask, &format!("echo >> '{asked}'; echo '{answer}'"));
    publisher.variables = vec![
        ("SSH_ASKPASS", ask.display().to_string()),
        ("SSH_ASKPASS_REQUIRE", "force".to_owned()),
    ];
    answer("wrong");
    let said = publisher.assert_refused(
        &["--sign", "release"],
        "could not sign with release: ssh-keygen failed with exit status: 255",
    );
    assert!(
        said.stderr.contains("incorrect passphrase supplied to decrypt private key"),
        "{said:?}"
    );
    assert!(!publisher.path("published").exists());
    fs::remove_file(&asked).unwrap();
    answer("correct horse");
    publisher.published(&["--sign", "release"]);
    assert_eq!(fs::read_to_string(&asked).unwrap(), "\n");
    publisher.assert_fetched("signers");
    // The public part of the key is enough to see that it signed this already.
    publisher.published(&["--sign", "release"]);
    assert_eq!(fs::read_to_string(&asked).unwrap(), "\n");
}

#[test]
fn what_cannot_sign_is_refused_and_nothing_is_uploaded() {
    let Some(mut publisher) = Publisher::new() else { return };
    let said = publisher.publish(&["--sign", "missing"]);
    assert_eq!(
        said.refusal(),
        "[2]\nerror: could not sign with missing: the key cannot be read: No such file or directory \
         (os error 2)\n"
    );
    fs::set_permissions(publisher.path("release"), fs::Permissions::from_mode(0o644)).unwrap();
    let said = publisher.assert_refused(
        &["--sign", "release"],
        "could not sign with release: ssh-keygen failed with exit status: 255",
    );
    assert!(said.stderr.contains("UNPROTECTED PRIVATE KEY FILE"), "{said:?}");
    fs::set_permissions(publisher.path("release"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(publisher.path("secret"), "untrusted comment: minisign encrypted secret key\n")
        .unwrap();
    publisher.variables = vec![("PATH", "/nonexistent".to_owned())];
    publisher.assert_refused(
        &["--sign", "release"],
        "could not sign with release: ssh-keygen is not installed",
    );
    publisher.assert_refused(
        &["--sign", "secret"],
        "could not sign with secret: minisign is not installed",
    );
    publisher.variables.clear();
    publisher.make_key("p521", &["-t", "ecdsa", "-b", "521"]);
    publisher.assert_refused(
        &["--sign", "p521"],
        "the signature by p521 would be refused: the signature cannot be verified: keys of type \
         ecdsa-sha2-nistp521 are not supported",
    );
    publisher.assert_refused(
        &["--sign", "other", "--signed-by", "signers"],
        "the signature by other would be refused: no signer has the key ssh-ed25519 SHA256:…, \
         which made the signature",
    );
    assert!(!publisher.path("published").exists());
}

#[test]
fn a_signed_destination_stays_signed() {
    let Some(publisher) = Publisher::new() else { return };
    publisher.published(&["--sign", "release"]);
    let said = publisher.published(&[]);
    assert!(said.stdout.ends_with("config  published/images.json  unchanged\n"), "{said:?}");
    publisher.add("web:2.0", 2);
    let said = publisher.assert_refused(
        &[],
        "published/images.json is signed, and was not replaced by one without a signature",
    );
    assert!(said.stderr.ends_with(
        "hint: pass --sign KEY; or --unsigned if readers no longer require a signature\n"
    ));
    let said = publisher.assert_refused(
        &["--sign", "other"],
        "published/images.json was signed with another key: it was made by the key ssh-ed25519 \
         SHA256:…, not by ssh-ed25519 SHA256:…",
    );
    assert!(said.stderr.contains("hint: pass --signed-by FILE with the new key"), "{said:?}");
    publisher.trust("both", &["release", "other"]);
    publisher.published(&["--sign", "other", "--signed-by", "both"]);
    publisher.assert_fetched("both");
    assert_eq!(publisher.fetch(&["--signed-by", "signers"]).code, 1);
    publisher.add("web:3.0", 3);
    publisher.published(&["--unsigned"]);
    assert!(!publisher.path("published/SHA256SUMS.sig").exists());
    assert_eq!(publisher.fetch(&["--signed-by", "both"]).code, 1);
    // The config stays as it is, and is signed.
    let config = fs::read(publisher.path("published/images.json")).unwrap();
    let said = publisher.published(&["--sign", "release"]);
    assert!(said.stdout.contains("config  published/images.json  signed by ssh-ed25519 SHA256:"));
    assert_eq!(fs::read(publisher.path("published/images.json")).unwrap(), config);
    publisher.assert_fetched("signers");
}

#[test]
fn entries_of_other_images_are_signed_only_if_somebody_who_may_has_signed_them() {
    let Some(publisher) = Publisher::new() else { return };
    publisher.add_to("theirs", "api:1.0", 7);
    let publish = |options: &[&str]| publisher.publish_from("theirs", options);
    assert_eq!(publish(&[]).code, 0);
    let said = publisher.assert_refused(
        &["--sign", "release"],
        "cannot sign the entries of other images in published/images.json, api: not signed, there \
         is no published/SHA256SUMS.….sig",
    );
    assert!(said.stderr.contains("hint: pass --signed-by FILE with those who sign that config"));
    // Nobody can sign for them with a key of their own.
    assert_eq!(publish(&["--sign", "other"]).code, 0);
    publisher.assert_refused(
        &["--sign", "release"],
        "cannot sign the entries of other images in published/images.json, api: it was made by the \
         key ssh-ed25519 SHA256:…, not by ssh-ed25519 SHA256:…",
    );
    publisher.assert_refused(
        &["--sign", "release", "--signed-by", "signers"],
        "cannot sign the entries of other images in published/images.json, api: no signer has the \
         key ssh-ed25519 SHA256:…, which made the signature",
    );
    publisher.trust("both", &["release", "other"]);
    publisher.published(&["--sign", "release", "--signed-by", "both"]);
    publisher.assert_fetched("signers");
    assert_eq!(files(&publisher.path("fetched")).len(), 2);
    // The same key signs again without being told who may.
    publisher.add("web:2.0", 2);
    publisher.published(&["--sign", "release"]);

    // Somebody adds an entry who can write, but not sign.
    publisher.add_to("theirs", "api:2.0", 8);
    assert_eq!(publish(&["--unsigned"]).code, 0);
    publisher.add("web:3.0", 3);
    publisher.assert_refused(
        &["--sign", "release"],
        "cannot sign the entries of other images in published/images.json, api: not signed, there \
         is no published/SHA256SUMS.….sig",
    );
    publisher.published(&["--sign", "release", "--sign-existing"]);
    publisher.assert_fetched("signers");
}

#[test]
fn other_programs_verify_what_was_signed() {
    let Some(publisher) = Publisher::new() else { return };
    publisher.published(&["--sign", "release"]);
    let folder = publisher.path("published");
    let verify = Command::new("ssh-keygen")
        .args(["-Y", "verify", "-n", "sealift-sums", "-I", "release@example.org"])
        .args(["-f", "../signers", "-s", "SHA256SUMS.sig"])
        .current_dir(&folder)
        .stdin(fs::File::open(folder.join("SHA256SUMS")).unwrap())
        .output()
        .unwrap();
    assert!(verify.status.success(), "{verify:?}");
    let Some(sha256sum) = program("sha256sum") else { return };
    let mut check = Command::new(sha256sum);
    output_of(check.args(["--strict", "-c", "SHA256SUMS"]).current_dir(&folder));
    let sums = fs::read_to_string(folder.join("SHA256SUMS")).unwrap();
    assert!(sums.contains("  images.json\n") && sums.contains("  web_1.0_"), "{sums}");
    // A copy of the destination is a folder of archives with a signature.
    let said = publisher.run(&["--dir", "published", "verify", "--signed-by", "signers"]);
    assert_eq!(said.code, 0, "{said:?}");
}

#[test]
fn delete_keeps_the_signed_checksums_of_this_config_and_the_one_before() {
    let Some(publisher) = Publisher::new() else { return };
    let signed = || {
        let files = publisher.destination().into_keys();
        files.filter(|name| name.starts_with("SHA256SUMS.") && name.len() > 20).count()
    };
    for (version, seed) in [("1.0", 1), ("2.0", 2), ("3.0", 3)] {
        publisher.add(&format!("web:{version}"), seed);
        publisher.published(&["--sign", "release"]);
    }
    assert_eq!(signed(), 6);
    // Which config was before is not known, so none is removed.
    publisher.published(&["--sign", "release", "--delete"]);
    assert_eq!(signed(), 6);
    publisher.add("web:4.0", 4);
    publisher.published(&["--sign", "release", "--delete", "--keep", "1"]);
    assert_eq!(signed(), 4);
    publisher.assert_fetched("signers");
}

#[test]
fn a_plan_signs_nothing() {
    let Some(publisher) = Publisher::new() else { return };
    let said = publisher.published(&["--sign", "release", "--dry-run"]);
    assert!(said.stdout.ends_with("config  published/images.json  would be written and signed\n"));
    publisher.published(&[]);
    let said = publisher.published(&["--sign", "release", "--dry-run"]);
    assert!(said.stdout.ends_with("config  published/images.json  would be signed\n"), "{said:?}");
    let said = publisher.published(&["--sign", "release", "--json"]);
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    let config = &report["config"];
    assert_eq!((&config["changed"], &config["signed"]), (&false.into(), &true.into()));
    assert!(config["signed_by"]["key"].as_str().unwrap().starts_with("ssh-ed25519 SHA256:"));
}

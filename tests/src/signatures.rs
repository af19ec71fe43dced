//! `--signed-by`: only signed archives are fetched, loaded and verified, and others change nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sealift_testing::layouts::{Image, pack};
use sealift_testing::{output_of, program};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::command::{Place, Said};

/// A place with published archives, and the keys `release` and `other`.
struct Published {
    place: Place,
}

impl Published {
    /// Creates the place. Returns `None` if `ssh-keygen` is missing.
    fn new() -> Option<Self> {
        program("ssh-keygen")?;
        let published = Self { place: Place::new() };
        for name in ["release", "other"] {
            let mut make = published.ssh_keygen();
            output_of(make.args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", name]));
        }
        published.trust("");
        published.publish("1.0", 1);
        Some(published)
    }

    fn ssh_keygen(&self) -> Command {
        let mut command = Command::new("ssh-keygen");
        command.current_dir(self.place.dir.path()).stderr(Stdio::null());
        command
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.dir.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Writes a file of signers with the key `release` and these options.
    fn trust(&self, options: &str) {
        let key = self.read("release.pub");
        fs::write(self.path("signers"), format!("release@example.org {options} {key}")).unwrap();
    }

    /// Publishes a version without a signature.
    fn publish(&self, version: &str, sequence: u64) {
        let image = Image::new(&format!("web:{version}"), u8::try_from(sequence).unwrap());
        fs::write(self.path("image.tar"), pack(&image.podman())).unwrap();
        self.place.ok(&["--dir", "published", "add", "image.tar", "--compress", "-q"]);
        let config = self.place.ok(&["--dir", "published", "config"]);
        let mut config: Value = serde_json::from_str(&config).unwrap();
        config["web"]["sequence"] = json!(sequence);
        fs::write(self.path("published/images.json"), config.to_string()).unwrap();
    }

    /// Returns the published checksums.
    fn sums(&self) -> String {
        let sha256 = self.config_sum();
        self.place.ok(&["--dir", "published", "config", "--format", "sums"])
            + &format!("{sha256}  images.json\n")
    }

    fn config_sum(&self) -> String {
        let digest = Sha256::digest(fs::read(self.path("published/images.json")).unwrap());
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Signs these checksums as those of the published config.
    fn sign_sums(&self, sums: &str, key: &str, namespace: &str) {
        let name = format!("published/SHA256SUMS.{}", &self.config_sum()[..16]);
        fs::write(self.path(&name), sums).unwrap();
        let _ = fs::remove_file(self.path(&format!("{name}.sig")));
        output_of(self.ssh_keygen().args(["-Y", "sign", "-n", namespace, "-f", key, &name]));
    }

    fn sign(&self) {
        self.sign_sums(&self.sums(), "release", "sealift-sums");
    }

    fn fetch(&self, options: &[&str]) -> Said {
        let from = self.path("published").display().to_string();
        self.place.run(&[&["fetch", &from], options].concat())
    }

    /// Asserts that a signed fetch fails with this message, and fetches nothing.
    fn assert_refused(&self, message: &str) {
        let before = files(&self.place.artifacts());
        let said = self.fetch(&["--signed-by", "signers"]);
        assert_eq!(said.code, 1, "{said:?}");
        assert_eq!(files(&self.place.artifacts()), before);
        let stderr = without_sums(&said.stderr);
        assert_eq!(stderr.lines().next().unwrap(), format!("error: {message}"), "{said:?}");
        assert_eq!(said.stdout, "");
        assert!(self.archives().is_empty(), "{:?}", self.archives());
    }

    fn archives(&self) -> Vec<String> {
        let files = fs::read_dir(self.place.artifacts()).into_iter().flatten();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("web_")).collect()
    }
}

/// Returns every file of a folder with its content, except the empty lock file.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.append(&mut self::files(&path));
        } else {
            let content = fs::read(&path).unwrap();
            files.insert(path, content);
        }
    }
    files.retain(|_, content| !content.is_empty());
    files
}

/// Replaces the parts that differ between runs.
fn without_sums(text: &str) -> String {
    let fingerprint = regex::Regex::new("SHA256:[A-Za-z0-9+/]{43}").unwrap();
    let sums = regex::Regex::new("SHA256SUMS[.][0-9a-f]{16}").unwrap();
    let text = fingerprint.replace_all(text, "SHA256:…");
    sums.replace_all(&text, "SHA256SUMS.…").into_owned()
}

#[test]
fn a_signed_archive_is_fetched_and_the_signer_is_printed() {
    let Some(published) = Published::new() else { return };
    published.sign();
    let said = published.fetch(&["--signed-by", "signers"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.stderr.contains("config  signed by release@example.org\n"), "{said:?}");
    assert_eq!(published.archives().len(), 1);

    // The source no longer has the signature, and the folder has.
    let name = format!("published/SHA256SUMS.{}.sig", &published.config_sum()[..16]);
    fs::remove_file(published.path(&name)).unwrap();
    let said = published.fetch(&["--signed-by", "signers"]);
    assert_eq!(said.code, 0, "{said:?}");
    let line = "config  signed by release@example.org  kept from an earlier fetch\n";
    assert!(said.stderr.contains(line), "{said:?}");
    assert_eq!(published.place.run(&["verify", "./published", "--signed-by", "signers"]).code, 1);

    let said = published.fetch(&["--signed-by", "signers", "--json"]);
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(report["config"]["signed_by"]["name"], "release@example.org");
    assert!(
        report["config"]["signed_by"]["key"].as_str().unwrap().starts_with("ssh-ed25519 SHA256:")
    );
    assert_eq!(report["config"]["signature_kept"], true);
}

#[test]
fn the_well_known_checksums_are_used_if_a_config_has_none_of_its_own() {
    let Some(published) = Published::new() else { return };
    fs::write(published.path("published/SHA256SUMS"), published.sums()).unwrap();
    let mut sign = published.ssh_keygen();
    output_of(
        sign.args(["-Y", "sign", "-n", "sealift-sums", "-f", "release"])
            .arg("published/SHA256SUMS"),
    );
    let config = published.read("published/images.json");
    published.publish("2.0", 2);
    published.assert_refused(
        "DIR/published/images.json is not trusted: DIR/published/SHA256SUMS is signed, but does not list its SHA-256",
    );
    fs::write(published.path("published/images.json"), config).unwrap();
    let said = published.fetch(&["--signed-by", "signers"]);
    assert!(said.stderr.contains("config  signed by release@example.org\n"), "{said:?}");
}

#[test]
fn each_reason_for_refusing_a_config_has_its_message_and_nothing_is_fetched() {
    let Some(published) = Published::new() else { return };
    let config = "DIR/published/images.json";
    published.assert_refused(&format!(
        "{config} is not signed: there is no DIR/published/SHA256SUMS.….sig"
    ));

    published.sign_sums(&published.sums(), "other", "sealift-sums");
    published.assert_refused(&format!(
        "{config} is not trusted: no signer has the key ssh-ed25519 SHA256:…, which made the signature"
    ));

    published.sign_sums(&published.sums(), "release", "file");
    published.assert_refused(&format!(
        "{config} is not trusted: the signature was made for the namespace `file`, not for \
         `sealift-sums`"
    ));

    // The valid signature of another config, under the name of this config.
    published.sign_sums(&("0".repeat(64) + "  images.json\n"), "release", "sealift-sums");
    published.assert_refused(&format!(
        "{config} is not trusted: DIR/published/SHA256SUMS.… is signed, but does not list its SHA-256"
    ));

    // The signed file was replaced.
    published.sign();
    let name = format!("published/SHA256SUMS.{}", &published.config_sum()[..16]);
    fs::write(published.path(&name), published.sums() + "\n").unwrap();
    published.assert_refused(&format!(
        "{config} is not trusted: the signature does not match the content; it names the key \
         ssh-ed25519 SHA256:…"
    ));

    published.sign();
    published.trust("valid-before=\"20200101Z\"");
    published.assert_refused(&format!(
        "{config} is not trusted: the key of release@example.org expired on 2020-01-01"
    ));

    published.trust("valid-after=\"20900101Z\"");
    published.assert_refused(&format!(
        "{config} is not trusted: the key of release@example.org is not valid before 2090-01-01"
    ));

    published.trust("");
    let said = published.fetch(&["--signed-by", "signers", "--revoked", "release.pub"]);
    assert_eq!(
        without_sums(said.stderr.lines().next().unwrap()),
        format!("error: {config} is not trusted: the key ssh-ed25519 SHA256:… is revoked")
    );
    assert!(published.archives().is_empty());
    assert_eq!(published.fetch(&["--signed-by", "signers"]).code, 0);
}

#[test]
fn an_old_config_with_its_valid_signature_is_refused() {
    let Some(published) = Published::new() else { return };
    published.sign();
    let old = published.read("published/images.json");
    published.publish("2.0", 2);
    published.sign();
    assert_eq!(published.fetch(&["--signed-by", "signers"]).code, 0);
    fs::write(published.path("published/images.json"), old).unwrap();
    let said = published.fetch(&["--signed-by", "signers"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.stderr.contains("is older than the config fetched before"), "{said:?}");
    assert_eq!(published.archives().len(), 1);
}

#[test]
fn an_unchanged_config_is_verified_again() {
    let Some(published) = Published::new() else { return };
    published.sign();
    assert_eq!(published.fetch(&["--signed-by", "signers"]).code, 0);
    // The config in the folder is verified.
    let name = format!("published/SHA256SUMS.{}", &published.config_sum()[..16]);
    fs::remove_file(published.path(&name)).unwrap();
    assert_eq!(published.fetch(&["--signed-by", "signers"]).code, 0);
    published.trust("valid-before=\"20200101Z\"");
    let said = published.fetch(&["--signed-by", "signers"]);
    assert_eq!(said.code, 1, "{said:?}");
}

#[test]
fn a_changed_archive_with_its_record_is_not_trusted() {
    let Some(published) = Published::new() else { return };
    published.sign();
    assert_eq!(published.fetch(&["--signed-by", "signers"]).code, 0);
    let verify = |options: &[&str]| published.place.run(&[&["verify"], options].concat());
    let said = verify(&["--signed-by", "signers"]);
    assert_eq!(said.code, 0, "{said:?}");

    // Another process adds another image with a record.
    let image = Image::new("web:1.0", 9);
    fs::write(published.path("evil.tar"), pack(&image.podman())).unwrap();
    published.place.ok(&["add", "evil.tar", "--compress", "-q"]);
    assert_eq!(verify(&[]).code, 0);
    let said = verify(&["--signed-by", "signers"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(
        said.stdout.contains("untrusted  SHA256SUMS is signed, but does not list its SHA-256"),
        "{said:?}"
    );
    let said = published.place.run(&["load", "web:1.0", "--signed-by", "signers"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(
        said.stderr.contains(" is not trusted: SHA256SUMS is signed, but does not list"),
        "{said:?}"
    );
}

#[test]
fn a_folder_has_its_own_checksums_and_signature() {
    let Some(published) = Published::new() else { return };
    let verify = || {
        let place = &published.place;
        place.run(&["--dir", "published", "verify", "--signed-by", "signers"])
    };
    let said = verify();
    assert_eq!(said.code, 1);
    assert!(
        said.stdout.contains("untrusted  not signed, there is no published/SHA256SUMS.sig"),
        "{said:?}"
    );
    fs::write(published.path("published/SHA256SUMS"), published.sums()).unwrap();
    let sums = "published/SHA256SUMS";
    let mut sign = published.ssh_keygen();
    output_of(sign.args(["-Y", "sign", "-n", "sealift-sums", "-f", "release", sums]));
    let said = verify();
    assert_eq!(said.code, 0, "{said:?}");
}

#[test]
fn an_archive_outside_of_the_folder_has_no_signature() {
    let Some(published) = Published::new() else { return };
    let said = published.place.run(&["load", "./image.tar", "--signed-by", "signers"]);
    assert_eq!(said.code, 1);
    assert_eq!(
        said.stderr.lines().next().unwrap(),
        "error: ./image.tar is not signed: signatures cover archives in the folder only"
    );
}

#[test]
fn the_users_config_requires_signatures() {
    let Some(published) = Published::new() else { return };
    let folder = published.path(".config/sealift");
    fs::create_dir_all(&folder).unwrap();
    let config = folder.join("config.json");
    let set = |json: &str| fs::write(&config, json).unwrap();
    let refusal = || {
        let said = published.fetch(&[]);
        assert!(published.archives().is_empty());
        (said.code, said.stderr)
    };

    set(r#"{"require-signature": true}"#);
    assert_eq!(
        refusal(),
        (
            2,
            "error: DIR/.config/sealift/config.json requires a signature, but there are no \
             signers: pass --signed-by FILE, or set \"signed-by\" in it\n"
                .into()
        )
    );
    set(r#"{"require-signature": true, "signed-by": "signers"}"#);
    let (code, stderr) = refusal();
    assert_eq!(code, 2);
    assert!(stderr.contains("DIR/.config/sealift/signers cannot be read: "), "{stderr}");
    fs::copy(published.path("signers"), folder.join("signers")).unwrap();
    let (code, stderr) = refusal();
    assert_eq!(code, 1);
    assert!(stderr.contains("is not signed"), "{stderr}");
    published.sign();
    let said = published.fetch(&[]);
    assert_eq!(said.code, 0, "{said:?}");
    let said = published.place.run(&["env"]);
    assert!(said.stdout.contains("signers"), "{said:?}");

    // A folder of archives has no influence on trusted signers.
    fs::remove_dir_all(&folder).unwrap();
    for name in ["config.json", "sealift/config.json", ".sealift/config.json", "signers"] {
        let path = published.place.artifacts().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, r#"{"require-signature": true, "signed-by": "none"}"#).unwrap();
    }
    assert_eq!(published.fetch(&[]).code, 0);
    fs::create_dir_all(&folder).unwrap();
    set(r#"{"require-signatures": true}"#);
    for command in [&["verify"][..], &["env"], &["load", "web"]] {
        let said = published.place.run(command);
        assert_eq!(said.code, 2, "{said:?}");
        assert!(
            said.stderr
                .contains("DIR/.config/sealift/config.json is not a valid config: unknown field"),
            "{said:?}"
        );
    }
}

#[test]
fn a_key_in_place_of_signers_is_refused_and_not_shown() {
    let Some(published) = Published::new() else { return };
    let said = published.fetch(&["--signed-by", "release"]);
    assert_eq!(said.code, 2);
    assert_eq!(
        said.stderr.lines().next().unwrap(),
        "error: release is not a file of signers: it is a private key; use the public keys"
    );
}

#[test]
fn a_minisign_key_signs_with_a_time() {
    let Some(minisign) = program("minisign") else { return };
    let Some(published) = Published::new() else { return };
    let run = |arguments: &[&str]| {
        let mut command = Command::new(&minisign);
        output_of(command.args(arguments).current_dir(published.place.dir.path()));
    };
    run(&["-G", "-W", "-p", "mini.pub", "-s", "mini"]);
    let sums = format!("published/SHA256SUMS.{}", &published.config_sum()[..16]);
    fs::write(published.path(&sums), published.sums()).unwrap();
    run(&["-S", "-s", "mini", "-m", &sums]);
    let said = published.fetch(&["--signed-by", "mini.pub"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.stderr.contains("config  signed by minisign key "), "{said:?}");
    assert!(said.stderr.contains(", just now\n") || said.stderr.contains(" ago\n"), "{said:?}");
}

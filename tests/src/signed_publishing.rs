//! `sealift publish --sign`: the keys, the signed content, and the refusals.

mod keys;
mod on_engine;
mod passwords;
mod places;
mod refused;
mod verified;
mod written;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sealift_testing::layouts::{Image, pack};
use sealift_testing::{output_of, program};

use crate::command::{Place, Said};

/// A folder of archives, a destination next to it, and keys.
struct Publisher {
    place: Place,
    /// Additional environment variables of the command.
    variables: Vec<(&'static str, String)>,
}

impl Publisher {
    /// Creates the keys `release` and `other`, and the signers `signers` with the first of them.
    /// Returns `None` if `ssh-keygen` is missing.
    fn new() -> Option<Self> {
        let publisher = Self::without_archives(Place::new())?;
        publisher.add("web:1.0", 1);
        Some(publisher)
    }

    fn without_archives(place: Place) -> Option<Self> {
        program("ssh-keygen")?;
        let publisher = Self { place, variables: Vec::new() };
        for name in ["release", "other"] {
            publisher.make_key(name, &["-t", "ed25519"]);
        }
        publisher.trust("signers", &["release"]);
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
        self.publish_to("published", options)
    }

    fn publish_to(&self, destination: &str, options: &[&str]) -> Said {
        self.run(&[&["publish", destination], options].concat())
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

    fn fetch(&self, options: &[&str]) -> Said {
        self.fetch_from("published", options)
    }

    /// Fetches into a new folder.
    fn fetch_from(&self, destination: &str, options: &[&str]) -> Said {
        let _ = fs::remove_dir_all(self.path("fetched"));
        self.run(&[&["--dir", "fetched", "fetch", destination], options].concat())
    }

    fn assert_fetched(&self, signers: &str) -> String {
        let said = self.fetch(&["--signed-by", signers]);
        assert_eq!(said.code, 0, "{said:?}");
        said.stderr
    }

    /// Returns every file at the destination with its content.
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

/// Replaces the parts that differ between runs.
fn without_sums(text: &str) -> String {
    let fingerprint = regex::Regex::new("SHA256:[A-Za-z0-9+/]{43}").unwrap();
    let sums = regex::Regex::new("SHA256SUMS[.][0-9a-f]{16}").unwrap();
    let text = fingerprint.replace_all(text, "SHA256:…");
    sums.replace_all(&text, "SHA256SUMS.…").into_owned()
}

//! skopeo copies from the server and inspects its images.

use std::fs;
use std::path::Path;
use std::process::Command;

use sealift_testing::layouts::{Image, digest, file, noise, pack};
use serde_json::{Value, json};

use crate::command::Place;
use crate::exports::forms;
use crate::serving::pulls::{Base, assert_layers_sent_once};
use crate::serving::{Serving, add_image};

/// Calls of skopeo, which trusts all images and uses plain HTTP.
struct Skopeo<'a> {
    program: &'a Path,
    serving: &'a Serving,
}

impl Skopeo<'_> {
    fn run(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(self.program);
        command.arg("--insecure-policy").args(arguments);
        sealift_testing::output_of(&mut command)
    }

    /// Returns the output about an image, without the name of the host.
    fn inspect(&self, image: &str, more: &[&str]) -> Value {
        let reference = format!("docker://{}/{image}", self.serving.host);
        let arguments = [&["inspect", "--tls-verify=false"], more, &[reference.as_str()]];
        serde_json::from_str(&self.run(&arguments.concat())).unwrap()
    }

    fn copy(&self, image: &str, to: &str, more: &[&str]) {
        let from = format!("docker://{}/{image}", self.serving.host);
        self.run(&[&["copy", "-q", "--src-tls-verify=false"], more, &[&from, to]].concat());
    }
}

/// Asserts that a folder written by skopeo has an image with all its layers.
fn assert_has(folder: &Path, image: &Image) {
    let manifest: Value =
        serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["config"]["digest"], image.id());
    assert_eq!(fs::read(folder.join(&image.id()[7..])).unwrap(), image.config());
    let layers = manifest["layers"].as_array().unwrap();
    assert_eq!(layers.len(), image.layers.len());
    for layer in layers {
        let name = layer["digest"].as_str().unwrap();
        assert_eq!(digest(&fs::read(folder.join(&name[7..])).unwrap()), name);
    }
}

#[test]
fn skopeo_copies_and_inspects_archives_of_every_form() {
    let Some(program) = sealift_testing::program("skopeo") else { return };
    for (seed, more) in [(1, &[][..]), (2, &["--compress"])] {
        let mut image = Image::new("team/web:1.0.0.1", seed);
        image.layers.push(pack(&[file("large", noise(700_000))]));
        for (writer, entries) in forms(&image) {
            let place = Place::new();
            fs::write(place.dir.path().join("their.tar"), pack(&entries)).unwrap();
            let add = ["add", "their.tar", "--name", "team/web:1.0.0.1", "-q"];
            place.ok(&[&add[..], more].concat());
            let serving = Serving::start(&place);
            let skopeo = Skopeo { program: &program, serving: &serving };

            let seen = skopeo.inspect("team/web:1.0.0.1", &[]);
            assert_eq!(seen["Architecture"], "amd64", "{writer}");
            assert_eq!(seen["RepoTags"], json!(["1.0.0.1", "latest"]), "{writer}");
            let by_digest = format!("team/web@{}", seen["Digest"].as_str().unwrap());
            assert_eq!(skopeo.inspect(&by_digest, &[])["Layers"], seen["Layers"], "{writer}");
            let config = skopeo.inspect("team/web:latest", &["--config", "--raw"]);
            assert_eq!(config, serde_json::from_slice::<Value>(&image.config()).unwrap());

            for name in ["team/web:1.0.0.1", "team/web:latest", &by_digest] {
                let folder = place.dir.path().join("copied");
                skopeo.copy(name, &format!("dir:{}", folder.display()), &[]);
                assert_has(&folder, &image);
                fs::remove_dir_all(folder).unwrap();
            }
        }
    }
}

#[test]
fn a_layout_gets_only_missing_layers() {
    let Some(program) = sealift_testing::program("skopeo") else { return };
    let place = Place::new();
    let base = Base::new(700_000);
    let versions = ["1.0.0.1", "1.0.0.2"];
    let images = versions.map(|version| base.image("web", version));
    images.iter().for_each(|image| add_image(&place, image, &["--compress"]));
    let serving = Serving::start(&place);
    let skopeo = Skopeo { program: &program, serving: &serving };
    for (version, image) in versions.into_iter().zip(&images) {
        let layout = format!("oci:{}:{version}", place.dir.path().join("layout").display());
        // Digests are preserved: a layer that skopeo compresses would have another digest.
        skopeo.copy(&format!("web:{version}"), &layout, &["--preserve-digests"]);
        let raw = skopeo.run(&["inspect", "--raw", &layout]);
        let manifest: Value = serde_json::from_str(&raw).unwrap();
        assert_eq!(manifest["config"]["digest"], image.id());
    }
    let list = ["list-tags", "--tls-verify=false", &format!("docker://{}/web", serving.host)];
    let tags: Value = serde_json::from_str(&skopeo.run(&list)).unwrap();
    assert_eq!(tags["Tags"], json!(["1.0.0.1", "1.0.0.2", "latest"]));
    let (_, requests) = serving.stop();
    assert_layers_sent_once(&requests, &images);
}

#[test]
fn all_versions_and_platforms_are_copied_at_once() {
    let Some(program) = sealift_testing::program("skopeo") else { return };
    let place = Place::new();
    let image = |version: &str, architecture: &str| {
        let mut image = Image::new(&format!("web:{version}"), 1);
        image.architecture = architecture.to_owned();
        add_image(&place, &image, &[]);
        image
    };
    let [first, amd64, arm64] = [("1.0.0.1", "amd64"), ("1.0.0.2", "amd64"), ("1.0.0.2", "arm64")]
        .map(|(version, architecture)| image(version, architecture));
    let serving = Serving::start(&place);
    let skopeo = Skopeo { program: &program, serving: &serving };
    let at = |name: &str| place.dir.path().join(name);
    let from = format!("{}/web", serving.host);
    let to = at("synced").display().to_string();
    skopeo.run(&["sync", "--src-tls-verify=false", "--src=docker", "--dest=dir", &from, &to]);
    assert_has(&at("synced/web:1.0.0.1"), &first);
    assert_has(&at("synced/web:1.0.0.2"), &amd64);
    assert_has(&at("synced/web:latest"), &amd64);
    skopeo.copy("web:latest", &format!("dir:{}", at("all").display()), &["--all"]);
    for image in [&amd64, &arm64] {
        assert_eq!(fs::read(at("all").join(&image.id()[7..])).unwrap(), image.config());
    }
    let mut command = Command::new(&program);
    command.args(["--insecure-policy", "--override-arch", "arm64", "copy", "-q"]);
    command.arg("--src-tls-verify=false").arg(format!("docker://{}/web:1.0.0.2", serving.host));
    command.arg(format!("dir:{}", at("arm64").display()));
    sealift_testing::output_of(&mut command);
    assert_has(&at("arm64"), &arm64);
}

/// skopeo also reads the settings that `--print-config podman` prints.
#[test]
fn the_printed_config_allows_plain_http() {
    let Some(program) = sealift_testing::program("skopeo") else { return };
    let place = Place::new();
    add_image(&place, &Image::new("web:1.0.0.1", 1), &[]);
    let serving = Serving::start(&place);
    let inspect = |config: &str| {
        let file = place.dir.path().join("registries.conf");
        fs::write(&file, config).unwrap();
        let mut command = Command::new(&program);
        command.arg("--registries-conf").arg(file).arg("inspect");
        command.arg(format!("docker://{}/web:1.0.0.1", serving.host)).output().unwrap()
    };
    assert!(!inspect("").status.success(), "skopeo requires TLS");
    let config = place.ok(&["serve", "--listen", &serving.host, "--print-config", "podman"]);
    let found = inspect(&config);
    assert!(found.status.success(), "{found:?}");
}

//! Pulls by containerd, with its own `ctr`.

use std::fs;

use sealift_testing::layouts::{Image, digest, file, pack};

use crate::command::Place;
use crate::containerd::Containerd;
use crate::serving::pulls::{Base, assert_layers_sent_once};
use crate::serving::{Serving, add_image};

/// Pulls an image with further arguments, and asserts that containerd has all its content.
pub(super) fn pull(containerd: &Containerd, image: &str, more: &[&str]) {
    let arguments = [&["images", "pull", "--snapshotter", "native"], more, &[image]];
    sealift_testing::output_of(&mut containerd.ctr(&arguments.concat()));
    let line = containerd.check(image).expect("the image has the name by which it was pulled");
    assert!(line.contains("complete (3/3)") && line.trim_end().ends_with("true"), "{line}");
}

fn pulls(release: &str) {
    let Some(containerd) = Containerd::start(release) else { return };
    let place = Place::new();
    let base = Base::new(700_000);
    let images = ["1.0.0.1", "1.0.0.2"].map(|version| base.image("web", version));
    add_image(&place, &images[0], &["--compress"]);
    add_image(&place, &images[1], &[]);
    let serving = Serving::start(&place);
    let host = serving.host.clone();
    // Without the option, containerd tries TLS first.
    for (image, more) in images.iter().zip([&["--plain-http"][..], &[]]) {
        let name = format!("{host}/{}", image.tags[0]);
        pull(&containerd, &name, more);
        let mut get = containerd.ctr(&["content", "get", &image.id()]);
        assert_eq!(sealift_testing::output_of(&mut get).as_bytes(), image.config());
        for layer in &image.layers {
            let mut get = containerd.ctr(&["content", "get", &digest(layer)]);
            assert!(get.output().unwrap().stdout == *layer);
        }
    }
    let manifest = serving.ask("HEAD", "/v2/web/manifests/latest", "");
    let manifest = manifest.header("docker-content-digest").unwrap().to_owned();
    pull(&containerd, &format!("{host}/web@{manifest}"), &["--plain-http"]);
    pull(&containerd, &format!("{host}/web:latest"), &["--plain-http"]);
    let (_, requests) = serving.stop();
    assert_layers_sent_once(&requests, &images);
}

/// The layers of the machine's platform are pulled, or those of the requested platform.
fn pulls_a_platform(release: &str) {
    let Some(containerd) = Containerd::start(release) else { return };
    let place = Place::new();
    let base = Base::new(1000);
    let [own, other] = ["amd64", "arm64"].map(|architecture| {
        let mut image = base.image("web", "1.0.0.1");
        image.architecture = architecture.to_owned();
        image.layers[1] = pack(&[file("architecture", architecture.into())]);
        add_image(&place, &image, &[]);
        image
    });
    let serving = Serving::start(&place);
    let name = format!("{}/web:1.0.0.1", serving.host);
    // containerd may have the config of each platform, because the index lists all manifests.
    let has = |image: &Image| {
        let get = ["content", "get", &digest(&image.layers[1])];
        containerd.ctr(&get).output().unwrap().stdout == image.layers[1]
    };
    let pull = |more: &[&str]| {
        let arguments =
            [&["images", "pull", "--snapshotter=native", "--plain-http"], more, &[&name]];
        sealift_testing::output_of(&mut containerd.ctr(&arguments.concat()));
    };
    pull(&[]);
    assert_eq!([has(&own), has(&other)], [true, false]);
    pull(&["--platform", "linux/arm64"]);
    assert!(has(&other));
}

/// Like a kubelet, this test uses settings that are found by the name of the registry.
fn the_printed_config_is_used(release: &str) {
    let Some(containerd) = Containerd::start(release) else { return };
    let place = Place::new();
    add_image(&place, &Base::new(1000).image("web", "1.0.0.1"), &[]);
    let serving = Serving::start(&place);
    let folder = place.dir.path().join("certs.d");
    let config = ["serve", "--listen", &serving.host, "--print-config", "containerd"];
    // No server answers at this name: only the settings lead to the server.
    let name = "build1.example:5000";
    fs::create_dir_all(folder.join(name)).unwrap();
    fs::write(folder.join(name).join("hosts.toml"), place.ok(&config)).unwrap();
    let hosts = ["--hosts-dir", folder.to_str().unwrap()];
    pull(&containerd, &format!("{name}/web:1.0.0.1"), &hosts);
    fs::remove_dir_all(folder.join(name)).unwrap();
    let arguments = [&["images", "pull"], &hosts[..], &["build1.example:5000/web:latest"]].concat();
    assert!(!containerd.ctr(&arguments).output().unwrap().status.success());
}

#[test]
fn containerd_1_pulls() {
    pulls("1");
}

#[test]
fn containerd_2_pulls() {
    pulls("2");
}

#[test]
fn containerd_1_pulls_a_platform() {
    pulls_a_platform("1");
}

#[test]
fn containerd_2_pulls_a_platform() {
    pulls_a_platform("2");
}

#[test]
fn containerd_1_uses_the_printed_config() {
    the_printed_config_is_used("1");
}

#[test]
fn containerd_2_uses_the_printed_config() {
    the_printed_config_is_used("2");
}

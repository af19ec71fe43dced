//! docker-registry as a pull-through mirror of the server.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::command::{Place, image_name};
use crate::http::Images;
use crate::serving::pulls::{Base, blobs, id, pull};
use crate::serving::{Serving, add_image};

/// A registry that fetches missing content from another one.
struct Mirror {
    process: Child,
    host: String,
    _home: tempfile::TempDir,
}

impl Mirror {
    /// Starts a mirror of a registry. Returns `None` if docker-registry is missing.
    fn of(remote: &str) -> Option<Self> {
        let program = sealift_testing::program("docker-registry")?;
        let home = tempfile::tempdir().unwrap();
        let config = format!(
            "version: 0.1\nlog: {{level: info}}\n\
             storage: {{filesystem: {{rootdirectory: {:?}}}}}\n\
             http: {{addr: \"127.0.0.1:0\"}}\nproxy: {{remoteurl: \"http://{remote}\"}}\n",
            home.path().join("data"),
        );
        let file = home.path().join("config.yml");
        fs::write(&file, config).unwrap();
        let mut command = Command::new(program);
        command.arg("serve").arg(file).stdin(Stdio::null()).stdout(Stdio::null());
        let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines().map(Result::unwrap);
        let host = lines.by_ref().find_map(|line| {
            let (_, rest) = line.split_once("listening on ")?;
            Some(rest.split('"').next()?.to_owned())
        });
        // Without a reader, the registry would block when the pipe is full.
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self { process, host: host.expect("docker-registry prints its address"), _home: home })
    }
}

impl Drop for Mirror {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_mirror_copies_requested_content_and_keeps_it() {
    let Some(skopeo) = sealift_testing::program("skopeo") else { return };
    let place = Place::new();
    let base = Base::new(700_000);
    let image = base.image("team/web", "1.0.0.1");
    add_image(&place, &image, &["--compress"]);
    let serving = Serving::start(&place);
    let Some(mirror) = Mirror::of(&serving.host) else { return };
    let copy = || {
        let to = place.dir.path().join("copy");
        let mut command = Command::new(&skopeo);
        command.args(["--insecure-policy", "copy", "-q", "--src-tls-verify=false"]);
        command.arg(format!("docker://{}/team/web:1.0.0.1", mirror.host));
        sealift_testing::output_of(command.arg(format!("dir:{}", to.display())));
        assert_eq!(fs::read(to.join(&image.id()[7..])).unwrap(), image.config());
        fs::remove_dir_all(to).unwrap();
    };
    copy();
    let tags = ["list-tags", "--tls-verify=false", &format!("docker://{}/team/web", mirror.host)];
    let tags = sealift_testing::output_of(Command::new(&skopeo).args(tags));
    let tags: Value = serde_json::from_str(&tags).unwrap();
    assert_eq!(tags["Tags"], serde_json::json!(["1.0.0.1", "latest"]));
    let (_, requests) = serving.stop();
    // The mirror sends a blob to its client and stores it by separate requests.
    let sent: BTreeSet<&str> = blobs(&requests).into_iter().collect();
    assert_eq!(sent.len(), 3, "{requests:?}");
    // The mirror still has the content after the server has ended.
    copy();
}

/// An engine pulls two versions through a mirror.
fn pulls_by_mirror(engine: &str) {
    let Some(engine) = sealift_testing::engine(engine) else { return };
    let name = image_name();
    let _images = Images { host: &engine.host, name: &name };
    let place = Place::with_engine(&engine.host);
    let base = Base::new(700_000);
    let versions = ["1.0.0.1", "1.0.0.2"];
    for version in versions {
        add_image(&place, &base.image(&name, version), &["--compress"]);
    }
    let serving = Serving::start(&place);
    let Some(mirror) = Mirror::of(&serving.host) else { return };
    for version in versions {
        let pulled = pull(&engine, &mirror.host, &name, version);
        let tag = format!("{name}:{version}");
        place.ok(&["load", &tag]);
        assert_eq!(id(&engine, &tag), Some(pulled));
    }
}

mod on_engine {
    mod docker {
        #[test]
        fn pulls_by_a_mirror() {
            super::super::pulls_by_mirror("docker");
        }
    }

    mod podman {
        #[test]
        fn pulls_by_a_mirror() {
            super::super::pulls_by_mirror("podman");
        }
    }

    mod moby_containerd {
        #[test]
        fn pulls_by_a_mirror() {
            super::super::pulls_by_mirror("moby-containerd");
        }
    }
}

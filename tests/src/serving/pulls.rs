//! Images that no engine has yet, and pulls by engines.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use sealift_testing::Engine;
use sealift_testing::layouts::{Image, digest, file, noise, pack};
use serde_json::{Value, json};

use crate::command::Place;
use crate::http::request;

/// The common base of a test's images: a layer that no engine has, not even from an earlier run.
pub(super) struct Base {
    /// A value that distinguishes its layers from those of all other runs.
    run: String,
    layer: Vec<u8>,
}

impl Base {
    /// Creates a base of one layer with this size in bytes, which compresses to half of it.
    pub(super) fn new(size: usize) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let run = now.as_nanos().to_string();
        let letters: Vec<u8> = noise(size).iter().map(|byte| b'a' + byte % 16).collect();
        let layer = pack(&[file("base", [run.as_bytes(), &letters].concat())]);
        Self { run, layer }
    }

    /// Creates a base with a shell. Returns `None` without a static shell.
    pub(super) fn with_shell() -> Option<Self> {
        let shell = std::fs::read(sealift_testing::program("busybox")?).unwrap();
        let base = Self::new(1000);
        let mut tar = tar::Builder::new(Vec::new());
        for (name, mode, content) in
            [("bin/sh", 0o755, &shell[..]), ("base", 0o644, base.run.as_bytes())]
        {
            let mut header = tar::Header::new_ustar();
            header.set_mode(mode);
            header.set_size(content.len() as u64);
            tar.append_data(&mut header, name, content).unwrap();
        }
        Some(Self { layer: tar.into_inner().unwrap(), ..base })
    }

    /// Returns an image with one more layer, with a file that contains the version. If the base has
    /// a shell, the image prints the version.
    pub(super) fn image(&self, name: &str, version: &str) -> Image {
        let mut image = Image::new(&format!("{name}:{version}"), 1);
        let own = file("version", format!("{version} of {}", self.run).into_bytes());
        image.layers = vec![self.layer.clone(), pack(&[own])];
        image.history = json!([{"created_by": "base"}, {"created_by": "version"}]);
        image.settings = json!({"Cmd": ["/bin/sh", "-c", "cat /version"]});
        image
    }

    /// Returns the output of an image of this version.
    pub(super) fn printed(&self, version: &str) -> String {
        format!("{version} of {}", self.run)
    }
}

/// Pulls an image. Returns its id.
pub(super) fn pull(engine: &Engine, host: &str, name: &str, tag: &str) -> String {
    pull_for(engine, host, name, tag, None).unwrap()
}

/// Pulls an image for a platform. Returns its id, or the error of the engine.
pub(super) fn pull_for(
    engine: &Engine,
    host: &str,
    name: &str,
    tag: &str,
    platform: Option<&str>,
) -> Result<String, String> {
    let (os, architecture) = platform.and_then(|text| text.split_once('/')).unzip();
    let path = match (engine.name.as_str(), os.zip(architecture)) {
        ("podman", platform) => {
            let of = platform.map(|(os, architecture)| format!("&OS={os}&Arch={architecture}"));
            let image = format!("{host}/{name}:{tag}&tlsVerify=false");
            format!("/v4.0.0/libpod/images/pull?reference={image}{}", of.unwrap_or_default())
        }
        (_, platform) => {
            let of = platform.map(|(os, architecture)| format!("&platform={os}/{architecture}"));
            let image = format!("{host}/{name}&tag={tag}");
            format!("/v1.41/images/create?fromImage={image}{}", of.unwrap_or_default())
        }
    };
    let (status, answer) = request(&engine.host, "POST", &path);
    assert_eq!(status, 200, "{answer}");
    id(engine, &format!("{host}/{name}:{tag}")).ok_or(answer)
}

/// Returns the engine's description of an image, if it has it.
pub(super) fn shown(engine: &Engine, image: &str) -> Option<Value> {
    let (status, answer) = request(&engine.host, "GET", &format!("/v1.41/images/{image}/json"));
    if status != 200 {
        return None;
    }
    let start = answer.find('{')?;
    serde_json::Deserializer::from_str(&answer[start..]).into_iter::<Value>().next()?.ok()
}

/// Returns the id of an image in an engine, if it has it.
pub(super) fn id(engine: &Engine, image: &str) -> Option<String> {
    shown(engine, image)?["Id"].as_str().map(str::to_owned)
}

/// Returns the digests of the layers and configs that were sent, one for each time.
pub(super) fn blobs(requests: &[Value]) -> Vec<&str> {
    let sent = requests.iter().filter(|request| request["method"] == "GET");
    sent.filter_map(|request| Some(request["path"].as_str()?.split_once("/blobs/")?.1)).collect()
}

/// Returns the number of bytes of a blob that were sent.
pub(super) fn bytes_of(requests: &[Value], digest: &str) -> u64 {
    let is_of = |path: &Value| path.as_str().is_some_and(|path| path.ends_with(digest));
    let requests = requests.iter().filter(|request| is_of(&request["path"]));
    requests.filter_map(|request| request["bytes"].as_u64()).sum()
}

/// Asserts that each layer of these images was sent once, and apart from that only their configs.
pub(super) fn assert_layers_sent_once(requests: &[Value], images: &[Image]) {
    let layers = images.iter().flat_map(|image| &image.layers).map(|layer| digest(layer));
    let layers: BTreeSet<String> = layers.collect();
    let configs: BTreeSet<String> = images.iter().map(Image::id).collect();
    let (mut sent, of_configs): (Vec<&str>, Vec<&str>) =
        blobs(requests).into_iter().partition(|blob| !configs.contains(*blob));
    sent.sort_unstable();
    assert!(sent.iter().copied().eq(&layers), "{layers:?} once each: {requests:?}");
    assert_eq!(of_configs.into_iter().collect::<BTreeSet<_>>().len(), configs.len());
}

/// Returns a call of the engine's command line, Docker's or Podman's, or `None` if it is missing.
pub(super) fn client(engine: &Engine, place: &Place, arguments: &[&str]) -> Option<Command> {
    let mut command = if engine.name == "podman" {
        let mut podman = Command::new(sealift_testing::program("podman")?);
        podman.args(["--remote", "--url", &engine.host]);
        podman
    } else {
        Command::new(sealift_testing::program("docker")?)
    };
    for variable in ["DOCKER_CONTEXT", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"] {
        command.env_remove(variable);
    }
    command.env("HOME", place.dir.path()).env("DOCKER_HOST", &engine.host);
    command.args(arguments);
    Some(command)
}

//! Round trips with other people's tools: skopeo and podman read what we write, and we read what
//! they write, for images of every engine.

use std::path::{Path, PathBuf};
use std::process::Command;

use sealift_testing::{output_of, program};
use sealift_workflow::oci::Identity;
use sealift_workflow::{AddOptions, Run, add};

use crate::conformance::{PLAIN, ZIP};
use crate::stand::{Stand, remove_all};
use crate::suite::suite;

/// An image of an engine in a folder, and the tools to hold it against.
struct Trip {
    stand: Stand,
    /// The archive as the engine's tar.
    archive: PathBuf,
    identity: Identity,
    tag: String,
}

impl Trip {
    async fn begin(stand: Stand) -> Self {
        stand.build("1.0.0.1", "one").await;
        let saved = stand.update("1.0.0.1", &PLAIN).await;
        Self {
            archive: stand.folder.path().join("artifacts").join(saved.file.archive.as_str()),
            identity: stand.identity_of(&saved.file.archive),
            tag: stand.reference("1.0.0.1").to_string(),
            stand,
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.stand.folder.path().join(name)
    }

    /// Adds what a tool wrote to an empty folder, and returns what was found in it.
    async fn add(&self, file: &Path) -> Identity {
        let other = self.stand.elsewhere(self.stand.engine.clone());
        let added = add(&other.store(), file, &AddOptions::default(), &Run::default()).await;
        let added = added.unwrap().added.remove(0);
        assert_eq!(
            (added.file.image.as_str(), added.file.version.as_str()),
            (self.stand.image.as_str(), "1.0.0.1"),
            "{}",
            file.display()
        );
        other.identity_of(&added.file.archive)
    }

    /// Holds what a tool wrote against what it had read: it may write the config anew, but not the
    /// layers.
    async fn assert_same_layers(&self, file: &Path) {
        let found = self.add(file).await;
        assert_eq!(found.diff_ids, self.identity.diff_ids);
        assert_eq!(found.platform, self.identity.platform);
    }
}

/// Makes a call of skopeo, which asks for a policy where the system has none.
fn skopeo() -> Option<Command> {
    let mut command = Command::new(program("skopeo")?);
    command.arg("--insecure-policy");
    Some(command)
}

async fn skopeo_reads_our_archives_and_we_read_its(stand: Stand) {
    let trip = Trip::begin(stand).await;
    let ours = format!("docker-archive:{}", trip.archive.display());
    let Some(mut inspect) = skopeo() else { return };
    let shown = output_of(inspect.args(["inspect", "--config", &ours]));
    for layer in &trip.identity.diff_ids {
        assert!(shown.contains(&layer.to_string()), "{shown}");
    }

    let theirs = trip.file("docker.tar");
    let to = format!("docker-archive:{}:{}", theirs.display(), trip.tag);
    output_of(skopeo().unwrap().args(["copy", &ours, &to]));
    assert_eq!(trip.add(&theirs).await.config, trip.identity.config);

    let theirs = trip.file("oci.tar");
    let to = format!("oci-archive:{}:{}", theirs.display(), trip.tag);
    output_of(skopeo().unwrap().args(["copy", &ours, &to]));
    trip.assert_same_layers(&theirs).await;
}

/// skopeo 1.9 asks for API 1.22, which newer engines don't speak any more.
async fn we_read_what_skopeo_copies_from_the_engine(stand: Stand) {
    let trip = Trip::begin(stand).await;
    let Some(mut copy) = skopeo() else { return };
    let theirs = trip.file("docker.tar");
    let from = format!("docker-daemon:{}", trip.tag);
    let to = format!("docker-archive:{}:{}", theirs.display(), trip.tag);
    let host = trip.stand.engine.endpoint().to_string();
    output_of(copy.args(["copy", "--src-daemon-host", &host, &from, &to]));
    assert_eq!(trip.add(&theirs).await.config, trip.identity.config);
}

/// The client of a Podman, which has loaded an archive of ours.
struct Podman {
    program: PathBuf,
    engine: sealift_testing::Engine,
    /// The name that it gave the image.
    name: String,
}

impl Podman {
    fn load(trip: &Trip) -> Option<Self> {
        let engine = sealift_testing::engine("podman")?;
        let mut podman = Self { program: program("podman")?, engine, name: String::new() };
        let loaded = output_of(podman.call().args(["load", "--input"]).arg(&trip.archive));
        podman.name = loaded.trim().rsplit(' ').next().unwrap().to_owned();
        Some(podman)
    }

    fn call(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["--remote", "--url", &self.engine.host]);
        command
    }

    fn save(&self, format: &str, file: &Path) -> Command {
        let mut save = self.call();
        save.args(["save", "--format", format, "--output"]).arg(file).arg(&self.name);
        save
    }

    /// Takes away what it loaded, unless it is the engine that the test has.
    async fn forget(&self, trip: &Trip) {
        if trip.stand.engine.endpoint().to_string() != self.engine.host {
            remove_all(&crate::stand::connect(&self.engine.host), &trip.stand.image).await;
        }
    }
}

async fn podman_reads_our_archives(stand: Stand) {
    let trip = Trip::begin(stand).await;
    let Some(podman) = Podman::load(&trip) else { return };
    let inspect = ["image", "inspect", "--format", "{{.Id}}", &podman.name];
    let id = output_of(podman.call().args(inspect));
    podman.forget(&trip).await;
    assert_eq!(format!("sha256:{}", id.trim()), trip.identity.config.to_string());
}

async fn we_read_what_podman_saves(stand: Stand) {
    let trip = Trip::begin(stand).await;
    let Some(podman) = Podman::load(&trip) else { return };
    let (docker, oci) = (trip.file("docker.tar"), trip.file("oci.tar"));
    output_of(&mut podman.save("docker-archive", &docker));
    output_of(&mut podman.save("oci-archive", &oci));
    podman.forget(&trip).await;
    assert_eq!(trip.add(&docker).await.config, trip.identity.config);
    trip.assert_same_layers(&oci).await;
}

/// Podman 4.3 loads what the classic builder made on a containerd store, but can't write it again.
async fn podman_does_not_save_what_a_classic_build_compressed(stand: Stand) {
    let trip = Trip::begin(stand).await;
    let Some(podman) = Podman::load(&trip) else { return };
    let output = podman.save("docker-archive", &trip.file("docker.tar")).output().unwrap();
    podman.forget(&trip).await;
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(words.contains("Unknown media type during manifest conversion"), "{words}");
}

/// The member of our zips is what `docker load` reads, as everybody's unzip prints it.
async fn what_unzip_gives_is_what_the_engine_saved(stand: Stand) {
    stand.build("1.0.0.1", "one").await;
    let zip = stand.update("1.0.0.1", &ZIP).await;
    let (Some(unzip), Some(docker)) = (program("unzip"), program("docker")) else { return };
    let file = stand.folder.path().join("artifacts").join(zip.file.archive.as_str());
    let reference = stand.reference("1.0.0.1").to_string();
    assert!(stand.engine.remove(&reference).await.unwrap());
    let script = "\"$1\" -p \"$2\" \"$3\" | \"$4\" --host \"$5\" load";
    let mut pipe = Command::new("sh");
    pipe.args(["-c", script, "sh"]).arg(unzip).arg(file).arg(zip.file.archive.name().member_name());
    let said = output_of(pipe.arg(docker).arg(stand.engine.endpoint().to_string()));
    assert!(said.contains(&reference), "{said}");
    assert!(!stand.update("1.0.0.1", &PLAIN).await.saved, "it is the image that was saved");
}

suite! { docker, "docker":
    skopeo_reads_our_archives_and_we_read_its
    we_read_what_skopeo_copies_from_the_engine
    podman_reads_our_archives
    we_read_what_podman_saves
    what_unzip_gives_is_what_the_engine_saved
}
suite! { podman, "podman":
    skopeo_reads_our_archives_and_we_read_its
    podman_reads_our_archives
    we_read_what_podman_saves
}
suite! { moby_classic, "moby-classic":
    skopeo_reads_our_archives_and_we_read_its
    podman_reads_our_archives
    we_read_what_podman_saves
    what_unzip_gives_is_what_the_engine_saved
}
suite! { moby_containerd, "moby-containerd":
    skopeo_reads_our_archives_and_we_read_its
    podman_reads_our_archives
    podman_does_not_save_what_a_classic_build_compressed
    what_unzip_gives_is_what_the_engine_saved
}
suite! { trixie_containerd, "trixie-containerd":
    skopeo_reads_our_archives_and_we_read_its
    podman_reads_our_archives
    podman_does_not_save_what_a_classic_build_compressed
}

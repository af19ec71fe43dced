//! Round trips with other tools: skopeo and podman read the archives of sealift, and sealift reads
//! theirs, for images of every engine.

use std::path::{Path, PathBuf};
use std::process::Command;

use sealift_testing::{output_of, program};
use sealift_workflow::oci::Identity;
use sealift_workflow::{AddOptions, Run, add};

use crate::conformance::{PLAIN, ZIP};
use crate::stand::{Stand, remove_all};
use crate::suite::suite;

/// An archive of an engine's image, to be compared with other tools.
struct Trip {
    stand: Stand,
    /// The archive, a plain tar.
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

    /// Adds a file of another tool to an empty folder, and returns its identity.
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

    /// Compares a file that a tool wrote with the archive that it had read. The tool may change the
    /// config, but not the layers.
    async fn assert_same_layers(&self, file: &Path) {
        let found = self.add(file).await;
        assert_eq!(found.diff_ids, self.identity.diff_ids);
        assert_eq!(found.platform, self.identity.platform);
    }
}

/// Creates a call of skopeo. It needs an option if the system has no policy file.
fn skopeo() -> Option<Command> {
    let mut command = Command::new(program("skopeo")?);
    command.arg("--insecure-policy");
    Some(command)
}

async fn skopeo_and_sealift_read_the_archives_of_each_other(stand: Stand) {
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

/// skopeo 1.9 uses version 1.22 of the API, which newer engines do not support.
async fn sealift_reads_copies_of_skopeo_from_the_engine(stand: Stand) {
    let trip = Trip::begin(stand).await;
    let Some(mut copy) = skopeo() else { return };
    let theirs = trip.file("docker.tar");
    let from = format!("docker-daemon:{}", trip.tag);
    let to = format!("docker-archive:{}:{}", theirs.display(), trip.tag);
    let host = trip.stand.engine.endpoint().to_string();
    output_of(copy.args(["copy", "--src-daemon-host", &host, &from, &to]));
    assert_eq!(trip.add(&theirs).await.config, trip.identity.config);
}

/// The client of a Podman that has loaded an archive of sealift.
struct Podman {
    program: PathBuf,
    engine: sealift_testing::Engine,
    /// The name of the image in Podman.
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

    /// Removes the loaded image, unless Podman is the engine of the test.
    async fn forget(&self, trip: &Trip) {
        if trip.stand.engine.endpoint().to_string() != self.engine.host {
            remove_all(&crate::stand::connect(&self.engine.host), &trip.stand.image).await;
        }
    }
}

async fn podman_reads_archives_of_sealift(stand: Stand) {
    let trip = Trip::begin(stand).await;
    let Some(podman) = Podman::load(&trip) else { return };
    let inspect = ["image", "inspect", "--format", "{{.Id}}", &podman.name];
    let id = output_of(podman.call().args(inspect));
    podman.forget(&trip).await;
    assert_eq!(format!("sha256:{}", id.trim()), trip.identity.config.to_string());
}

async fn sealift_reads_saves_of_podman(stand: Stand) {
    let trip = Trip::begin(stand).await;
    let Some(podman) = Podman::load(&trip) else { return };
    let (docker, oci) = (trip.file("docker.tar"), trip.file("oci.tar"));
    output_of(&mut podman.save("docker-archive", &docker));
    output_of(&mut podman.save("oci-archive", &oci));
    podman.forget(&trip).await;
    assert_eq!(trip.add(&docker).await.config, trip.identity.config);
    trip.assert_same_layers(&oci).await;
}

/// Podman 4.3 loads an image that the classic builder created in a containerd store, but cannot
/// save it.
async fn podman_does_not_save_compressed_layers_of_a_classic_build(stand: Stand) {
    let trip = Trip::begin(stand).await;
    let Some(podman) = Podman::load(&trip) else { return };
    let output = podman.save("docker-archive", &trip.file("docker.tar")).output().unwrap();
    podman.forget(&trip).await;
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(words.contains("Unknown media type during manifest conversion"), "{words}");
}

/// `docker load` reads the output of `unzip -p` of a zip.
async fn docker_load_reads_the_output_of_unzip(stand: Stand) {
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
    assert!(!stand.update("1.0.0.1", &PLAIN).await.saved, "the engine has the saved image");
}

suite! { docker, "docker":
    skopeo_and_sealift_read_the_archives_of_each_other
    sealift_reads_copies_of_skopeo_from_the_engine
    podman_reads_archives_of_sealift
    sealift_reads_saves_of_podman
    docker_load_reads_the_output_of_unzip
}
suite! { podman, "podman":
    skopeo_and_sealift_read_the_archives_of_each_other
    podman_reads_archives_of_sealift
    sealift_reads_saves_of_podman
}
suite! { moby_classic, "moby-classic":
    skopeo_and_sealift_read_the_archives_of_each_other
    podman_reads_archives_of_sealift
    sealift_reads_saves_of_podman
    docker_load_reads_the_output_of_unzip
}
suite! { moby_containerd, "moby-containerd":
    skopeo_and_sealift_read_the_archives_of_each_other
    podman_reads_archives_of_sealift
    podman_does_not_save_compressed_layers_of_a_classic_build
    docker_load_reads_the_output_of_unzip
}
suite! { trixie_containerd, "trixie-containerd":
    skopeo_and_sealift_read_the_archives_of_each_other
    podman_reads_archives_of_sealift
    podman_does_not_save_compressed_layers_of_a_classic_build
}

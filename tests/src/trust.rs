//! Guarantees for other programs: checksums in the format of their tools, and no writes through
//! links in the folder.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::process::{Child, Command};

use sealift_testing::layouts::{Image, pack};
use sealift_testing::program;

use crate::command::{Place, refused};
use crate::fake_engine::{FakeEngine, Save};

fn add(place: &Place, image: &Image, name: &str) {
    std::fs::write(place.dir.path().join("a.tar"), pack(&image.podman())).unwrap();
    place.ok(&["add", "a.tar", "--name", name]);
}

#[test]
fn sha256sum_checks_the_sums_of_the_latest_archives() {
    let place = Place::new();
    for (name, seed) in [("web:1.0.0.1", 1), ("web:1.0.0.2", 2), ("team/api:2.0", 3)] {
        add(&place, &Image::new("x:1", seed), name);
    }
    // No tag can contain this version, so the config omits the archive; the checksums include it.
    let odd = Image::new("x:1", 4);
    let odd_name = format!("odd_1\\2\n3_{}.docker", &odd.id()[7..19]);
    place.put(&odd_name, &pack(&odd.podman()));
    let sums = place.ok(&["config", "--format", "sums"]);
    assert_eq!(sums.lines().count(), 3, "{sums}");
    assert!(!sums.contains("web_1.0.0.1"), "{sums}");
    let folder = place.artifacts();
    std::fs::write(folder.join("SHA256SUMS"), &sums).unwrap();
    let Some(sha256sum) = program("sha256sum") else { return };
    let check = || {
        let mut command = Command::new(&sha256sum);
        command.args(["--strict", "-c", "SHA256SUMS"]).current_dir(&folder).output().unwrap()
    };
    let output = check();
    assert!(output.status.success(), "{output:?}");

    let web = place.files().into_iter().find(|file| file.starts_with("web_1.0.0.2")).unwrap();
    std::fs::write(folder.join(web), b"another").unwrap();
    assert!(!check().status.success());

    let said = refused(&place, &["config", "https://example.org", "--format", "sums"]);
    insta::assert_snapshot!(said.refusal(), @"
    [2]
    error: --format sums lists files in the folder; omit BASEURL
    ");
}

/// Starts an update that has received half of an image, and waits for the rest.
fn half_saved(reference: &str) -> (FakeEngine, Place, Child) {
    let image = Image::new(reference, 1);
    let half = pack(&image.podman())[..5000].to_vec();
    let engine = FakeEngine::new(&image, Save::Stalls(half));
    let place = Place::with_engine(&engine.host);
    let child = place.spawn(&mut place.command(&["update", reference]));
    engine.sent.recv().unwrap();
    (engine, place, child)
}

#[test]
fn archives_get_the_users_mask_and_staging_is_private() {
    let (mut engine, place, child) = half_saved("web:1");
    let staging = std::fs::read_dir(place.artifacts()).unwrap().find_map(|entry| {
        let entry = entry.unwrap();
        entry.file_name().to_string_lossy().ends_with(".part").then(|| entry.metadata().unwrap())
    });
    assert_eq!(staging.unwrap().mode() & 0o777, 0o600);
    engine.release();
    assert_ne!(child.wait_with_output().unwrap().status.code(), Some(0));

    for (mask, mode) in [("077", 0o600), ("027", 0o640), ("002", 0o664)] {
        let place = Place::new();
        let image = Image::new("web:1", 1);
        std::fs::write(place.dir.path().join("a.tar"), pack(&image.podman())).unwrap();
        let command = place.command(&["add", "a.tar"]);
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("umask {mask}; exec \"$@\""), "sh"]);
        shell.arg(command.get_program()).args(command.get_args()).current_dir(place.dir.path());
        assert!(shell.status().unwrap().success());
        let archive = place.artifacts().join(&place.files()[0]);
        let found = std::fs::metadata(archive).unwrap().permissions().mode();
        assert_eq!(found & 0o777, mode, "{mask}");
    }
}

/// Creates a folder outside of the store. Returns a check that its files are unchanged.
fn outside(place: &Place) -> (std::path::PathBuf, impl Fn() + use<>) {
    let outside = place.dir.path().join("outside");
    std::fs::create_dir_all(outside.join("team")).unwrap();
    for name in ["package.json", "lock", "team/web_1_0123456789ab.docker.json"] {
        std::fs::write(outside.join(name), b"precious").unwrap();
    }
    let folder = outside.clone();
    let check = move || {
        for name in ["package.json", "lock", "team/web_1_0123456789ab.docker.json"] {
            assert_eq!(std::fs::read(folder.join(name)).unwrap(), b"precious", "{name}");
        }
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 3);
        assert_eq!(std::fs::read_dir(folder.join("team")).unwrap().count(), 1);
    };
    (outside, check)
}

#[test]
fn links_in_place_of_records_change_nothing_elsewhere() {
    for link in [".sealift", ".sealift/records", ".sealift/records/team", ".sealift/lock"] {
        let place = Place::new();
        let (outside, check) = outside(&place);
        std::fs::create_dir_all(place.artifacts().join(link).parent().unwrap()).unwrap();
        let target = if link.ends_with("lock") { outside.join("lock") } else { outside };
        symlink(target, place.artifacts().join(link)).unwrap();
        std::fs::write(place.dir.path().join("a.tar"), pack(&Image::new("x:1", 1).podman()))
            .unwrap();
        for command in [
            &["add", "a.tar", "--name", "team/web:1"][..],
            &["add", "a.tar", "--name", "web:1"],
            &["list", "--latest"],
            &["verify", "--repair"],
            &["clean", "team/web:1", "web:1"],
        ] {
            place.run(command);
            check();
        }
    }
}

#[test]
fn a_link_that_appears_during_a_save_changes_nothing_elsewhere() {
    let (mut engine, place, child) = half_saved("team/web:1");
    let team = place.artifacts().join("team");
    let outside = place.dir.path().join("outside");
    std::fs::create_dir(&outside).unwrap();
    let staging = std::fs::read_dir(&team).unwrap().next().unwrap().unwrap().file_name();
    std::fs::write(outside.join(&staging), b"precious").unwrap();
    std::fs::rename(&team, place.artifacts().join("moved")).unwrap();
    symlink(&outside, &team).unwrap();
    engine.release();
    assert_ne!(child.wait_with_output().unwrap().status.code(), Some(0));
    assert_eq!(std::fs::read(outside.join(&staging)).unwrap(), b"precious");
    assert!(!place.artifacts().join("moved").join(&staging).exists(), "its own file is gone");
}

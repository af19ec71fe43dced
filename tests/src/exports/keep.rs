//! `export --keep N`: removes only older exported versions of the same images.

use std::fs;
use std::os::unix::fs::symlink;

use super::*;

/// Creates a folder with four released versions of `web` and one of `team/web`, all of them
/// exported one after the other.
fn place() -> (Place, PathBuf) {
    let place = Place::new();
    for (seed, version) in [(1, "1.0.0.1"), (2, "1.0.0.2"), (3, "1.0.0.10"), (4, "2.0.0.1")] {
        let name = format!("web:{version}");
        add(&place, &name, &Image::new(&name, seed).podman(), &[]);
    }
    add(&place, "team/web:1.0.0.1", &Image::new("web:1", 5).podman(), &[]);
    place.ok(&["export", "--all", "--for", "k3s", "--to", "out"]);
    let out = place.dir.path().join("out");
    (place, out)
}

fn names(folder: &Path) -> Vec<String> {
    let short = |name: String| {
        let (front, rest) = name.split_once('_').unwrap_or((&name, ""));
        let version = rest.split('_').next().unwrap_or("");
        format!("{front} {version}").trim().to_owned()
    };
    state(folder).into_keys().map(short).collect()
}

#[test]
fn older_versions_are_removed_by_precedence() {
    let (place, out) = place();
    let arguments = ["export", "web", "--for", "k3s", "--to", "out", "--keep", "2"];
    let planned = place.ok(&[&arguments[..], &["--dry-run"]].concat());
    assert_eq!(planned.matches("would remove  out/web_").count(), 2, "{planned}");
    assert_eq!(names(&out).len(), 5);
    let said = place.ok(&arguments);
    assert_eq!(said.matches("removed  out/web_").count(), 2, "{said}");
    assert_eq!(names(&out), ["team+web 1.0.0.1", "web 1.0.0.10", "web 2.0.0.1"]);
    assert!(!place.ok(&arguments).contains("removed"));
}

/// After the export of an older version for a roll-back, that version and the newest one stay.
#[test]
fn the_exported_version_and_the_newest_release_stay() {
    let (place, out) = place();
    place.ok(&["export", "web:1.0.0.2", "--for", "k3s", "--to", "out", "--keep", "1"]);
    assert_eq!(names(&out), ["team+web 1.0.0.1", "web 1.0.0.2", "web 2.0.0.1"]);
}

/// Only the exported file itself is protected.
#[test]
fn an_old_version_in_another_format_is_removed_even_if_it_is_exported() {
    let (place, out) = place();
    let arguments = ["export", "web:1.0.0.1", "--for", "k3s", "--to", "out", "--keep", "1"];
    place.ok(&[&arguments[..], &["--compress", "zst"]].concat());
    let old = format!("web_1.0.0.1_{}", id("web:1.0.0.1", 1));
    let files: Vec<String> =
        state(&out).into_keys().filter(|name| name.starts_with(&old)).collect();
    assert_eq!(files, [format!("{old}.tar.zst")]);
}

#[test]
fn dirty_builds_are_counted_separately_and_for_each_platform() {
    let place = Place::new();
    let arguments = ["export", "web", "--for", "k3s", "--to", "out", "--keep", "1"];
    for (seed, architecture) in [(1, "amd64"), (2, "arm64"), (3, "amd64")] {
        let mut image = Image::new("web:dev", seed);
        image.architecture = architecture.to_owned();
        add(&place, "web:dev", &image.podman(), &[]);
        place.ok(&[&arguments[..], &["--platform", &format!("linux/{architecture}")]].concat());
    }
    add(&place, "web:1.0.0.1", &Image::new("web:1", 4).podman(), &[]);
    place.ok(&[&arguments[..], &["--platform", "linux/amd64"]].concat());
    // The newer one of the two builds for amd64 is there, and the one for arm64.
    let out = place.dir.path().join("out");
    assert_eq!(names(&out), ["web 1.0.0.1", "web dev", "web dev"]);
    let newer = &Image::new("web:dev", 3).id()[7..19];
    assert!(state(&out).contains_key(&format!("web_dev_{newer}.tar")));
}

/// With two files of the same tag, the cluster would choose one of them.
#[test]
fn only_the_new_build_of_a_rebuilt_version_stays() {
    let (place, out) = place();
    add(&place, "web:2.0.0.1", &Image::new("web:2.0.0.1", 6).podman(), &[]);
    let arguments = ["export", "web", "--for", "k3s", "--to", "out"];
    assert!(!place.ok(&arguments).contains("removed"));
    assert_eq!(names(&out).len(), 6);
    let said = place.ok(&[&arguments[..], &["--keep", "9"]].concat());
    assert_eq!(said.matches("removed  out/web_2.0.0.1_").count(), 1, "{said}");
    assert_eq!(names(&out).len(), 5);
    let new = format!("web_2.0.0.1_{}.tar", id("web:2.0.0.1", 6));
    assert!(state(&out).contains_key(&new));
}

#[test]
fn files_of_other_tools_are_not_removed() {
    let (place, out) = place();
    let whole = fs::read(out.join(format!("web_1.0.0.1_{}.tar", id("web:1.0.0.1", 1)))).unwrap();
    let old = Image::new("web:1.0.0.2", 2);
    let name = |version: &str, ending: &str| format!("web_{version}_{}.{ending}", id("x", 7));
    let theirs = Image::new("web:0.1", 7);
    for (name, content) in [
        ("web.tar".to_owned(), whole.clone()),
        ("web_1.0.0.1.tar".to_owned(), whole.clone()),
        (".cache.json".to_owned(), b"{}".to_vec()),
        ("images.txt".to_owned(), b"docker.io/library/web:1.0.0.1".to_vec()),
        // Archives that another tool wrote, or that were copied from the folder, under names of
        // exported files.
        (name("0.1", "docker"), pack(&theirs.podman())),
        (name("0.1", "tar"), pack(&theirs.podman())),
        (name("0.2", "tar"), pack(&Image::new("docker.io/library/web:0.2", 7).docker_blobs())),
        (name("0.3", "tar.gz"), whole.clone()),
        (name("0.4", "tar"), b"no tar".to_vec()),
        (name("0.5", "tar"), whole[..whole.len() / 2].to_vec()),
        // The image of another version.
        (name("0.6", "tar"), whole.clone()),
        (format!("web_0.7_{}.tar", id("web:1.0.0.1", 1)), whole.clone()),
    ] {
        fs::write(out.join(name), content).unwrap();
    }
    fs::create_dir(out.join(name("0.8", "tar"))).unwrap();
    symlink(format!("web_1.0.0.2_{}.tar", &old.id()[7..19]), out.join(name("0.9", "tar"))).unwrap();
    let before = state(&out);
    let arguments = ["export", "web", "--for", "k3s", "--to", "out", "--keep", "1"];
    let said = place.run(&[&arguments[..], &["--progress", "none"]].concat());
    assert_eq!(said.code, 0, "{said:?}");
    let after = state(&out);
    let gone: Vec<&String> = before.keys().filter(|name| !after.contains_key(*name)).collect();
    let expected = [(3, "1.0.0.10"), (1, "1.0.0.1"), (2, "1.0.0.2")];
    let expected =
        expected.map(|(seed, of)| format!("web_{of}_{}.tar", id(&format!("web:{of}"), seed)));
    assert_eq!(gone, expected.iter().collect::<Vec<_>>());
    // The link stays, although its target was removed.
    let link = name("0.9", "tar");
    assert!(out.join(&link).is_symlink());
    assert!(after.iter().all(|(name, content)| *name == link || before[name] == *content));
    assert_eq!(said.stderr.matches(" is not removed: ").count(), 7, "{}", said.stderr);
}

fn id(tag: &str, seed: u8) -> String {
    Image::new(tag, seed).id()[7..19].to_owned()
}

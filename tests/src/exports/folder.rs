//! The destination folder: files appear complete, their times do not change, and other files are
//! not touched.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::time::{Duration, SystemTime};

use super::*;

fn image() -> Image {
    Image::new("web:1.0.0.1", 1)
}

/// k3s stores size and time of imported files in `.cache.json`, and imports a file again if they
/// differ.
#[test]
fn unchanged_files_are_not_written_again() {
    for more in [&[][..], &["--compress", "zst"], &["--compress", "gz"]] {
        let place = place_with(&image().podman());
        let file = exported(&place, "k3s", more);
        let before = fs::metadata(&file).unwrap();
        let archive = place.artifacts().join(&place.files()[0]);
        let saved = fs::metadata(archive).unwrap().modified().unwrap();
        let difference = |one: SystemTime, other| {
            one.duration_since(other).unwrap_or_else(|error| error.duration())
        };
        assert!(difference(before.modified().unwrap(), saved) < Duration::from_secs(10));
        let arguments = [&["export", "web", "--for", "k3s", "--to", "out"][..], more].concat();
        assert!(place.ok(&arguments).contains("  unchanged  out/web_1.0.0.1_"));
        let after = fs::metadata(&file).unwrap();
        let facts = |of: &fs::Metadata| (of.ino(), of.len(), of.modified().unwrap());
        assert_eq!(facts(&before), facts(&after));

        // If it is removed and exported again, it is the same file for k3s.
        fs::remove_file(&file).unwrap();
        exported(&place, "k3s", more);
        let again = fs::metadata(&file).unwrap();
        assert_eq!((again.len(), again.modified().unwrap()), (before.len(), facts(&before).2));
    }
}

/// k3s imports a changed file only if it is newer than before.
#[test]
fn a_damaged_file_is_replaced_and_newer() {
    for more in [&[][..], &["--compress", "zst"], &["--compress", "gz"]] {
        let place = place_with(&image().podman());
        let file = exported(&place, "k3s", more);
        let whole = fs::read(&file).unwrap();
        let time = fs::metadata(&file).unwrap().modified().unwrap();
        let middle = whole.len() / 2;
        let mut flipped = whole.clone();
        flipped[middle] ^= 1;
        let longer = [&whole[..], b"more"].concat();
        for damaged in [&flipped[..], &whole[..middle], &longer, b"", &[0; 4096]] {
            fs::write(&file, damaged).unwrap();
            let arguments = [&["export", "web", "--for", "k3s", "--to", "out"][..], more].concat();
            assert!(place.ok(&arguments).contains("  exported  "), "{more:?}");
            assert!(fs::read(&file).unwrap() == whole, "{more:?}");
            assert!(fs::metadata(&file).unwrap().modified().unwrap() > time);
            assert_eq!(state(file.parent().unwrap()).len(), 1);
        }
    }
}

/// Files under the name of an exported file that `docker save`, `podman save` and others wrote, or
/// that are not archives.
#[test]
fn a_file_of_another_tool_stays() {
    let place = place_with(&image().podman());
    let file = exported(&place, "k3s", &[]);
    let out = place.dir.path().join("out");
    let two = joined(image().podman(), Image::new("db:1", 2).podman());
    let theirs = [
        pack(&image().docker_folders()),
        pack(&Image::new("docker.io/library/web:1.0.0.1", 7).docker_blobs()),
        pack(&Image::new("db:1", 7).podman()),
        pack(&two),
        pack(&[super::file("notes", b"of somebody".to_vec())]),
        b"another file".to_vec(),
    ];
    for content in theirs {
        fs::write(&file, &content).unwrap();
        let before = fs::metadata(&file).unwrap();
        for more in [&[][..], &["--dry-run"], &["--keep", "1"]] {
            let arguments = ["export", "web", "--for", "k3s", "--to", "out", "--progress", "none"];
            let said = place.run(&[&arguments[..], more].concat());
            assert_eq!((said.code, said.stdout.as_str()), (1, ""), "{said:?}");
            let after = fs::metadata(&file).unwrap();
            assert_eq!(
                (before.ino(), before.modified().unwrap()),
                (after.ino(), after.modified().unwrap())
            );
            assert!(fs::read(&file).unwrap() == content);
            assert_eq!(state(&out).len(), 1);
        }
    }
    fs::write(&file, pack(&image().docker_folders())).unwrap();
    let said = place.run(&["export", "web", "--for", "k3s", "--to", "out"]);
    let name = file.file_name().unwrap().to_str().unwrap();
    insta::assert_snapshot!(said.refusal().replace(name, "FILE"), @"
    [1]
    error: cannot export `web`: out/FILE already exists, and it is not an exported archive of docker.io/library/web:1.0.0.1
    hint: move it away, or pass another folder with --to
    ");
}

#[test]
fn concurrent_exports_write_the_same_files() {
    let place = Place::new();
    for seed in 1..=6 {
        let name = format!("web:1.0.0.{seed}");
        add(&place, &name, &Image::new(&name, seed).podman(), &[]);
    }
    let out = place.dir.path().join("out");
    fs::create_dir(&out).unwrap();
    let arguments = ["export", "--all", "--for", "k3s", "--to", "out", "--progress", "none"];
    let said = std::thread::scope(|scope| {
        let exports = [(); 4].map(|()| scope.spawn(|| place.run(&arguments)));
        exports.map(|export| export.join().unwrap())
    });
    for said in said {
        // Only the summary, which depends on which process was first.
        assert_eq!((said.code, said.stderr.lines().count()), (0, 1), "{said:?}");
        assert_eq!(said.stdout.lines().count(), 6, "{said:?}");
    }
    assert_eq!(state(&out).len(), 6);
    assert_eq!(place.ok(&arguments).matches("  unchanged  ").count(), 6);
}

#[test]
fn a_dry_run_writes_nothing() {
    let place = place_with(&image().podman());
    let arguments = ["export", "web", "--for", "k3s", "--to", "out", "--dry-run"];
    let id = &image().id()[7..19];
    let would = format!("web:1.0.0.1  would export  out/web_1.0.0.1_{id}.tar  ");
    assert!(place.ok(&arguments).starts_with(&would));
    assert!(!place.dir.path().join("out").exists());
    exported(&place, "k3s", &[]);
    let before = state(&place.dir.path().join("out"));
    assert!(place.ok(&arguments).contains("  unchanged  "));
    let compressed = [&arguments[..], &["--compress", "zst"]].concat();
    assert!(place.ok(&compressed).contains("  would export  "));
    assert_eq!(state(&place.dir.path().join("out")), before);
}

#[test]
fn the_folder_of_archives_and_names_of_other_files_are_refused() {
    let place = place_with(&image().podman());
    let before = place.state();
    symlink("artifacts", place.dir.path().join("link")).unwrap();
    for to in ["artifacts", "artifacts/out", "artifacts/a/b", "link", "link/out", "./artifacts/."] {
        for more in [&[][..], &["--dry-run"]] {
            let arguments = ["export", "web", "--for", "k3s", "--to", to];
            let said = place.run(&[&arguments[..], more].concat());
            assert_eq!(said.code, 2, "{to}: {said:?}");
            assert!(said.stderr.contains("it is the folder of archives or inside it"), "{said:?}");
            assert!(said.stderr.contains("hint: pass another folder with --to"), "{said:?}");
        }
    }
    assert_eq!(place.state(), before);
    assert!(!place.artifacts().join("out").exists());

    let name = format!("web_1.0.0.1_{}.tar", &image().id()[7..19]);
    let out = place.dir.path().join("out");
    fs::create_dir(&out).unwrap();
    symlink("elsewhere", out.join(&name)).unwrap();
    let said = place.run(&["export", "web", "--for", "k3s", "--to", "out"]);
    insta::assert_snapshot!(said.refusal().replace(&name, "FILE"), @"
    [1]
    error: cannot export `web`
      caused by: out/FILE is a symbolic link, not a file
    hint: move it away, or pass another folder with --to
    ");
    assert!(out.join(&name).is_symlink());
    fs::write(place.dir.path().join("file"), "").unwrap();
    let said = place.run(&["export", "web", "--for", "k3s", "--to", "file"]);
    insta::assert_snapshot!(said.refusal(), @"
    [1]
    error: file is not a folder
    hint: pass another folder with --to
    ");
}

#[test]
fn a_damaged_archive_leaves_the_folder_as_it_was() {
    let place = damaged();
    let out = place.dir.path().join("out");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("foreign"), "content").unwrap();
    let before = state(&out);
    let arguments =
        ["export", "web", "--for", "k3s", "--to", "out", "--keep", "1", "--progress", "none"];
    let said = place.run(&arguments);
    assert_eq!((said.code, said.stdout.as_str()), (5, ""), "{said:?}");
    assert!(said.stderr.contains("is damaged"), "{said:?}");
    assert_eq!(state(&out), before);
}

#[test]
fn the_output_of_a_damaged_archive_ends_in_the_damaged_layer() {
    for more in [&[][..], &["--compress", "zst"], &["--compress", "gz"]] {
        let place = damaged();
        let arguments = [&["cat", "web", "-q", "--for", "k3s"][..], more].concat();
        let output = place.command(&arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(5), "{output:?}");
        let file = place.dir.path().join("part");
        fs::write(&file, &output.stdout).unwrap();
        let said = Place::new().run(&["add", file.to_str().unwrap()]);
        assert_eq!(said.code, 5, "{more:?}: {said:?}");
        if !more.is_empty() {
            continue;
        }
        let mut archive = tar::Archive::new(&output.stdout[..]);
        let names = archive.entries().unwrap().map(|entry| {
            let mut entry = entry?;
            std::io::copy(&mut entry, &mut std::io::sink())?;
            Ok::<_, std::io::Error>(entry.path()?.display().to_string())
        });
        assert!(names.last().unwrap().is_err(), "no reader accepts it as a complete tar");
    }
}

/// The write itself fails, as on a full disk: the size of files is limited.
#[test]
fn a_file_that_cannot_be_written_leaves_nothing() {
    let mut large = image();
    large.layers.push(pack(&[file("large", noise(2 << 20))]));
    let place = place_with(&large.podman());
    let out = place.dir.path().join("out");
    for more in [&[][..], &["--compress", "zst"]] {
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", "trap '' XFSZ; ulimit -f 1000; exec \"$@\"", "sh"]);
        let arguments = ["export", "web", "--for", "k3s", "--to", "out", "--progress", "none"];
        let arguments = [&arguments[..], more].concat();
        let said = place.said(place.command_by(shell, &arguments).output().unwrap());
        insta::allow_duplicates! {
            insta::assert_snapshot!(said.refusal(), @"
            [1]
            error: cannot export `web`
              caused by: cannot write a staging file in out
              caused by: File too large (os error 27)
            ");
        }
        assert!(!out.exists(), "a folder that was made for nothing goes");
    }
}

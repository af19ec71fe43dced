//! Retention at the command line: the selection, the questions, and the refusals.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use sealift_testing::layouts::{Image, pack};

use crate::command::{Place, Said, binary, refused};
use crate::fake_engine::{FakeEngine, Save};

/// Adds an image under a name. Returns its archive.
fn add(place: &Place, name: &str, seed: u8) -> String {
    std::fs::write(place.dir.path().join("their.tar"), pack(&Image::new("x:1", seed).podman()))
        .unwrap();
    let before: BTreeSet<String> = place.files().into_iter().collect();
    place.ok(&["add", "their.tar", "--name", name]);
    place.files().into_iter().find(|file| !before.contains(file)).unwrap()
}

/// Creates a folder with three releases of `web`, and three builds of a dirty version.
fn releases_and_nightlies() -> (Place, [String; 6]) {
    let place = Place::new();
    let archives = [
        ("web:1.3.0.9", 1),
        ("web:1.4.0.1", 2),
        ("web:1.4.0.7", 3),
        ("web:1.5.0.0", 4),
        ("web:1.5.0.0", 5),
        ("web:1.5.0.0", 6),
    ]
    .map(|(name, seed)| add(&place, name, seed));
    (place, archives)
}

/// Returns the indexes of the archives that are removed.
fn removed(place: &Place, archives: &[String], arguments: &[&str]) -> Vec<usize> {
    let said = place.run(&[&["clean"][..], arguments, &["--dry-run"]].concat());
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.stdout.lines().all(|line| line.starts_with("would remove  ")), "{said:?}");
    let is_gone = |archive: &String| said.stdout.contains(archive.as_str());
    (0..archives.len()).filter(|&number| is_gone(&archives[number])).collect()
}

#[test]
fn nightly_builds_do_not_displace_releases() {
    let (place, archives) = releases_and_nightlies();
    let gone = |arguments: &[&str]| removed(&place, &archives, arguments);
    assert_eq!(gone(&["--all", "--keep", "3"]), [0; 0]);
    assert_eq!(gone(&["--all", "--keep", "2"]), [0, 3]);
    assert_eq!(gone(&["--all", "--keep", "2", "--keep-dirty", "0"]), [0, 3, 4, 5]);
    assert_eq!(gone(&["web"]), [0, 1, 3, 4], "one of each is kept");
    assert_eq!(gone(&["web", "--keep-dirty", "1"]), [3, 4], "alone, it keeps all releases");
    assert_eq!(gone(&["web", "--keep", "0"]), [0, 1, 3, 4, 5], "all except the newest release");
}

#[test]
fn selectors_combine() {
    let (place, archives) = releases_and_nightlies();
    let gone = |arguments: &[&str]| removed(&place, &archives, arguments);
    assert_eq!(gone(&["web:1.4.0.7"]), [2], "the newest release is removed by its name");
    assert_eq!(gone(&["web:1.4.0.7", "--keep", "1"]), [0; 0]);
    assert_eq!(gone(&["web:1.3.0.9", "web:1.5.0.0", "--keep", "1"]), [0, 3, 4]);
    assert_eq!(gone(&["--all", "--dirty"]), [3, 4, 5]);
    assert_eq!(gone(&["--all", "--dirty", "--keep-dirty", "2"]), [3]);
    assert_eq!(gone(&["--all", "--older-than", "1h"]), [0; 0]);

    // An archive without a record is as old as its file.
    std::fs::remove_dir_all(place.artifacts().join(".sealift/records")).unwrap();
    let day = std::time::Duration::from_secs(24 * 3600);
    for (number, archive) in archives.iter().enumerate() {
        let path = place.artifacts().join(archive);
        let file = std::fs::File::options().write(true).open(path).unwrap();
        let age = day * u32::try_from(6 - number).unwrap();
        file.set_modified(std::time::SystemTime::now() - age).unwrap();
    }
    assert_eq!(gone(&["--all", "--older-than", "60h"]), [0, 1, 3], "all except the newest release");
    assert_eq!(gone(&["--all", "--older-than", "3d", "--dirty"]), [3]);
    assert_eq!(gone(&["--all", "--older-than", "1w"]), [0; 0]);
    let said = refused(&place, &["clean", "web:1.4.0.7", "web"]);
    insta::assert_snapshot!(said.refusal(), @"
    [2]
    error: some images have a version and others do not; pass --keep or name every version
    ");
}

#[test]
fn removing_everything_with_keep_0_needs_a_confirmation() {
    let (place, archives) = releases_and_nightlies();
    insta::assert_snapshot!(refused(&place, &["clean", "--all", "--keep", "0"]).refusal(), @"
    [2]
    error: --keep 0 removes all but the newest release of each image; pass --yes
    ");
    place.ok(&["clean", "--all", "--keep", "0", "-y"]);
    assert_eq!(place.files(), [archives[2].clone()]);
    let said = place.run(&["clean", "--all", "--keep", "0", "-y"]);
    assert_eq!((said.code, said.stderr.as_str()), (0, "nothing to clean\n"));
}

#[test]
fn removing_the_last_valid_archive_needs_a_confirmation() {
    let place = Place::new();
    let archive = add(&place, "web:1.0", 1);
    place.put("api_1.0_0123456789ab.docker", b"photos");
    insta::assert_snapshot!(refused(&place, &["clean", "web:1.0"]).refusal(), @"
    [2]
    error: this would remove the last intact archive in artifacts
    hint: pass --yes if that is intended
    ");
    let said = place.run(&["clean", "web:1.0", "--dry-run"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.stderr.contains("and requires --yes"), "{said:?}");
    let gone = place.ok(&["clean", "web:1.0", "--yes"]);
    assert!(gone.starts_with(&format!("removed  artifacts/{archive}  ")), "{gone}");
    assert_eq!(place.files(), ["api_1.0_0123456789ab.docker"]);
}

#[test]
fn damaged_and_misnamed_archives_stay_and_are_reported() {
    let place = Place::new();
    let damaged = add(&place, "web:1.2", 3);
    let path = place.artifacts().join(&damaged);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let kept = [add(&place, "web:1.0", 1), add(&place, "web:1.1", 2)];
    let misnamed = "web_1.3_0123456789ab.docker";
    place.put(misnamed, &std::fs::read(place.artifacts().join(&kept[0])).unwrap());

    let said = place.run(&["clean", "web", "--keep", "2"]);
    assert_eq!((said.code, said.stdout.as_str()), (0, ""), "{said:?}");
    assert!(
        said.stderr.contains(&format!("{damaged} is damaged and is not removed: ")),
        "{said:?}"
    );
    assert!(
        said.stderr.contains(&format!("{misnamed} is misnamed and is not removed: ")),
        "{said:?}"
    );
    assert!(said.stderr.ends_with("nothing to clean\n"), "{said:?}");
    assert_eq!(refused(&place, &["clean", "web:1.2"]).code, 5, "it was named");
    assert_eq!(refused(&place, &["clean", "web:1.3"]).code, 1);
    assert_eq!(removed(&place, &kept, &["web", "--keep", "1"]), [0]);
}

#[test]
fn a_locked_folder_is_not_reported_as_clean() {
    let (place, _) = releases_and_nightlies();
    let lock =
        std::fs::File::options().write(true).open(place.artifacts().join(".sealift/lock")).unwrap();
    lock.lock().unwrap();
    let said = refused(&place, &["clean", "--all", "--lock-timeout", "0"]);
    assert_eq!(said.code, 7, "{said:?}");
    assert!(!said.stderr.contains("nothing to clean"), "{said:?}");
}

/// Runs the command on a terminal, and answers its question. Returns the output on the terminal.
fn on_terminal(place: &Place, arguments: &[&str], answer: &str) -> Option<Said> {
    let script = sealift_testing::program("script")?;
    let words: Vec<String> = std::iter::once(binary().display().to_string())
        .chain(arguments.iter().map(|word| (*word).to_owned()))
        .map(|word| format!("'{word}'"))
        .collect();
    let mut command = Command::new(script);
    command.args(["-qec", &words.join(" "), "/dev/null"]).current_dir(place.dir.path());
    command.env_remove("SEALIFT_DIR").env_remove("ARTIFACTS_DIR").env("SHELL", "/bin/sh");
    let mut child = place.spawn(command.stdin(Stdio::piped()));
    let mut shown = Vec::new();
    let mut stdout = child.stdout.take().unwrap();
    let mut byte = [0];
    while !shown.ends_with(b"[y/N] ") && stdout.read(&mut byte).unwrap() == 1 {
        shown.extend(byte);
    }
    // A command without a question may have ended already.
    let _ = child.stdin.take().unwrap().write_all(answer.as_bytes());
    stdout.read_to_end(&mut shown).unwrap();
    let mut output = child.wait_with_output().unwrap();
    output.stdout = shown;
    let mut said = place.said(output);
    said.stdout = said.stdout.replace('\r', "").replace("^D\u{8}\u{8}", "");
    Some(said)
}

#[test]
fn on_a_terminal_the_plan_is_shown_and_confirmed() {
    let (place, archives) = releases_and_nightlies();
    let clean = ["clean", "web", "--keep", "2"];
    for answer in ["n\n", "\n", "yesterday\n"] {
        let Some(said) = on_terminal(&place, &clean, answer) else { return };
        assert_eq!(said.code, 1, "{said:?}");
        assert!(said.stdout.ends_with("nothing was removed\n"), "{said:?}");
        assert_eq!(place.files().len(), 6);
    }
    let Some(said) = on_terminal(&place, &clean, "y\n") else { return };
    assert_eq!(said.code, 0, "{said:?}");
    let left: Vec<String> = archives[1..3].iter().chain(&archives[4..]).cloned().collect();
    assert_eq!(BTreeSet::from_iter(place.files()), BTreeSet::from_iter(left));
    let [release, nightly] = [0, 3].map(|number| archives[number].split('_').nth(2).unwrap());
    let shown = said.stdout.replace(&release[..12], "RELEASE").replace(&nightly[..12], "NIGHTLY");
    insta::assert_snapshot!(shown, @"
    IMAGE  VERSION  ID            SIZE     SAVED
    web    1.3.0.9  RELEASE  16.9 kB  just now  release docker
    web    1.5.0.0  NIGHTLY  16.9 kB  just now  dirty docker
    2 archives, 33.8 kB. Remove them? [y/N] y
    removed 2 archives, 33.8 kB
    ");

    // An interrupt at the question removes nothing.
    let Some(said) = on_terminal(&place, &["clean", "web"], "\u{3}") else { return };
    assert_eq!((said.code, place.files().len()), (130, 4), "{said:?}");
    // `--keep 0` can be confirmed, and with `--yes` there is no question.
    let Some(said) = on_terminal(&place, &["clean", "web", "--keep", "0"], "n\n") else { return };
    assert_eq!((said.code, place.files().len()), (1, 4), "{said:?}");
    let Some(said) = on_terminal(&place, &["clean", "web", "--yes"], "") else { return };
    assert_eq!((said.code, place.files().len()), (0, 2), "{said:?}");
    assert!(!said.stdout.contains("[y/N]"), "{said:?}");
    // The last valid archive needs the flag here too.
    place.ok(&["clean", "web", "--keep-dirty", "0"]);
    let Some(said) = on_terminal(&place, &["clean", "web:1.4.0.7"], "y\n") else { return };
    assert_eq!((said.code, place.files().len()), (2, 1), "{said:?}");
}

/// An update with `--clean` removes other versions, and marks newer ones.
#[test]
fn an_update_marks_newer_versions() {
    let image = Image::new("web:1.4.0.1", 9);
    let engine = FakeEngine::new(&image, Save::Ends(pack(&image.podman())));
    let place = Place::with_engine(&engine.host);
    let older = add(&place, "web:1.4.0.0", 1);
    let newer = add(&place, "web:1.4.0.7", 2);
    let update = ["update", "web:1.4.0.1", "--clean"];

    let planned = place.ok(&[&update[..], &["--dry-run"]].concat());
    let line = planned.lines().find(|line| line.contains(&newer)).unwrap();
    assert!(line.ends_with("newer than what is updated"), "{planned}");
    let kept = place.ok(&[&update[..], &["--keep", "2", "--dry-run"]].concat());
    assert!(!kept.contains(&newer) && !kept.contains(&older), "{kept}");

    let said = place.ok(&update);
    let removed: Vec<&str> = said.lines().filter(|line| line.starts_with("removed  ")).collect();
    assert_eq!(removed.len(), 2, "{said}");
    let is_marked = |archive: &str| {
        let line = removed.iter().find(|line| line.contains(archive)).unwrap();
        line.ends_with("newer than what was updated")
    };
    assert!(!is_marked(&older) && is_marked(&newer), "{said}");
    assert_eq!(place.files().len(), 1);
}

#[test]
fn an_update_keeps_the_given_number_of_versions() {
    let image = Image::new("web:1.4.0.8", 9);
    let engine = FakeEngine::new(&image, Save::Ends(pack(&image.podman())));
    let place = Place::with_engine(&engine.host);
    let archives = [("web:1.3.0.9", 1), ("web:1.4.0.7", 2), ("web:1.5.0.0", 3), ("web:1.5.0.0", 4)]
        .map(|(name, seed)| add(&place, name, seed));
    let clean = ["update", "web:1.4.0.8", "--clean"];
    let said = refused(&place, &[&clean[..], &["--keep", "0"]].concat());
    assert_eq!(said.code, 2, "{said:?}");
    place.ok(&[&clean[..], &["--keep", "2", "--keep-dirty", "1"]].concat());
    let files = place.files();
    let is_there = archives.map(|archive| files.contains(&archive));
    assert_eq!((files.len(), is_there), (3, [false, true, false, true]), "{files:?}");
}

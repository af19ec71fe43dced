//! Disks that are full, fail, become read-only or vanish: a failed command changes no archive, and
//! the existing archives stay valid.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use sealift_testing::layouts::{Image, noise, pack};

use super::bench::{Seed, scenario};
use super::saved::{Saved, made};
use super::stand::{
    Stand, archives_of, assert_whole, everything, fill, names_that_differ, staging_in,
};
use super::trace::{RENAME, Tracer, UNLINK};
use crate::command::Said;
use crate::fake_engine::{FakeEngine, Save, shown};

/// Returns a save that does not fit into a few pages, even compressed.
fn large() -> Saved {
    let mut image = Image::new("web:1.0.0.2", 2);
    image.layers[0] = pack(&[sealift_testing::layouts::file("noise", noise(60_000))]);
    Saved::new("web:1.0.0.2", shown(&image), pack(&image.podman()))
}

/// A separate mount namespace.
pub(crate) struct Namespace {
    unshare: PathBuf,
    options: &'static [&'static str],
}

impl Namespace {
    /// Checks whether namespaces can be created. If not, the test logs that, and fails in CI.
    pub(crate) fn find() -> Option<Self> {
        let unshare = sealift_testing::program("unshare")?;
        // Root does not need a user namespace, which some machines do not permit.
        for options in [&["--user", "--map-root-user", "--mount"][..], &["--mount"]] {
            let namespace = Self { unshare: unshare.clone(), options };
            let mount = namespace.command("mount -t tmpfs none /tmp").output().unwrap();
            if mount.status.success() {
                return Some(namespace);
            }
        }
        assert!(std::env::var_os("CI").is_none(), "CI may mount");
        eprintln!("this was not tested, because nothing can be mounted");
        None
    }

    /// Creates a call of a shell script in the namespace. The script receives the command's
    /// arguments as `$@`.
    pub(crate) fn command(&self, script: &str) -> Command {
        let mut command = Command::new(&self.unshare);
        command.args(self.options).args(["sh", "-ec", script, "sh"]);
        command
    }

    /// Runs the command in a folder on a tmpfs that is mounted with these options. Then runs the
    /// script `then`, and leaves a copy of the folder in `after`.
    fn run(&self, stand: &Stand, options: &str, then: &str, arguments: &[&str]) -> Said {
        let script = format!(
            "mount -t tmpfs -o {options} none artifacts
             cp -a template/. artifacts
             {then}
             code=0; \"$@\" || code=$?
             cp -a artifacts after
             exit $code"
        );
        let root = stand.place.dir.path();
        fill(&root.join("template"));
        let mut command = stand.place.command_by(self.command(&script), arguments);
        stand.place.said(command.output().unwrap())
    }
}

/// The file system has no room for more bytes or more files, sooner or later.
#[test]
fn full() {
    let Some(namespace) = Namespace::find() else { return };
    let saved = large();
    let engine = FakeEngine::showing(vec![saved.shown.clone()], Save::Ends(saved.tar.clone()));
    scenario(24, |seed: &mut Seed| {
        let stand = Stand::new(&engine.host);
        fs::write(stand.place.dir.path().join("file"), &saved.tar).unwrap();
        let arguments = *seed.choose(&[
            &["update", "web:1.0.0.2", "--clean"][..],
            &["update", "web:1.0.0.2", "--clean", "--compress"],
            &["add", "file"],
            &["add", "file", "--compress"],
        ]);
        // The older archives need 15 pages and 11 files.
        let options = match seed.choose(&[false, true]) {
            false => format!("size={}k", 4 * (15 + seed.below(22))),
            true => format!("nr_inodes={}", 12 + seed.below(5)),
        };
        let said = namespace.run(&stand, &options, "", arguments);
        let after = stand.place.dir.path().join("after");
        assert!(after.exists(), "{options}: {said:?}");
        let now = everything(&after);
        assert_whole(&stand.place, &after);
        assert_eq!(staging_in(&now), Vec::<String>::new(), "{options}: {said:?}");
        if said.code == 0 {
            assert!(now.keys().any(|name| name.starts_with("web_1.0.0.2_")), "{said:?}");
            return "done".to_owned();
        }
        assert_eq!(said.code, 1, "{options}: {said:?}");
        assert!(said.stderr.contains("No space left on device"), "{options}: {said:?}");
        let is_update = arguments[0] == "update";
        assert_eq!(said.stderr.contains("cannot archive `web:1.0.0.2`"), is_update, "{said:?}");
        assert_eq!(names_that_differ(&stand.before, &now), Vec::<String>::new(), "{said:?}");
        "refused with 1".to_owned()
    });
}

/// On a completely full file system, without `.sealift`, commands that free space still work.
#[test]
fn full_before_a_clean() {
    let Some(namespace) = Namespace::find() else { return };
    // No block is free, or no file can be created, or both.
    let bytes = "cat /dev/zero > artifacts/filler || true";
    let files = "n=0; while true > artifacts/filler$n; do n=$((n + 1)); done";
    let cases = [("size=128k", bytes), ("nr_inodes=40", files), ("nr_inodes=40,size=128k", files)];
    for (options, fill) in cases {
        for records in ["", "rm -r artifacts/.sealift/records;", "rm -r artifacts/.sealift;"] {
            let stand = Stand::new("unix:///nonexistent/engine.sock");
            let fill = match options.contains(',') {
                true => format!("{records} {{ {bytes}; {fill}; }} 2> fills"),
                false => format!("{records} {{ {fill}; }} 2> fills"),
            };
            let said = namespace.run(&stand, options, &fill, &["clean", "web:1.0.0.1"]);
            let fills = fs::read_to_string(stand.place.dir.path().join("fills")).unwrap();
            let is_full = |line: &str| {
                line.contains("No space left on device") || line.contains("cannot create")
            };
            assert!(fills.lines().any(is_full), "it was not full: {fills}");
            assert_eq!(said.code, 0, "{options} {records} {said:?}");
            assert!(said.stdout.starts_with("removed  artifacts/web_1.0.0.1_"), "{said:?}");
            let now = everything(&stand.place.dir.path().join("after"));
            let archives: Vec<&String> = now.keys().filter(|name| name.contains("web_")).collect();
            assert!(archives.iter().all(|name| name.contains("team/")), "{archives:?}");
            if fill.contains("filler$n") && records.contains(".sealift;") {
                assert!(!now.keys().any(|name| name.starts_with(".sealift")), "{:?}", now.keys());
            }
        }
    }
}

/// On a read-only file system, commands that only read succeed, and others are refused.
#[test]
fn read_only() {
    let Some(namespace) = Namespace::find() else { return };
    let saved = large();
    let engine = FakeEngine::showing(vec![saved.shown.clone()], Save::Ends(saved.tar.clone()));
    scenario(8, |seed: &mut Seed| {
        let (arguments, code): (&[&str], i32) = *seed.choose(&[
            (&["update", "web:1.0.0.2", "--clean"][..], 1),
            (&["add", "file"], 1),
            (&["clean", "web:1.0.0.1"], 1),
            (&["update", "web:1.0.0.2", "--compress"], 1),
            (&["list", "--latest"], 0),
            (&["verify", "--deep"], 0),
            (&["config"], 0),
            (&["path", "web"], 0),
        ]);
        let stand = Stand::new(&engine.host);
        fs::write(stand.place.dir.path().join("file"), &saved.tar).unwrap();
        // Missing records cannot be written.
        let then = match seed.any(&[false, true]) {
            false => "mount -o remount,ro artifacts",
            true => "rm -r artifacts/.sealift/records; mount -o remount,ro artifacts",
        };
        let said = namespace.run(&stand, "mode=755", then, arguments);
        assert_eq!(said.code, code, "{arguments:?}: {said:?}");
        if code == 1 {
            assert!(said.stderr.contains("Read-only file system"), "{said:?}");
        }
        let mut now = everything(&stand.place.dir.path().join("after"));
        let mut before = stand.before.clone();
        before.retain(|name, _| !name.starts_with(".sealift/"));
        now.retain(|name, _| !name.starts_with(".sealift/"));
        assert_eq!(names_that_differ(&before, &now), Vec::<String>::new(), "{said:?}");
        format!("ended with {code}")
    });
}

/// The file system fails a call, once or from then on, like one that fails or becomes read-only
/// after an error.
#[test]
fn a_call_that_fails() {
    let Some(tracer) = Tracer::find() else { return };
    scenario(30, |seed: &mut Seed| {
        let (calls, most) = *seed.choose(&[
            ("fsync", 5),
            (RENAME, 2),
            (UNLINK, 3),
            ("?mkdir,mkdirat", 3),
            ("fchmod", 1),
            ("ftruncate", 2),
            ("flock", 4),
            ("?fstatfs,fstatfs64", 2),
            ("fsync", 5),
            (RENAME, 2),
        ]);
        let error = *seed.any(&["EIO", "ENOSPC", "EROFS", "EDQUOT", "EACCES"]);
        let nth = 1 + seed.below(most);
        let onwards = *seed.any(&["", "+"]);
        let compressed = *seed.any(&[false, true]);
        let saved = made(seed);
        let engine = FakeEngine::showing(vec![saved.shown.clone()], Save::Ends(saved.tar.clone()));
        let stand = Stand::new(&engine.host);
        let mut arguments = vec!["update", &saved.reference, "--clean", "--progress", "none"];
        if compressed {
            arguments.push("--compress");
        }
        let what = format!("error={error}:when={nth}{onwards}");
        let program = tracer.injecting(calls, &what);
        let said = stand.place.said(stand.place.command_by(program, &arguments).output().unwrap());
        let image = saved.reference.split(':').next().unwrap();
        let archives = archives_of(&stand.place, image);
        stand.assert_only_whole_archives();
        let is_swept = calls != UNLINK;
        if is_swept {
            assert_eq!(staging_in(&stand.now()), Vec::<String>::new(), "{calls} {what}: {said:?}");
        }
        if said.code == 0 {
            let is_new = |name: &String| name.contains("_1.0.0.2_");
            assert!(archives.iter().any(is_new), "{calls} {what}: {said:?}");
            return "done".to_owned();
        }
        assert_eq!(said.code, 1, "{calls} {what}: {said:?}");
        // The older archive exists, or the new one, or both.
        assert!(!archives.is_empty(), "{calls} {what}: {said:?}");
        let is_published = archives.iter().any(|name| name.contains("_1.0.0.2_"));
        // Only calls after the rename can fail with the archive in its place.
        let may_be_later = ["fsync", "flock", UNLINK].contains(&calls);
        assert!(!is_published || may_be_later, "{calls} {what}: {said:?}");
        let next = stand.place.run(&arguments);
        stand.assert_taken(&saved, &next, compressed);
        let place = if is_published { ", the archive is there" } else { "" };
        format!("refused with 1{place}")
    });
}

/// The folder is removed while an archive is written.
#[test]
fn a_folder_that_vanishes() {
    scenario(16, |seed: &mut Seed| {
        let way = *seed.choose(&["removed", "moved", "replaced", "a file"]);
        let compressed = *seed.any(&[false, true]);
        let saved = made(seed);
        let save = Save::Pauses(saved.tar.clone(), seed.below(saved.tar.len()));
        let mut engine = FakeEngine::showing(vec![saved.shown.clone()], save);
        let stand = Stand::new(&engine.host);
        let mut arguments = vec!["update", &saved.reference, "--clean", "--progress", "none"];
        if compressed {
            arguments.push("--compress");
        }
        let child = stand.place.spawn(&mut stand.place.command(&arguments));
        engine.sent.recv().unwrap();
        let (folder, away) = (stand.place.artifacts(), stand.place.dir.path().join("away"));
        match way {
            "removed" => fs::remove_dir_all(&folder).unwrap(),
            _ => fs::rename(&folder, &away).unwrap(),
        }
        match way {
            "replaced" => fs::create_dir(&folder).unwrap(),
            "a file" => fs::write(&folder, b"mine").unwrap(),
            _ => {}
        }
        engine.release();
        let said = stand.place.said(child.wait_with_output().unwrap());
        assert_eq!(said.code, 1, "{way}: {said:?}");
        let is_told = [
            "no longer exists: it or a folder above it was removed",
            "is not a folder",
            "Not a directory",
        ];
        assert!(is_told.iter().any(|words| said.stderr.contains(words)), "{way}: {said:?}");
        assert!(said.stderr.contains("artifacts"), "the error names the folder: {said:?}");
        match way {
            "a file" => assert_eq!(fs::read(&folder).unwrap(), b"mine"),
            "replaced" => {
                let now = everything(&folder);
                assert!(now.keys().all(|name| name.starts_with(".sealift")), "{now:?}");
                assert_eq!(staging_in(&now), Vec::<String>::new(), "{said:?}");
            }
            _ => assert!(!folder.exists(), "{way}: the folder was created again: {said:?}"),
        }
        if away.exists() {
            assert_whole(&stand.place, &away);
        }
        "refused with 1".to_owned()
    });
}

/// Permissions are lost, before or while an archive is written. The command runs so that they also
/// restrict root.
#[test]
fn permissions_lost() {
    let Some(setpriv) = sealift_testing::program("setpriv") else { return };
    scenario(10, |seed: &mut Seed| {
        let which = *seed.choose(&["", "FOLDER", ".sealift", ".sealift/records", ".sealift/lock"]);
        let is_before = *seed.choose(&[true, false]);
        let saved = made(seed);
        let save = match is_before {
            true => Save::Ends(saved.tar.clone()),
            false => Save::Pauses(saved.tar.clone(), seed.below(saved.tar.len())),
        };
        let mut engine = FakeEngine::showing(vec![saved.shown.clone()], save);
        let stand = Stand::new(&engine.host);
        let image = saved.reference.split(':').next().unwrap();
        let folder = image.rsplit_once('/').map_or("", |(folder, _)| folder);
        let path = stand.place.artifacts().join(which.replace("FOLDER", folder));
        if path.ends_with("lock") {
            fs::write(&path, b"").unwrap();
        }
        let lose = || fs::set_permissions(&path, Permissions::from_mode(0o555)).unwrap();
        if is_before {
            lose();
        }
        let arguments = ["update", &saved.reference, "--clean", "--progress", "none"];
        let mut command = match rustix::process::geteuid().is_root() {
            true => {
                let mut program = Command::new(&setpriv);
                program.arg("--bounding-set=-dac_override,-dac_read_search");
                stand.place.command_by(program, &arguments)
            }
            false => stand.place.command(&arguments),
        };
        let child = stand.place.spawn(&mut command);
        if !is_before {
            engine.sent.recv().unwrap();
            lose();
            engine.release();
        }
        let said = stand.place.said(child.wait_with_output().unwrap());
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();

        stand.assert_only_whole_archives();
        let archives = archives_of(&stand.place, image);
        let outcome = match said.code {
            0 => {
                assert!(archives.iter().any(|name| name.contains("_1.0.0.2_")), "{said:?}");
                "done".to_owned()
            }
            code => {
                assert_eq!(code, 1, "{which}: {said:?}");
                assert!(said.stderr.contains("Permission denied"), "{which}: {said:?}");
                assert!(archives.iter().all(|name| name.contains("_1.0.0.1_")), "{archives:?}");
                assert!(!archives.is_empty(), "{said:?}");
                "refused with 1".to_owned()
            }
        };
        let whole = FakeEngine::showing(vec![saved.shown.clone()], Save::Ends(saved.tar.clone()));
        let mut again = stand.place.command(&arguments);
        let again = again.env("DOCKER_HOST", &whole.host).output().unwrap();
        stand.assert_taken(&saved, &stand.place.said(again), false);
        outcome
    });
}

//! The choice of an archive: misnamed, damaged, changed or unreadable archives are neither chosen
//! nor silently ignored.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, SystemTime};

use sealift_testing::layouts::{Image, pack};
use sealift_testing::program;

use crate::command::{Place, Said, refused};
use crate::fake_engine::{FakeEngine, Load, Save, shown};

fn image(version: &str, seed: u8) -> Image {
    Image::new(&format!("web:{version}"), seed)
}

fn name(version: &str, seed: u8) -> String {
    format!("web_{version}_{}.docker", &image(version, seed).id()[7..19])
}

/// Puts an archive into the folder under its right name.
fn put(place: &Place, version: &str, seed: u8) -> String {
    let name = name(version, seed);
    place.put(&name, &pack(&image(version, seed).podman()));
    age(place, &name, 3600);
    name
}

const MISNAMED: &str = "web_2.0.0.1_000000000000.docker";

fn put_misnamed(place: &Place) {
    place.put(MISNAMED, &pack(&image("2.0.0.1", 9).podman()));
    age(place, MISNAMED, 3600);
}

/// Sets the modification time of a file to this many seconds ago.
fn age(place: &Place, name: &str, seconds: u64) {
    let file = std::fs::File::options().write(true).open(place.artifacts().join(name)).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(seconds)).unwrap();
}

/// Returns the warnings on standard error.
fn warnings(said: &Said) -> String {
    let lines = said.stderr.lines().filter(|line| line.starts_with("warning: "));
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_single_misnamed_archive_is_refused_by_all_commands() {
    let engine = FakeEngine::loading(shown(&image("2.0.0.1", 9)), Load::Takes);
    let place = Place::with_engine(&engine.host);
    put_misnamed(&place);
    insta::assert_snapshot!(refused(&place, &["path", "web"]).refusal(), @"
    [5]
    error: artifacts/web_2.0.0.1_000000000000.docker is misnamed: the image in it has the id 94b4e3b02f9a
    hint: move it out of the folder; if its image is the right one, run `sealift add FILE --name web:2.0.0.1` to add it with the correct name
    ");
    let requests: [&[&str]; 6] = [
        &["path", "web:2.0.0.1"],
        &["cat", "web"],
        &["config", "https://c/"],
        &["config", "--format", "sums"],
        &["load", "web"],
        &["load", "--latest"],
    ];
    for arguments in requests {
        let said = refused(&place, arguments);
        assert_eq!((said.code, said.stdout.as_str()), (5, ""), "{arguments:?}: {said:?}");
        assert!(said.stderr.contains(MISNAMED), "{arguments:?}: {said:?}");
    }
    let all = place.run(&["load", "--all"]);
    assert_eq!(all.code, 0, "{all:?}");
    insta::assert_snapshot!(warnings(&all), @"warning: web_2.0.0.1_000000000000.docker is misnamed: the image in it has the id 94b4e3b02f9a");
    assert_eq!(engine.whole_loads(), 0);

    let listed = place.ok(&["list"]);
    assert!(listed.contains("misnamed") && !listed.contains("latest"), "{listed}");
    assert!(place.ok(&["list", "--json"]).contains("\"state\": \"misnamed\""));
    assert_eq!(place.ok(&["list", "--latest", "--json"]), "[]\n");
}

#[test]
fn a_zip_whose_member_has_another_name_is_refused() {
    let place = Place::new();
    let plain = place.dir.path().join("web.tar");
    fs::write(&plain, pack(&image("1.0.0.1", 1).podman())).unwrap();
    place.ok(&["add", "web.tar", "--compress"]);
    let [right, wrong] =
        ["1.0.0.1", "2.0.0.1"].map(|version| name(version, 1).replace(".docker", ".zip"));
    fs::rename(place.artifacts().join(&right), place.artifacts().join(&wrong)).unwrap();
    let reason = format!(
        "is misnamed: the file in the zip is named {}, not {}\n",
        name("1.0.0.1", 1),
        name("2.0.0.1", 1)
    );
    for arguments in [&["path", "web"][..], &["config"], &["load", "web"]] {
        let said = place.run(arguments);
        assert_eq!(said.code, 5, "{arguments:?}: {said:?}");
        assert!(said.stderr.contains(&reason), "{arguments:?}: {said:?}");
    }
}

#[test]
fn a_misnamed_archive_is_skipped_with_a_warning_if_there_is_a_right_one() {
    let engine = FakeEngine::loading(shown(&image("1.0.0.1", 1)), Load::Takes);
    let place = Place::with_engine(&engine.host);
    put_misnamed(&place);
    let right = put(&place, "1.0.0.1", 1);
    let path = place.run(&["path", "web"]);
    assert_eq!((path.code, path.stdout), (0, format!("artifacts/{right}\n")));
    let warning = format!(
        "warning: {MISNAMED} is misnamed: the image in it has the id {}; using {right}\n",
        &image("2.0.0.1", 9).id()[7..19]
    );
    for arguments in [
        &["path", "web"][..],
        &["cat", "web"],
        &["config"],
        &["load", "--latest"],
        &["load", "web"],
    ] {
        let said = place.run(&[arguments, &["--progress", "none"]].concat());
        assert_eq!(said.code, 0, "{arguments:?}: {said:?}");
        assert_eq!(warnings(&said), warning, "{arguments:?}");
        assert!(!said.stdout.contains("2.0.0.1"), "{arguments:?}: {said:?}");
    }
    assert_eq!(place.run(&["path", "web", "-q"]).stderr, "");
    // The version was requested, and no other archive has it.
    assert_eq!(refused(&place, &["path", "web:2.0.0.1"]).code, 5);
    assert_eq!(refused(&place, &["load", "web:2.0.0.1"]).code, 5);
}

/// A failing disk does not change the modification time, so the record is used until the content is
/// read.
#[test]
fn bit_rot_is_found_when_the_content_is_read_and_is_then_remembered() {
    let rotten = [
        (&["cat", "web"][..], "is no longer the image that was recorded"),
        (&["load", "web"], "the layer should be sha256:"),
    ];
    for (arguments, words) in rotten {
        let newest = image("2.0.0.1", 2);
        let engine = FakeEngine::loading(shown(&newest), Load::Takes);
        let place = Place::with_engine(&engine.host);
        put(&place, "1.0.0.1", 1);
        let damaged = put(&place, "2.0.0.1", 2);
        age(&place, &damaged, 1800);
        place.ok(&["config"]);
        let modified = fs::metadata(place.artifacts().join(&damaged)).unwrap().modified().unwrap();
        let mut overwritten = fs::read(place.artifacts().join(&damaged)).unwrap();
        overwritten.fill(b'x');
        place.put(&damaged, &overwritten);
        let file = fs::File::options().write(true).open(place.artifacts().join(&damaged)).unwrap();
        file.set_modified(modified).unwrap();

        let said = refused(&place, arguments);
        assert_eq!(said.code, 5, "{arguments:?}: {said:?}");
        assert!(said.stderr.contains(words), "{said:?}");
        let said = refused(&place, &["config"]);
        assert_eq!(said.code, 5, "after {arguments:?}: {said:?}");
    }
}

#[test]
fn damage_of_the_newest_archive_is_an_error_until_it_is_saved_again() {
    let newest = image("2.0.0.1", 2);
    let engine = FakeEngine::new(&newest, Save::Ends(pack(&newest.podman())));
    let place = Place::with_engine(&engine.host);
    put(&place, "1.0.0.1", 1);
    let damaged = put(&place, "2.0.0.1", 2);
    let whole = pack(&newest.podman());
    let mut zeroed = whole.clone();
    zeroed[..1024].fill(0);
    for (what, bytes) in [("cut off", &whole[..5000]), ("its beginning zeroed", &zeroed[..])] {
        for is_recorded in [false, true] {
            place.put(&damaged, &whole);
            age(&place, &damaged, 1800);
            let records = place.artifacts().join(".sealift");
            if is_recorded {
                place.ok(&["config"]);
            } else {
                let _ = std::fs::remove_dir_all(records);
            }
            place.put(&damaged, bytes);
            age(&place, &damaged, 900);
            let requests: [&[&str]; 6] = [
                &["path", "web"],
                &["cat", "web"],
                &["config"],
                &["load", "web"],
                &["load", "--latest"],
                &["path", "web:2.0.0.1"],
            ];
            if !is_recorded && what != "cut off" {
                // Without the content, only its name indicates that it was an archive.
                continue;
            }
            for arguments in requests {
                let said = refused(&place, arguments);
                let about = format!("{what}, {is_recorded}, {arguments:?}: {said:?}");
                assert_eq!(said.code, 5, "{about}");
                assert!(said.stderr.contains(&damaged), "{about}");
            }
            if is_recorded {
                let latest = place.run(&["list", "--latest"]);
                assert_eq!(latest.code, 5, "{what}: {latest:?}");
                assert!(latest.stderr.contains(&damaged), "{what}: {latest:?}");
                let listed = place.ok(&["list"]);
                assert!(listed.contains("damaged"), "{what}: {listed}");
            }
            assert!(place.ok(&["update", "web:2.0.0.1"]).contains("  saved  "), "{what}");
            assert_eq!(place.ok(&["path", "web"]), format!("artifacts/{damaged}\n"));
            assert_eq!(place.ok(&["verify", "--deep", "-q"]), "", "{what}");
        }
    }
}

#[test]
fn a_valid_archive_is_preferred_to_a_damaged_zip_of_the_same_image() {
    let place = Place::new();
    let docker = put(&place, "1.0.0.1", 1);
    let zip = docker.replace(".docker", ".zip");
    place.put(&zip, b"PK\x03\x04 and then nothing");
    age(&place, &zip, 60);
    for arguments in [&["path", "web"][..], &["path", "web:1.0.0.1"], &["config"], &["cat", "web"]]
    {
        let said = place.run(arguments);
        assert_eq!(said.code, 0, "{arguments:?}: {said:?}");
        let warnings = warnings(&said);
        assert!(warnings.contains(&zip) && warnings.contains(&docker), "{arguments:?}: {said:?}");
    }
    assert_eq!(place.ok(&["path", "web"]), format!("artifacts/{docker}\n"));
}

#[test]
fn changed_content_is_published_only_with_a_warning() {
    let place = Place::new();
    let archive = put(&place, "1.0.0.1", 1);
    let first = place.run(&["config"]);
    assert_eq!(warnings(&first), "");
    // A copy has another modification time and the same content.
    age(&place, &archive, 1800);
    assert!(place.ok(&["list"]).contains("changed"), "it may have changed until it is read");
    let copied = place.run(&["config"]);
    assert_eq!((&copied.stdout, warnings(&copied)), (&first.stdout, String::new()));
    assert!(!place.ok(&["list"]).contains("changed"));

    // The same image in another layout.
    place.put(&archive, &pack(&image("1.0.0.1", 1).docker_folders()));
    age(&place, &archive, 900);
    for arguments in
        [&["config"][..], &["config"], &["path", "web"], &["config", "--format", "sums"]]
    {
        let said = place.run(arguments);
        assert_eq!(said.code, 0, "{arguments:?}: {said:?}");
        let warnings = warnings(&said);
        assert!(warnings.contains(&format!("{archive} has changed")), "{arguments:?}: {said:?}");
    }
    assert_ne!(place.ok(&["config"]), first.stdout);
    assert!(place.ok(&["list", "--json"]).contains("\"state\": \"changed\""));
    place.ok(&["verify", "--repair"]);
    assert_eq!(warnings(&place.run(&["config"])), "", "a repair accepts the present content");
}

/// A place that belongs to a user other than root, who is restricted by permissions.
struct Unprivileged {
    place: Place,
    setpriv: PathBuf,
}

impl Unprivileged {
    fn new(host: &str) -> Option<Self> {
        let setpriv = program("setpriv")?;
        Some(Self { place: Place::with_engine(host), setpriv })
    }

    /// Runs the command as that user.
    fn run(&self, arguments: &[&str]) -> Said {
        let mut command = if rustix::process::geteuid().is_root() {
            let mut setpriv = Command::new(&self.setpriv);
            setpriv.arg("--bounding-set=-dac_override,-dac_read_search");
            self.place.command_by(setpriv, arguments)
        } else {
            self.place.command(arguments)
        };
        self.place.said(command.output().unwrap())
    }

    fn permit(&self, path: &str, mode: u32) {
        let path = self.place.artifacts().join(path);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
}

#[test]
fn an_unreadable_folder_is_left_out() {
    let engine = FakeEngine::loading(shown(&image("1.0.0.1", 1)), Load::Takes);
    let Some(setup) = Unprivileged::new(&engine.host) else { return };
    let place = &setup.place;
    let archive = put(place, "1.0.0.1", 1);
    std::fs::create_dir(place.artifacts().join("backup")).unwrap();
    setup.permit("backup", 0o000);
    let requests: [&[&str]; 6] =
        [&["list"], &["list", "--latest"], &["config"], &["verify"], &[], &["clean", "--all"]];
    for arguments in requests {
        let said = setup.run(arguments);
        assert_eq!(said.code, 0, "{arguments:?}: {said:?}");
        assert!(warnings(&said).contains("backup is left out: cannot be read"), "{said:?}");
    }
    assert!(setup.run(&["list"]).stdout.contains("1.0.0.1"));
    assert!(setup.run(&["config"]).stdout.contains(&archive));
    for arguments in [&["list", "web"][..], &["path", "web"]] {
        let said = setup.run(arguments);
        assert_eq!((said.code, warnings(&said).as_str()), (0, ""), "{arguments:?}: {said:?}");
    }
    // The requested archive is in the unreadable folder.
    assert_eq!(setup.run(&["list", "backup/web"]).code, 1);

    // Records show that the folder contains archives, so a config without them would be incomplete.
    setup.permit("backup", 0o755);
    place.put(&format!("backup/{archive}"), &pack(&image("1.0.0.1", 1).podman()));
    assert!(setup.run(&["config"]).stdout.contains("backup/web"));
    setup.permit("backup", 0o000);
    let said = setup.run(&["config"]);
    assert_eq!((said.code, said.stdout.as_str()), (1, ""), "{said:?}");
    insta::assert_snapshot!(said.stderr, @"
    error: artifacts/backup cannot be read: Permission denied (os error 13)
    hint: make it readable, or name the images
    ");
    assert!(setup.run(&["config", "web"]).stdout.contains(&archive));
    let verified = setup.run(&["verify"]);
    assert_eq!(verified.code, 1, "{verified:?}");
    let hidden = format!("backup/{archive}  unreadable  its folder cannot be read: ");
    assert!(verified.stdout.contains(&hidden), "{verified:?}");
    assert!(verified.stdout.contains(&format!("\n{archive}  whole")), "{verified:?}");
    let loaded = setup.run(&["load", "--all"]);
    assert_eq!((loaded.code, engine.whole_loads()), (1, 1), "{loaded:?}");
    assert!(loaded.stderr.contains("artifacts/backup cannot be read"), "{loaded:?}");
    setup.permit("backup", 0o755);
}

#[test]
fn an_unreadable_archive_affects_only_its_own_image() {
    let Some(setup) = Unprivileged::new("unix:///nonexistent/engine.sock") else { return };
    let place = &setup.place;
    let old = put(place, "1.0.0.1", 1);
    let new = put(place, "2.0.0.1", 2);
    let other = "api_1.0.0.1_317c8f756f53.docker";
    place.put(other, &pack(&Image::new("web:1.0.0.1", 1).podman()));
    setup.permit(&old, 0o000);
    for arguments in [&["list"][..], &["path", "web"], &["path", "api"], &["config"]] {
        let said = setup.run(arguments);
        assert_eq!(said.code, 0, "{arguments:?}: {said:?}");
    }
    let config = setup.run(&["config"]);
    assert!(config.stdout.contains(&new) && config.stdout.contains("api"), "{config:?}");
    insta::assert_snapshot!(warnings(&config), @"warning: web_1.0.0.1_317c8f756f53.docker is left out: cannot be read: Permission denied (os error 13)");
    assert_eq!(setup.run(&["clean", "api"]).code, 0);
    let verified = setup.run(&["verify"]);
    assert_eq!(verified.code, 1, "{verified:?}");
    assert!(verified.stdout.contains(&format!("{old}  unreadable  ")), "{verified:?}");
    assert!(verified.stdout.contains(&format!("{new}  whole  ")), "{verified:?}");
    assert_eq!(setup.run(&["verify", "api"]).code, 0);

    setup.permit(&old, 0o644);
    setup.permit(&new, 0o000);
    std::fs::remove_dir_all(place.artifacts().join(".sealift")).unwrap();
    for arguments in [&["path", "web"][..], &["config"], &["cat", "web"]] {
        let said = setup.run(arguments);
        assert_eq!((said.code, said.stdout.as_str()), (1, ""), "{arguments:?}: {said:?}");
        assert!(said.stderr.contains(&new), "{arguments:?}: {said:?}");
    }
    assert_eq!(setup.run(&["path", "api"]).code, 0);
    insta::assert_snapshot!(setup.run(&["path", "web"]).refusal(), @"
    [1]
    reading 1 archive
    error: cannot read artifacts/web_2.0.0.1_051d26888c31.docker: Permission denied (os error 13)
    ");
    setup.permit(&new, 0o644);
}

#[test]
fn a_read_only_folder_supports_all_commands_that_only_read() {
    let engine = FakeEngine::new(&image("1.0.0.1", 1), Save::BreaksOff(Vec::new()));
    let Some(setup) = Unprivileged::new(&engine.host) else { return };
    let place = &setup.place;
    put(place, "1.0.0.1", 1);
    for is_recorded in [false, true] {
        if is_recorded {
            place.ok(&["config"]);
            setup.permit(".sealift", 0o555);
            setup.permit(".sealift/records", 0o555);
        }
        setup.permit("", 0o555);
        let updated = setup.run(&["update", "web:1.0.0.1"]);
        assert_eq!(updated.code, 0, "{updated:?}");
        assert!(updated.stdout.contains("  unchanged  "), "{updated:?}");
        let requests: [&[&str]; 8] = [
            &["list"],
            &["list", "--latest"],
            &["path", "web"],
            &["config"],
            &["cat", "web"],
            &["load", "web"],
            &["load", "--all"],
            &["verify"],
        ];
        for arguments in requests {
            let said = setup.run(arguments);
            assert_eq!(said.code, 0, "{is_recorded}, {arguments:?}: {said:?}");
        }
        setup.permit("", 0o755);
        assert_eq!(place.artifacts().join(".sealift").exists(), is_recorded);
    }
    setup.permit(".sealift", 0o755);
    setup.permit(".sealift/records", 0o755);
}

#[test]
fn a_list_reports_what_its_options_excluded() {
    let place = Place::new();
    put(&place, "1.0.0.1", 1);
    let said = place.run(&["list", "--platform", "linux/s390x", "--progress", "none"]);
    assert_eq!((said.code, said.stdout.as_str()), (0, ""), "{said:?}");
    insta::assert_snapshot!(said.stderr, @"there are no archives for linux/s390x in artifacts, only for linux/amd64");
    let listed = place.ok(&["list", "--platform", "linux/amd64"]);
    assert!(listed.contains("1.0.0.1"), "{listed}");

    let place = Place::new();
    put(&place, "dev", 1);
    insta::assert_snapshot!(place.run(&["list", "--release"]).stderr, @"there are no releases in artifacts, only 1 archive of dirty versions; omit --release to list them");
    insta::assert_snapshot!(place.run(&["list", "--release", "--latest"]).stderr, @"there are no releases in artifacts, only 1 archive of dirty versions; omit --release to list them");
}

#[test]
fn a_version_can_be_listed() {
    let place = Place::new();
    put(&place, "1.0.0.1", 1);
    put(&place, "2.0.0.1", 2);
    let listed = place.ok(&["list", "web:1.0.0.1"]);
    assert!(listed.contains("1.0.0.1") && !listed.contains("2.0.0.1"), "{listed}");
    assert!(!listed.contains("latest"), "it is not the latest: {listed}");
    assert!(place.ok(&["list", "web:1.0.0.1", "web"]).contains("2.0.0.1"));
    assert!(place.ok(&["list", "web:2.0.0.1"]).contains("latest"));
    let said = refused(&place, &["list", "web:3.0.0.1"]);
    assert_eq!(said.code, 3);
    assert!(said.stderr.contains("web:2.0.0.1"), "{said:?}");
}

#[test]
fn the_error_without_images_names_the_option_all() {
    let place = Place::new();
    std::fs::create_dir(place.artifacts()).unwrap();
    insta::assert_snapshot!(refused(&place, &["load"]).refusal(), @"
    [2]
    error: the following required arguments were not provided:
      <IMAGE[:VERSION]|FILE>...

    Usage: sealift load [OPTIONS] <IMAGE[:VERSION]|FILE...|--latest|--all>

    For more information, try '--help'.
    ");
    let said = refused(&place, &["clean"]);
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("--all"), "{said:?}");
}

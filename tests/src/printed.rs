//! Text from archives, engines, files and the environment never controls the terminal on which it
//! is printed.

use std::fs;
use std::path::Path;

use sealift_testing::layouts::{Image, pack};
use serde_json::json;

use crate::command::Place;
use crate::fake_engine::{FakeEngine, Load, Save, shown};

/// Text that moves the cursor, sets the title, changes colours, reverses the direction and begins a
/// line.
const HOSTILE: &str = "\u{1b}[31mX\u{9b}2J\u{1b}]0;t\u{7}\u{7f}\u{202e}\u{2066}\u{61c}\u{200e}\u{200f}\u{2028}\r\nINJECTED";

fn is_harmless(text: &str) -> bool {
    let controls = |c: char| {
        let directs = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        (c.is_control() && !matches!(c, '\n' | '\t')) || directs
    };
    !text.chars().any(controls) && !text.lines().any(|line| line.starts_with("INJECTED"))
}

/// Runs a command with text and JSON output, and searches the output for control characters.
fn run(place: &Place, arguments: &[&str], variables: &[(&str, &str)]) {
    for json in [&[][..], &["--json"]] {
        let arguments = [arguments, &["--progress", "plain"], json].concat();
        let mut command = place.command(&arguments);
        let output = command.envs(variables.iter().copied()).output().unwrap();
        assert_ne!(output.status.code(), Some(101), "{arguments:?}: {output:?}");
        // Data is byte-exact in a pipe.
        let is_data = arguments[0] == "cat"
            || json.is_empty()
                && (arguments[0] == "path"
                    || arguments.contains(&"sums")
                    || arguments.contains(&"--shell"));
        for (name, bytes) in [("stdout", output.stdout), ("stderr", output.stderr)] {
            let text = String::from_utf8_lossy(&bytes);
            let is_exempt = is_data && name == "stdout";
            assert!(is_exempt || is_harmless(&text), "{name} of {arguments:?}: {text:?}");
        }
    }
}

/// Creates an image whose archive contains hostile names.
fn hostile_image() -> Image {
    let mut image = Image::new(&format!("web:{HOSTILE}"), 3);
    image.os = HOSTILE.to_owned();
    image
}

/// Fills a folder with hostile names.
fn fill(folder: &Path) {
    fs::create_dir_all(folder.join(HOSTILE)).unwrap();
    let (good, odd) = (Image::new("web:1.0.0.1", 1), hostile_image());
    let id = &good.id()[7..19];
    let whole = pack(&good.podman());
    for (name, content) in [
        (format!("web_1.0.0.1_{id}.docker"), &whole[..]),
        (format!("web_{HOSTILE}_{id}.docker"), &whole[..]),
        (format!("api_1_{id}.{HOSTILE}"), &whole[..]),
        (format!("api_2{HOSTILE}_0123456789ab.docker"), &whole[..]),
        (format!("api_3{HOSTILE}_{id}.zip"), b"PK\x03\x04 and nothing"),
        (format!("api_4{HOSTILE}_{id}.docker"), &whole[..3000]),
        (format!("odd_1_{}.docker", &odd.id()[7..19]), &pack(&odd.docker_blobs())[..]),
        (format!("{HOSTILE}.txt"), b"no archive"),
        (format!("{HOSTILE}/web_1{HOSTILE}_{id}.docker"), &whole[..]),
    ] {
        fs::write(folder.join(name), content).unwrap();
    }
}

#[test]
fn names_in_a_folder_are_escaped() {
    let engine = FakeEngine::loading(
        shown(&Image::new("web:1.0.0.1", 1)),
        Load::Answers(usize::MAX, 500, json!({ "message": HOSTILE }).to_string()),
    );
    let place = Place::with_engine(&engine.host);
    let folder = place.dir.path().join(HOSTILE);
    fill(&folder);
    let dir = folder.to_str().unwrap();
    let commands: &[&[&str]] = &[
        &[],
        &["list"],
        &["list", "-v"],
        &["list", "--latest"],
        &["show", "web"],
        &["diff", "web", "api"],
        &["diff", "odd", "web"],
        &["show", "odd"],
        &["show", "api"],
        &["tag", "odd", HOSTILE],
        &["path", "web"],
        &["path", "api"],
        &["path", "none"],
        &["cat", "odd"],
        &["cat", "api:1"],
        &["cat", "api:1", "--for", "k3s"],
        &["export", "--all", "--for", "k3s", "--to", HOSTILE],
        &["export", "web", "--for", "k3s", "--to", "out", "--keep", "1"],
        &["config"],
        &["config", "--format", "sums"],
        &["config", "--format", "consul"],
        &["load", "--all"],
        &["load", "--latest"],
        &["verify"],
        &["verify", "--deep"],
        &["verify", "--repair"],
        &["clean", "--all", "--dry-run"],
        &["clean", "web"],
        &["update", "web:1.0.0.1"],
        &["update", "web:1.0.0.1", "--dry-run"],
        &["env"],
        &["env", "--shell"],
        &["list", "--dir", "none"],
    ];
    for arguments in commands {
        run(&place, arguments, &[("SEALIFT_DIR", dir), ("SEALIFT_LOG", "trace")]);
    }
}

#[test]
fn content_of_archives_is_escaped() {
    let place = Place::new();
    let file = format!("{HOSTILE}.tar");
    let mut several = hostile_image().docker_blobs();
    several.extend(Image::new(&format!("{HOSTILE}:2"), 9).docker_blobs());
    let mut twice = hostile_image().podman();
    twice.extend(hostile_image().podman());
    for entries in [hostile_image().podman(), hostile_image().docker_blobs(), several, twice] {
        let content = pack(&entries);
        for length in [content.len(), content.len() / 2] {
            fs::write(place.dir.path().join(&file), &content[..length]).unwrap();
            run(&place, &["add", &file], &[]);
            run(&place, &["add", &file, "--every"], &[]);
            run(&place, &["add", &file, "--name", "web:1"], &[]);
        }
    }
    run(&place, &["add", HOSTILE], &[]);
}

#[test]
fn answers_of_engines_are_escaped() {
    let image = Image::new("web:1.0.0.1", 1);
    let error = json!({ "errorDetail": { "message": HOSTILE }, "error": HOSTILE }).to_string();
    let mut strange = shown(&image);
    strange["Id"] = HOSTILE.into();
    strange["Os"] = HOSTILE.into();
    strange["Architecture"] = HOSTILE.into();
    let mut broken = pack(&image.podman());
    broken.truncate(2000);
    broken.extend(error.as_bytes());
    for (shown, save) in [
        (shown(&image), Save::Ends(broken)),
        (shown(&image), Save::Ends(error.clone().into_bytes())),
        (shown(&hostile_image()), Save::Ends(pack(&hostile_image().podman()))),
        (strange, Save::Ends(pack(&image.podman()))),
    ] {
        let engine = FakeEngine::showing(vec![shown], save);
        let place = Place::with_engine(&engine.host);
        place.context(b"content");
        run(&place, &["update", "web:1.0.0.1"], &[("SEALIFT_LOG", "trace")]);
        run(&place, &["update", "web:1.0.0.1", "--dry-run"], &[]);
        run(&place, &["build", "web:1.0.0.1", "context", "--builder", "classic", "--update"], &[]);
        run(&place, &["env"], &[]);
    }
}

#[test]
fn arguments_and_the_environment_are_escaped() {
    let place = Place::new();
    place.put("web_1_0123456789ab.zip", b"");
    let commands: &[&[&str]] = &[
        &[HOSTILE],
        &["list", HOSTILE],
        &["path", HOSTILE],
        &["cat", HOSTILE],
        &["cat", "web", "--for", HOSTILE],
        &["export", HOSTILE, "--for", "k3s", "--to", "out"],
        &["export", "web", "--for", "k3s", "--to", HOSTILE],
        &["export", "web", "--for", "k3s", "--to", "out", "--compress", HOSTILE],
        &["load", HOSTILE],
        &["update", HOSTILE],
        &["update", "web", "--platform", HOSTILE],
        &["build", HOSTILE],
        &["build", "web:1", HOSTILE],
        &["verify", HOSTILE],
        &["clean", HOSTILE],
        &["config", HOSTILE],
        &["add", "none.tar", "--name", HOSTILE],
        &["name", "parse", HOSTILE],
        &["name", "tag", HOSTILE, "1"],
        &["name", "tag", "web", HOSTILE],
        &["name", "dirty", HOSTILE],
        &["completions", HOSTILE],
        &["man", "/proc/none\u{1b}[2J"],
        &["list", "--dir", HOSTILE],
        &["env", "--host", HOSTILE],
        &["env", "--context", HOSTILE],
        &["help", HOSTILE],
        &["list", "--color=\u{1b}[2J\nINJECTED"],
    ];
    for arguments in commands {
        run(&place, arguments, &[]);
    }
    let host = format!("unix:///{HOSTILE}");
    for variable in [
        ("DOCKER_HOST", host.as_str()),
        ("DOCKER_HOST", HOSTILE),
        ("DOCKER_CONTEXT", HOSTILE),
        ("DOCKER_CONFIG", HOSTILE),
        ("DOCKER_CERT_PATH", HOSTILE),
        ("DOCKER_API_VERSION", HOSTILE),
        ("DOCKER_MACHINE_NAME", HOSTILE),
        ("SEALIFT_API_TIMEOUT", HOSTILE),
        ("SEALIFT_DIR", HOSTILE),
        ("ARTIFACTS_DIR", HOSTILE),
        ("SEALIFT_LOG", HOSTILE),
        ("COMPLETE", HOSTILE),
    ] {
        for arguments in [&["env"][..], &["env", "--shell"], &["update", "web:1"], &["list"], &[]] {
            run(&place, arguments, &[variable]);
        }
    }
}

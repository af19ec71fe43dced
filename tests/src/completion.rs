//! Completions, as a shell asks for them: images of the folder and of the engine.

use std::os::unix::net::UnixListener;
use std::process::Command;

use crate::command::{Place, binary, image_name};
use crate::http::Images;

/// Returns what bash completes the last of these words to. The output ends when the command has
/// ended, so a completion that waits for ever fails by the time limit of tests.
fn complete(place: &Place, host: &str, words: &[&str]) -> String {
    let script = "source <(sealift completions bash)\nCOMP_WORDS=(\"$@\")\nCOMP_CWORD=$(($# - 1))\n\
                  _clap_complete_sealift sealift \"${COMP_WORDS[COMP_CWORD]}\"\necho \"${COMPREPLY[*]}\"\n";
    let path = std::env::var("PATH").unwrap();
    let mut bash = Command::new("bash");
    bash.args(["-c", script, "bash", "sealift"]).args(words).current_dir(place.dir.path());
    for name in ["SEALIFT_DIR", "ARTIFACTS_DIR", "DOCKER_CONTEXT", "DOCKER_CONFIG"] {
        bash.env_remove(name);
    }
    bash.env("HOME", place.dir.path()).env("DOCKER_HOST", host);
    bash.env("PATH", format!("{}:{path}", binary().parent().unwrap().display()));
    sealift_testing::output_of(&mut bash).trim_end().to_owned()
}

#[test]
fn images_and_versions_of_the_folder_are_completed() {
    let place = Place::new();
    for name in ["web_1.4.0.7", "web_dev", "web-admin_1.0.0.2"] {
        place.put(&format!("{name}_0123456789ab.zip"), b"");
    }
    let complete = |words: &[&str]| complete(&place, "unix:///nonexistent/engine.sock", words);
    assert_eq!(complete(&["path", "w"]), "web web-admin");
    assert_eq!(complete(&["load", "web:"]), "web:1.4.0.7 web:dev");
    assert_eq!(complete(&["clean", "web-"]), "web-admin");
    assert_eq!(complete(&["ver"]), "verify version");
    assert_eq!(complete(&["update", "--lock-"]), "--lock-timeout");
    assert_eq!(complete(&["update", "web", "--level", "b"]), "best");
}

/// A fake engine that accepts connections and never answers.
struct FakeSilentEngine {
    _dir: tempfile::TempDir,
    _listener: UnixListener,
    host: String,
}

impl FakeSilentEngine {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("fake.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        Self { _dir: dir, _listener: listener, host: format!("unix://{}", socket.display()) }
    }
}

#[test]
fn an_engine_that_never_answers_has_no_images_to_complete() {
    let fake = FakeSilentEngine::new();
    let place = Place::new();
    for words in [&["update", "w"][..], &["build", "w"], &["update", "--host", &fake.host, "w"]] {
        assert_eq!(complete(&place, &fake.host, words), "", "{words:?}");
    }
    assert_eq!(complete(&place, &fake.host, &["upd"]), "update");
}

fn images_and_tags_of_the_engine_are_completed(engine: &str) {
    let Some(engine) = sealift_testing::engine(engine) else { return };
    let name = image_name();
    let _images = Images { host: &engine.host, name: &name };
    let place = Place::with_engine(&engine.host);
    place.context(b"one");
    let tags = ["1.4.0.7", "dev"].map(|version| format!("{name}:{version}"));
    for tag in &tags {
        place.ok(&["build", tag, "context"]);
    }
    let complete = |host: &str, words: &[&str]| complete(&place, host, words);
    let begun = &name[..name.len() - 1];
    assert_eq!(complete(&engine.host, &["update", begun]), name);
    assert_eq!(complete(&engine.host, &["update", &format!("{name}:")]), tags.join(" "));
    assert_eq!(complete(&engine.host, &["update", &format!("{name}:d")]), tags[1]);
    // An option before the word chooses the engine.
    let nobody = "unix:///nonexistent/engine.sock";
    assert_eq!(complete(nobody, &["build", "--host", &engine.host, begun]), name);
    assert_eq!(complete(nobody, &["update", begun]), "");
}

mod on_engine {
    mod docker {
        #[test]
        fn images_and_tags_of_the_engine_are_completed() {
            super::super::images_and_tags_of_the_engine_are_completed("docker");
        }
    }

    mod podman {
        #[test]
        fn images_and_tags_of_the_engine_are_completed() {
            super::super::images_and_tags_of_the_engine_are_completed("podman");
        }
    }
}

//! Builds by the command: their output, and their errors.

use std::io::Write as _;
use std::process::Stdio;

use crate::command::{Place, Said, image_name};
use crate::http::Images;

/// Builds from a Dockerfile on standard input.
fn build(place: &Place, dockerfile: &str, arguments: &[&str]) -> Said {
    let mut command = place.command(&[&["build"], arguments].concat());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(dockerfile.as_bytes()).unwrap();
    place.said(child.wait_with_output().unwrap())
}

/// Removes the parts that differ between builds.
fn settled(image: &str, text: &str) -> String {
    let text = text.replace(image, "IMAGE");
    let times = regex::Regex::new(r"(?m)^(#\d+(?: DONE)?) \d+\.\d+(s?)").unwrap();
    let text = times.replace_all(&text, "$1 0.0$2");
    let digests = regex::Regex::new(r"\b[0-9a-f]{12,64}\b").unwrap();
    digests.replace_all(&text, "DIGEST").into_owned()
}

/// Creates a context whose images can run commands, without a registry. Returns `None` without a
/// static shell.
fn context_with_shell(place: &Place) -> Option<()> {
    let context = place.dir.path().join("context");
    std::fs::create_dir(&context).unwrap();
    std::fs::copy(sealift_testing::program("busybox")?, context.join("sh")).unwrap();
    Some(())
}

fn a_failed_step_shows_its_last_lines(engine: &str, builder: &str) -> Option<String> {
    let engine = sealift_testing::engine(engine)?;
    let image = image_name();
    let place = Place::with_engine(&engine.host);
    context_with_shell(&place)?;
    let said = build(
        &place,
        "FROM scratch\nCOPY sh /bin/sh\nRUN echo one; echo two; exit 7\n",
        &[
            &image,
            "context",
            "-f",
            "-",
            "--builder",
            builder,
            "--network",
            "host",
            "--progress=none",
        ],
    );
    assert_eq!((said.code, said.stdout.as_str()), (1, ""), "{said:?}");
    Some(settled(&image, &said.stderr))
}

fn build_options_reach_the_engine(engine: &str, builder: &str) {
    let Some(engine) = sealift_testing::engine(engine) else { return };
    let image = image_name();
    let _images = Images { host: &engine.host, name: &image };
    let place = Place::with_engine(&engine.host);
    let config = r#"{"proxies": {"default": {"httpProxy": "http://proxy.example:3128"}}}"#;
    std::fs::create_dir(place.dir.path().join(".docker")).unwrap();
    std::fs::write(place.dir.path().join(".docker/config.json"), config).unwrap();
    let Some(()) = context_with_shell(&place) else { return };
    let dockerfile = "FROM scratch AS first\nCOPY sh /bin/sh\nARG WORD\nRUN echo word $WORD\n\
                      RUN echo proxy $http_proxy\nFROM first\nRUN echo not reached\n";
    let said = build(
        &place,
        dockerfile,
        &[
            &image,
            "context",
            "-f",
            "-",
            "--builder",
            builder,
            "--network=host",
            "--no-cache",
            "--build-arg=WORD=here",
            "--label=a=b",
            "--target=first",
            "--rm=false",
            "--shm-size=64m",
            "--add-host=one.example:1.2.3.4",
            "--progress=plain",
        ],
    );
    assert_eq!(said.code, 0, "{said:?}");
    for line in ["word here", "proxy http://proxy.example:3128"] {
        assert!(said.stderr.contains(line), "{line}: {said:?}");
    }
    assert!(!said.stderr.contains("echo not reached"), "{said:?}");

    // With `--quiet`, only the id is printed. The path of a Dockerfile is relative to the current
    // folder, as with docker.
    std::fs::write(place.dir.path().join("context/Other"), "FROM scratch\nCOPY sh /\n").unwrap();
    for file in ["context/Other", "Other"] {
        let said = place.run(&["build", &image, "context", "-f", file, "-q", "--builder", builder]);
        assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{said:?}");
        let id = said.stdout.trim_end();
        assert!(id.starts_with("sha256:") && id.len() == 71, "{said:?}");
    }
}

mod on_engine {
    mod docker {
        use super::super as all;

        #[test]
        fn a_failed_step_shows_its_last_lines() {
            if let Some(said) = all::a_failed_step_shows_its_last_lines("docker", "classic") {
                insta::assert_snapshot!(said, @"
                error: cannot build `IMAGE:latest` in the engine at HOST
                  caused by: step 3/3 `RUN echo one; echo two; exit 7` failed with exit code 7; the engine reported: The command '/bin/sh -c echo one; echo two; exit 7' returned a non-zero code: 7
                    one
                    two
                ");
            }
        }

        #[test]
        fn build_options_reach_the_engine() {
            all::build_options_reach_the_engine("docker", "classic");
        }
    }

    mod moby_classic {
        use super::super as all;

        #[test]
        fn a_failed_step_shows_its_last_lines() {
            if let Some(said) = all::a_failed_step_shows_its_last_lines("moby-classic", "auto") {
                insta::assert_snapshot!(said, @r#"
                error: cannot build `IMAGE:latest` in the engine at HOST
                  caused by: step 2/2 `RUN echo one; echo two; exit 7` failed with exit code 7; the engine reported: process "/bin/sh -c echo one; echo two; exit 7" did not complete successfully: exit code: 7
                    one
                    two
                "#);
            }
        }

        #[test]
        fn build_options_reach_the_engine() {
            all::build_options_reach_the_engine("moby-classic", "buildkit");
        }

        /// If a build needs more than the engine's own API, the error contains the command for it.
        #[test]
        fn a_secret_is_left_to_buildx() {
            let Some(engine) = sealift_testing::engine("moby-classic") else { return };
            let place = all::Place::with_engine(&engine.host);
            place.context(b"one");
            let said = all::build(
                &place,
                "FROM scratch\nRUN --mount=type=secret,id=key,required=true cat /run/secrets/key\n",
                &[&all::image_name(), "context", "-f", "-", "-q"],
            );
            assert_eq!(said.code, 1);
            assert!(
                said.stderr.contains("hint: to use secrets or ssh keys, run `docker buildx"),
                "{said:?}"
            );
        }

        /// The progress bars of a terminal are useless in a log, which has lines instead.
        #[test]
        fn steps_are_printed_as_docker_prints_them() {
            let Some(engine) = sealift_testing::engine("moby-classic") else { return };
            let image = all::image_name();
            let _images = all::Images { host: &engine.host, name: &image };
            let place = all::Place::with_engine(&engine.host);
            place.context(b"one");
            let said = place.run(&["build", &image, "context", "--progress=plain", "--no-cache"]);
            let lines = all::settled(&image, &said.stderr);
            for line in ["#1 [internal] load build definition from Dockerfile", "#1 DONE 0.0s"] {
                assert!(lines.lines().any(|said| said == line), "{line}: {lines}");
            }
        }
    }
}

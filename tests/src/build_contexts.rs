//! Builds by the command: the files that are sent, the id of the result, and refused contexts.

use std::os::unix::net::UnixListener;

use serde_json::Value;

use crate::command::{Place, Said, image_name, refused};
use crate::http::Images;

/// With all defaults, the context is the current folder, which contains the folder of archives.
fn the_folder_of_archives_is_not_part_of_the_context(engine: &str, builder: &str) {
    let Some(engine) = sealift_testing::engine(engine) else { return };
    let image = image_name();
    let _images = Images { host: &engine.host, name: &image };
    let place = Place::with_engine(&engine.host);
    let write = |name: &str, text: &str| std::fs::write(place.dir.path().join(name), text).unwrap();
    write("Dockerfile", "FROM scratch\nCOPY . /app/\n");
    write("data", "one");
    let tag = format!("{image}:1.0.0.1");
    let build = || -> (Value, String) {
        let said = place.run(&["build", &tag, "--builder", builder, "--update", "--json"]);
        assert_eq!(said.code, 0, "{said:?}");
        (serde_json::from_str(&said.stdout).unwrap(), said.stderr)
    };
    let warning =
        "warning: artifacts is not part of the build context: it is in the folder of archives";
    let (first, said) = build();
    assert!(!said.contains(warning), "{said}");
    assert_eq!(first[0]["saved"], true);
    for _ in 0..2 {
        let (again, said) = build();
        assert_eq!(again[0]["saved"], false, "{again} {said}");
        assert_eq!(again[0]["id"], first[0]["id"]);
        assert_eq!(said.matches(warning).count(), 1, "{said}");
    }
    // The folder of archives is another folder, and then the context itself.
    for dir in ["elsewhere", "."] {
        let said = place.run(&[
            "build",
            &tag,
            "--builder",
            builder,
            "--update",
            "--dir",
            dir,
            "--compress",
        ]);
        assert_eq!(said.code, 0, "{said:?}");
        let said = place.run(&["build", &tag, "--builder", builder, "--update", "--dir", dir]);
        assert!(said.stdout.contains("unchanged"), "{said:?}");
        // With another folder of archives, this is an ordinary folder.
        std::fs::remove_dir_all(place.dir.path().join(if dir == "." {
            ".sealift"
        } else {
            "artifacts"
        }))
        .unwrap();
        if dir != "." {
            std::fs::remove_dir_all(place.dir.path().join(dir)).unwrap();
        }
    }
}

/// The context contains a socket and a Dockerfile in lower case; another Dockerfile is outside.
fn contexts_that_docker_accepts_are_accepted(engine: &str, builder: &str) {
    let Some(engine) = sealift_testing::engine(engine) else { return };
    let image = image_name();
    let _images = Images { host: &engine.host, name: &image };
    let place = Place::with_engine(&engine.host);
    let path = |name: &str| place.dir.path().join(name);
    std::fs::create_dir_all(path("context/.git")).unwrap();
    std::fs::write(path("context/dockerfile"), "FROM scratch\nCOPY . /c/\n").unwrap();
    std::fs::write(path("Dockerfile.prod"), "FROM scratch\nCOPY . /prod/\n").unwrap();
    let _listener = UnixListener::bind(path("context/.git/monitor.ipc")).unwrap();
    let warning = "warning: .git/monitor.ipc is not part of the build context: it is a socket";
    for file in [&[][..], &["-f", "Dockerfile.prod"]] {
        let said = place.run(&[&["build", &image, "context", "--builder", builder], file].concat());
        assert_eq!((said.code, said.stderr.matches(warning).count()), (0, 1), "{said:?}");
    }
}

/// Asserts that the printed id is the one in the name of the archive.
fn the_id_of_a_build_is_that_of_its_archive(
    engine: &str,
    builder: &str,
) -> Option<(Value, String)> {
    let engine = sealift_testing::engine(engine)?;
    let image = image_name();
    let _images = Images { host: &engine.host, name: &image };
    let place = Place::with_engine(&engine.host);
    place.context(b"one");
    let (one, two) = (format!("{image}:1.0.0.1"), format!("{image}:two"));
    let arguments = ["build", "--builder", builder, "-t", &one, "-t", &two, "context"];
    let built: Value =
        serde_json::from_str(&place.ok(&[&arguments[..], &["--json"]].concat())).unwrap();
    let saved: Value = serde_json::from_str(&place.ok(&["update", &one, &two, "--json"])).unwrap();
    assert_eq!(saved[0]["id"], saved[1]["id"], "all tags name the same image");
    if !built["id"].is_null() {
        assert_eq!(built["id"], saved[0]["id"]);
        let digest = built["digest"].as_str().unwrap();
        assert_eq!(&digest[7..19], built["id"]);
    }
    assert_eq!(
        (built["image"].as_str(), built["version"].as_str()),
        (Some(&*image), Some("1.0.0.1"))
    );
    assert_eq!(built["tags"], serde_json::json!([one, two]));
    assert_eq!(place.ok(&[&arguments[..], &["-q"]].concat()).trim_end(), built["engine_id"]);
    let text = place.ok(&arguments);
    Some((built, text.replace(&image, "IMAGE")))
}

/// The colours of a program in the build are kept on a terminal, which is simulated.
fn colours_are_kept_where_they_are_wanted(engine: &str, builder: &str) {
    let Some(engine) = sealift_testing::engine(engine) else { return };
    let Some(shell) = sealift_testing::program("busybox") else { return };
    let image = image_name();
    let _images = Images { host: &engine.host, name: &image };
    let place = Place::with_engine(&engine.host);
    place.context(b"one");
    std::fs::copy(shell, place.dir.path().join("context/sh")).unwrap();
    let run = r"printf '\033[32mgreen\033[0m\ta\033[2Jb\033]0;title\007c\n'";
    std::fs::write(
        place.dir.path().join("context/Dockerfile"),
        format!("FROM scratch\nCOPY sh /bin/sh\nRUN {run}; {run} >&2; exit 3\n"),
    )
    .unwrap();
    let said = |color: &str| {
        let said = place.run(&[
            "build",
            &image,
            "context",
            "--builder",
            builder,
            "--network=host",
            "--color",
            color,
        ]);
        assert_eq!(said.code, 1, "{said:?}");
        said.stderr
    };
    let coloured = said("always");
    assert_eq!(coloured.matches("\u{1b}[32mgreen\u{1b}[0m\tabc\n").count(), 4, "{coloured:?}");
    let plain = said("auto");
    assert_eq!(plain.matches("green\tabc\n").count(), 4, "{plain:?}");
    assert!(!plain.contains('\u{1b}'), "{plain:?}");
}

fn refusal(arguments: &[&str]) -> String {
    let place = Place::new();
    place.context(b"one");
    std::fs::create_dir(place.dir.path().join("empty")).unwrap();
    let Said { code, stdout, stderr } = refused(&place, arguments);
    assert_eq!(stdout, "");
    format!("$ sealift {}\n{stderr}[exit {code}]", arguments.join(" "))
}

#[test]
fn errors_of_builds_have_hints() {
    let refusals = [
        &["build", "web:1", "--secret", "id=key", "--ssh", "default", "context"][..],
        &["build", "-t", "web:1", "--ssh=default", "context"],
        &["build", "web:1", "-t", "web:2", "context"],
        &["build", "-t", "web:1", "nowhere"],
        &["build", "context"],
        &["build", "."],
        &["build", "--update"],
    ]
    .map(refusal);
    insta::assert_snapshot!(refusals.join("\n\n"));
}

fn without_a_dockerfile(engine: &str) -> Option<String> {
    let engine = sealift_testing::engine(engine)?;
    let place = Place::with_engine(&engine.host);
    place.context(b"one");
    std::fs::create_dir(place.dir.path().join("empty")).unwrap();
    let said = [&["build", "web:1", "empty"][..], &["build", "web:1", "context", "-f", "Other"]]
        .map(|arguments| place.run(arguments).refusal());
    Some(said.join("\n"))
}

mod on_engine {
    use super::*;

    mod docker {
        #[test]
        fn the_folder_of_archives_is_not_part_of_the_context() {
            super::the_folder_of_archives_is_not_part_of_the_context("docker", "classic");
        }

        #[test]
        fn contexts_that_docker_accepts_are_accepted() {
            super::contexts_that_docker_accepts_are_accepted("docker", "classic");
        }

        #[test]
        fn the_id_of_a_build_is_that_of_its_archive() {
            let built = super::the_id_of_a_build_is_that_of_its_archive("docker", "classic");
            let Some((built, text)) = built else { return };
            assert_eq!(built["digest"], built["engine_id"]);
            let id = built["id"].as_str().unwrap();
            assert_eq!(text, format!("built IMAGE:1.0.0.1  {id}\nbuilt IMAGE:two  {id}\n"));
        }

        #[test]
        fn colours_are_kept_where_they_are_wanted() {
            super::colours_are_kept_where_they_are_wanted("docker", "classic");
        }

        #[test]
        fn without_a_dockerfile() {
            let Some(said) = super::without_a_dockerfile("docker") else { return };
            insta::assert_snapshot!(said);
        }
    }

    mod podman {
        #[test]
        fn the_id_of_a_build_is_that_of_its_archive() {
            let built = super::the_id_of_a_build_is_that_of_its_archive("podman", "classic");
            let Some((built, _)) = built else { return };
            assert!(built["id"].is_string());
        }

        #[test]
        fn contexts_that_docker_accepts_are_accepted() {
            super::contexts_that_docker_accepts_are_accepted("podman", "classic");
        }
    }

    mod moby_classic {
        #[test]
        fn the_folder_of_archives_is_not_part_of_the_context() {
            super::the_folder_of_archives_is_not_part_of_the_context("moby-classic", "buildkit");
        }

        #[test]
        fn contexts_that_docker_accepts_are_accepted() {
            super::contexts_that_docker_accepts_are_accepted("moby-classic", "buildkit");
        }

        #[test]
        fn colours_are_kept_where_they_are_wanted() {
            super::colours_are_kept_where_they_are_wanted("moby-classic", "buildkit");
        }

        #[test]
        fn the_id_of_a_build_is_that_of_its_archive() {
            let built = super::the_id_of_a_build_is_that_of_its_archive("moby-classic", "auto");
            let Some((built, _)) = built else { return };
            assert_eq!(built["digest"], built["engine_id"]);
        }
    }

    mod moby_containerd {
        use serde_json::Value;

        #[test]
        fn the_folder_of_archives_is_not_part_of_the_context() {
            super::the_folder_of_archives_is_not_part_of_the_context("moby-containerd", "buildkit");
        }

        /// The engine reports the digest of a manifest, and BuildKit that of the config.
        #[test]
        fn the_id_of_a_build_is_that_of_its_archive() {
            let built = super::the_id_of_a_build_is_that_of_its_archive("moby-containerd", "auto");
            let Some((built, text)) = built else { return };
            let (id, engine_id) =
                (built["id"].as_str().unwrap(), built["engine_id"].as_str().unwrap());
            assert_ne!(built["digest"], engine_id);
            let line = format!("built IMAGE:two  {id}  (the engine shows {})\n", &engine_id[7..19]);
            assert!(text.ends_with(&line), "{text}");
        }

        /// The classic builder does not report the id.
        #[test]
        fn an_unknown_id_is_not_printed() {
            let built =
                super::the_id_of_a_build_is_that_of_its_archive("moby-containerd", "classic");
            let Some((built, text)) = built else { return };
            assert_eq!((&built["id"], &built["digest"]), (&Value::Null, &Value::Null));
            let engine_id = &built["engine_id"].as_str().unwrap()[7..19];
            let line = format!(
                "built IMAGE:two  (the engine shows {engine_id}; `sealift update` prints the archive's id)\n"
            );
            assert!(text.ends_with(&line), "{text}");
        }
    }
}

//! Hints of errors that no other test causes.
//!
//! docker-machine is a stub, because no package contains it, and the engine that stalls is a fake.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;

use sealift_testing::layouts::{Image, pack};

use crate::command::{Place, Said, write_script};
use crate::fake_engine::{FakeEngine, Save};

/// Runs an update with these variables. An empty value unsets a variable.
fn update(place: &Place, variables: &[(&str, &str)]) -> Said {
    let mut command = place.command(&["update", "web:1.0.0.1", "--progress", "none"]);
    for (name, value) in variables {
        match *value {
            "" => command.env_remove(name),
            value => command.env(name, value),
        };
    }
    place.said(command.output().unwrap())
}

#[test]
fn tls_without_verification_has_a_replacement() {
    let place = Place::with_engine("tcp://127.0.0.1:2376");
    let said = update(&place, &[("DOCKER_TLS", "1")]);
    insta::assert_snapshot!(said.refusal(), @"
    [2]
    error: DOCKER_TLS is `1`, but TLS without verification of the engine is not supported
    hint: set DOCKER_TLS_VERIFY=1 instead
    ");
}

#[test]
fn docker_machine_can_be_installed_or_done_without() {
    let place = Place::new();
    let machine = [("DOCKER_HOST", ""), ("DOCKER_MACHINE_NAME", "m1"), ("PATH", "/nonexistent")];
    insta::assert_snapshot!(update(&place, &machine).refusal(), @"
    [2]
    error: DOCKER_MACHINE_NAME is `m1`, but there is no program `docker-machine`
    hint: install docker-machine, or choose the engine with DOCKER_HOST or --host
    ");
}

#[test]
fn the_hint_of_a_timeout_names_its_option() {
    let place = Place::new();
    // The script waits for a writer of the pipe, which never comes.
    let script = "mkfifo \"${0%/*}/pipe\"; exec cat \"${0%/*}/pipe\"";
    write_script(&place.dir.path().join("docker-machine"), script);
    let path = format!("{}:{}", place.dir.path().display(), std::env::var("PATH").unwrap());
    let machine = [
        ("DOCKER_HOST", ""),
        ("DOCKER_MACHINE_NAME", "m1"),
        ("PATH", &path),
        ("SEALIFT_API_TIMEOUT", "0.05"),
    ];
    insta::assert_snapshot!(update(&place, &machine).refusal(), @"
    [2]
    error: DOCKER_MACHINE_NAME is `m1`, but docker-machine did not answer within 0.05 s
    hint: set SEALIFT_API_TIMEOUT=SECONDS to wait longer
    ");

    let image = Image::new("web:1.0.0.1", 1);
    let half = pack(&image.podman())[..5000].to_vec();
    let engine = FakeEngine::new(&image, Save::Stalls(half));
    let place = Place::with_engine(&engine.host);
    insta::assert_snapshot!(update(&place, &[("SEALIFT_API_TIMEOUT", "1")]).refusal(), @"
    [1]
    error: cannot save `web:1.0.0.1` from the engine at HOST
      caused by: no data for 1 s, after 5000 bytes of the answer
    hint: try again; set SEALIFT_API_TIMEOUT=SECONDS to wait longer
    ");
}

#[test]
fn an_image_that_is_not_in_an_empty_folder_can_be_saved() {
    let place = Place::new();
    std::fs::create_dir(place.artifacts()).unwrap();
    insta::assert_snapshot!(place.run(&["path", "web"]).refusal(), @"
    [3]
    error: no archive of `web` in artifacts
    hint: run sealift update web:VERSION to save it from an engine
    ");
}

#[test]
fn the_hint_of_a_locked_folder_names_the_option_for_waiting() {
    let place = Place::new();
    place.put("web_1.0.0.1_317c8f756f53.docker", &pack(&Image::new("web:1.0.0.1", 1).podman()));
    place.put(".sealift/lock", b"");
    let lock =
        std::fs::File::options().write(true).open(place.artifacts().join(".sealift/lock")).unwrap();
    lock.lock().unwrap();
    let clean = ["clean", "web:1.0.0.1", "--yes", "--lock-timeout", "0"];
    insta::assert_snapshot!(place.run(&clean).refusal(), @"
    [7]
    reading 1 archive
    error: artifacts is locked by another process; waited 0 s
    hint: try again later, or pass --lock-timeout SECONDS to wait longer
    ");
}

/// Starts a web server that answers every request with `404 Not Found`. Returns its port.
fn serve_nothing() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            let page = "<!DOCTYPE HTML>\n<p>File not found";
            // It is not an error if the client has closed the connection.
            let _ = write!(
                stream,
                "HTTP/1.1 404 Not Found\r\nContent-Length: {}\r\n\r\n{page}",
                page.len()
            );
        }
    });
    port
}

#[test]
fn a_web_server_is_not_mistaken_for_an_engine_without_the_image() {
    let port = serve_nothing();
    let place = Place::with_engine(&format!("tcp://127.0.0.1:{port}"));
    insta::assert_snapshot!(update(&place, &[]).refusal(), @"
    [6]
    error: cannot inspect `web:1.0.0.1` in the engine at HOST
      caused by: HOST (from DOCKER_HOST) is not a container engine: it answers a ping with status 404 Not Found
    hint: check the port: engines listen on 2375, with TLS on 2376
    ");
}

#[test]
fn commands_of_other_tools_have_a_corresponding_one() {
    let place = Place::new();
    insta::assert_snapshot!(place.run(&["pull"]).refusal(), @"
    [2]
    error: unrecognized subcommand 'pull'

      tip: the corresponding command is `fetch`: sealift help fetch

    Usage: sealift [OPTIONS] [COMMAND]

    For more information, try '--help'.
    ");
    for (word, ours) in [
        ("push", "publish"),
        ("rm", "clean"),
        ("images", "list"),
        ("ps", "list"),
        ("save", "update"),
    ] {
        let said = place.run(&[word]);
        assert!(
            said.stderr.contains(&format!("tip: the corresponding command is `{ours}`")),
            "{said:?}"
        );
    }
    let said = place.run(&["pull", "--json"]);
    assert!(said.stdout.contains("the corresponding command is `fetch`"), "{said:?}");
}

#[test]
fn help_can_be_asked_for_help() {
    let place = Place::new();
    for word in ["-h", "--help"] {
        assert_eq!(place.ok(&["help", word]), place.ok(&["--help"]));
        assert_eq!(place.ok(&["help", "list", word]), place.ok(&["help", "list"]));
    }
}

#[test]
fn a_folder_in_place_of_an_image_can_be_a_destination_or_a_folder_of_archives() {
    let place = Place::new();
    std::fs::create_dir(place.dir.path().join("public")).unwrap();
    insta::assert_snapshot!(place.run(&["list", "public"]).refusal(), @"
    [3]
    error: there is no folder artifacts
    hint: `public` is a folder; pass ./public if archives were published into it, or --dir public if it is a folder of archives
    ");
    place.put("web_1.0.0.1_317c8f756f53.docker", &pack(&Image::new("web:1.0.0.1", 1).podman()));
    for command in ["list", "verify"] {
        let said = place.run(&[command, "public"]);
        assert!(said.stderr.contains("hint: `public` is a folder; pass ./public "), "{said:?}");
    }
    std::fs::create_dir(place.dir.path().join("web")).unwrap();
    assert_eq!(place.run(&["list", "web"]).code, 0, "an image comes first");
}

#[test]
fn the_name_of_an_archive_is_answered_with_its_image() {
    let place = Place::new();
    let name = "web_1.0.0.1_317c8f756f53.docker";
    place.put(name, &pack(&Image::new("web:1.0.0.1", 1).podman()));
    insta::assert_snapshot!(place.run(&["path", name]).refusal(), @"
    [3]
    error: no archive of `web_1.0.0.1_317c8f756f53.docker` in artifacts
    hint: this is the name of an archive; pass its image: web:1.0.0.1
    ");
    // It could be a file, but there is no such file in the current folder.
    let said = place.run(&["load", name]);
    assert!(said.stderr.contains(&format!("error: cannot open {name}\n")), "{said:?}");
    assert!(said.stderr.ends_with("pass its image: web:1.0.0.1\n"), "{said:?}");
    for (text, image) in [
        (format!("artifacts/{name}"), "web:1.0.0.1"),
        (format!("team/{name}"), "team/web:1.0.0.1"),
        ("web_1.0+dirty_317c8f756f53.zip".to_owned(), "web:1.0_dirty"),
    ] {
        let said = place.run(&["cat", &text]);
        let hint = format!("this is the name of an archive; pass its image: {image}\n");
        assert!(said.stderr.ends_with(&hint), "{text} {said:?}");
    }
}

#[test]
fn a_url_without_its_scheme_is_a_path() {
    insta::assert_snapshot!(Place::new().run(&["fetch", "cdn.example.org/images"]).refusal(), @"
    [3]
    error: there is no config at cdn.example.org/images/images.json
    hint: `cdn.example.org/…` without a scheme is a path; to read from a web server, pass its URL: https://cdn.example.org/…
    ");
}

#[test]
fn the_arguments_of_a_build_can_be_in_the_wrong_order() {
    let place = Place::new();
    place.context(b"one");
    insta::assert_snapshot!(place.run(&["build", "context", "web:1.4.0.7"]).refusal(), @"
    [2]
    error: the folder `web:1.4.0.7` does not exist, but `context` does
    hint: pass the image first: sealift build web:1.4.0.7 context
    ");
    insta::assert_snapshot!(place.run(&["build", "./context", "web:1.4.0.7"]).refusal(), @"
    [2]
    error: the folder `web:1.4.0.7` does not exist, but `./context` does
    hint: pass the image first: sealift build web:1.4.0.7 ./context
    ");
}

#[test]
fn a_port_is_not_an_address() {
    let place = Place::new();
    insta::assert_snapshot!(place.run(&["serve", "--listen", "5000"]).refusal(), @"
    [2]
    error: invalid value '5000' for '--listen <ADDR:PORT>': the address is missing; pass 127.0.0.1:5000, or 0.0.0.0:5000 to accept connections from other machines

    For more information, try '--help'.
    ");
    for (address, expected) in [
        (":5000", "pass 127.0.0.1:5000, or 0.0.0.0:5000"),
        ("localhost:5000", "expected an IP address and a port"),
    ] {
        let said = place.run(&["serve", "--listen", address]);
        assert!(said.code == 2 && said.stderr.contains(expected), "{said:?}");
    }
}

#[test]
fn a_folder_that_cannot_be_created_is_not_missing() {
    let engine = FakeEngine::new(&Image::new("web:1.0.0.1", 1), Save::Ends(Vec::new()));
    let place = Place::with_engine(&engine.host);
    let said = place.run(&["--dir", "/proc/nope", "update", "web:1.0.0.1"]);
    insta::assert_snapshot!(said.refusal(), @"
    [1]
    error: cannot create the folder /proc/nope
      caused by: No such file or directory (os error 2)
    hint: pass another folder with --dir
    ");
}

#[test]
fn a_pattern_that_lacks_the_registry_is_completed() {
    let place = Place::new();
    place.put("registry.example/team/web_1.0.0.1_317c8f756f53.docker", b"");
    insta::assert_snapshot!(place.run(&["list", "team/*"]).refusal(), @"
    [3]
    error: no image in artifacts matches `team/*`
    hint: a pattern must match the complete name, as `sealift list` prints it; pass '*/team/*'
    ");
    assert!(place.ok(&["list", "*/team/*"]).contains("registry.example/team/web"));
    insta::assert_snapshot!(place.run(&["list", "x*"]).refusal(), @"
    [3]
    error: no image in artifacts matches `x*`
    ");
}

//! Archives from a pipe, as in `docker save … | ssh … | sealift load -`.

use std::io::Write as _;
use std::process::Stdio;

use sealift_testing::layouts::{Image, Packing, compress, pack};

use crate::command::{Place, Said, image_name};
use crate::http::{Images, request};

/// Runs a command with these bytes in a pipe at its standard input.
fn run_with(place: &Place, arguments: &[&str], bytes: Vec<u8>) -> Said {
    let mut command = place.command(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        // A command that refuses the input may not read it to the end.
        let _ = input.write_all(&bytes);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    place.said(output)
}

fn image(tag: &str) -> Vec<u8> {
    pack(&Image::new(tag, 3).podman())
}

#[test]
fn an_archive_from_a_pipe_is_added() {
    let place = Place::new();
    let said = run_with(&place, &["add", "-"], image("web:1.0.0.1"));
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.stdout.starts_with("web:1.0.0.1  added  artifacts/web_1.0.0.1_"), "{said:?}");
    let packed = compress(&image("web:1.0.0.2"), Packing::Gzip);
    let said = run_with(&place, &["add", "/dev/stdin", "--json"], packed);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(place.files().len(), 2);
}

#[test]
fn a_pipe_that_is_cut_leaves_nothing() {
    let place = Place::new();
    let mut tar = image("web:1.0.0.1");
    tar.truncate(tar.len() / 2);
    let said = run_with(&place, &["add", "-"], tar);
    assert_eq!(said.code, 5, "{said:?}");
    assert!(said.stderr.contains("error: /dev/stdin is damaged\n"), "{said:?}");
    assert_eq!(place.files(), [""; 0]);
}

mod on_engine {
    use super::*;

    #[test]
    fn an_archive_from_a_pipe_is_loaded() {
        let Some(engine) = sealift_testing::engine("docker") else { return };
        let name = image_name();
        let images = Images { host: &engine.host, name: &name };
        let place = Place::with_engine(&engine.host);
        let tar = image(&format!("localhost/{name}:1.0.0.1"));
        let said = run_with(&place, &["load", "-"], compress(&tar, Packing::Zstd));
        assert_eq!(said.code, 0, "{said:?}");
        assert!(said.stdout.starts_with(&format!("{name}:1.0.0.1  loaded  ")), "{said:?}");
        assert!(!place.artifacts().exists(), "no folder is needed");

        std::fs::write(place.dir.path().join("web.tar"), &tar).unwrap();
        assert!(place.ok(&["load", "web.tar"]).contains("  unchanged  "));
        let other = format!("{name}:2.0.0.0");
        assert!(place.ok(&["load", "./web.tar", "--name", &other]).contains("  loaded  "));
        let (status, _) = request(&engine.host, "GET", &format!("/v1.41/images/{other}/json"));
        assert_eq!(status, 200);

        // A name with a file extension that is neither a file nor an image of the folder was meant
        // as a file.
        std::fs::create_dir(place.artifacts()).unwrap();
        let said = place.run(&["load", "gone.tar"]);
        assert_eq!(said.code, 3, "{said:?}");
        assert!(said.stderr.starts_with("error: cannot open gone.tar\n"), "{said:?}");
        images.remove();
    }
}

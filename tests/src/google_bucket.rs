//! `publish` to a bucket of a fake Google Cloud Storage, and `fetch` from it. See
//! `xtask/src/servers/google.py`.

use std::fs;

use sealift_testing::layouts::{Image, pack};
use sealift_testing::server;

use crate::command::{Place, Said};

fn add(place: &Place, tag: &str, seed: u8) {
    let file = place.dir.path().join("image.tar");
    fs::write(&file, pack(&Image::new(tag, seed).podman())).unwrap();
    place.ok(&["add", file.to_str().unwrap(), "--compress", "-q"]);
}

#[test]
fn a_google_bucket_can_be_published_to_and_fetched_from() {
    let Some(server) = server("google") else { return };
    let [url, bucket, _, token] = server.split('|').collect::<Vec<_>>()[..] else {
        panic!("{server}")
    };
    let place = Place::new();
    let run = |arguments: &[&str]| -> Said {
        let mut command = place.command(arguments);
        command.env("GOOGLE_BASE_URL", url).env("GOOGLE_BEARER_TOKEN", token);
        place.said(command.output().unwrap())
    };
    let ok = |arguments: &[&str]| {
        let said = run(arguments);
        assert_eq!(said.code, 0, "{arguments:?}: {said:?}");
        assert!(!format!("{said:?}").contains(token), "{said:?}");
        said.stdout
    };
    let folder = place.dir.path().file_name().unwrap().to_str().unwrap();
    let destination = format!("gs://{bucket}/{folder}");

    add(&place, "web:1.0.0.1", 1);
    add(&place, "team/api:1.0.0.1", 2);
    ok(&["publish", &destination]);
    ok(&["--dir", "fetched", "fetch", &destination]);
    let said = run(&["--dir", "fetched", "fetch", &destination, "--exit-code"]);
    assert_eq!(said.code, 8, "{said:?}");

    // The config is replaced with a condition on its generation.
    add(&place, "web:1.0.0.2", 3);
    ok(&["publish", &destination, "--delete"]);
    ok(&["--dir", "fetched", "fetch", &destination]);
    for image in ["web_1.0.0.2_", "team/api_1.0.0.1_"] {
        let (image_folder, start) = image.rsplit_once('/').unwrap_or(("", image));
        let of = |folder: &str| {
            let files = fs::read_dir(place.dir.path().join(folder).join(image_folder)).unwrap();
            let mut files = files.map(|file| file.unwrap().path());
            let is_it = |name: &str| name.starts_with(start) && name.ends_with(".zip");
            files.find(|file| is_it(file.file_name().unwrap().to_str().unwrap())).unwrap()
        };
        assert!(fs::read(of("artifacts")).unwrap() == fs::read(of("fetched")).unwrap(), "{image}");
    }

    let mut wrong = place.command(&["--dir", "fetched", "fetch", &destination]);
    wrong.env("GOOGLE_BASE_URL", url).env("GOOGLE_BEARER_TOKEN", "canary-token");
    let said = place.said(wrong.output().unwrap());
    assert_eq!(said.code, 1, "{said:?}");
    assert!(!format!("{said:?}").contains("canary"), "{said:?}");
}

//! Signed archives from one engine to another one.

use std::fs;

use crate::command::{Place, image_name};
use crate::http::Images;
use crate::signed_publishing::Publisher;

fn signed_images_are_loaded(engine: &str) {
    let Some(engine) = sealift_testing::engine(engine) else { return };
    let Some(publisher) = Publisher::without_archives(Place::with_engine(&engine.host)) else {
        return;
    };
    let name = image_name();
    let images = Images { host: &engine.host, name: &name };
    let tag = format!("{name}:1.0.0.1");
    let ok = |arguments: &[&str]| {
        let said = publisher.run(arguments);
        assert_eq!(said.code, 0, "{arguments:?}: {said:?}");
        said
    };
    publisher.place.context(b"one");
    ok(&["build", &tag, "context"]);
    ok(&["update", &tag, "--compress"]);
    publisher.published(&["--sign", "release"]);

    images.remove();
    let fetch = ["--dir", "edge", "fetch", "published", "--load", "--signed-by", "signers"];
    let said = ok(&fetch);
    assert!(said.stdout.contains(&format!("{tag}  loaded  ")), "{said:?}");

    // Fetched archives are stored with their signature, so the destination is not needed again.
    fs::remove_dir_all(publisher.path("published")).unwrap();
    images.remove();
    let config = publisher.path(".config/sealift");
    fs::create_dir_all(&config).unwrap();
    fs::copy(publisher.path("signers"), config.join("signers")).unwrap();
    let settings = r#"{"require-signature": true, "signed-by": "signers"}"#;
    fs::write(config.join("config.json"), settings).unwrap();
    let said = ok(&["--dir", "edge", "load", "--latest"]);
    assert!(said.stdout.contains(&format!("{tag}  loaded  ")), "{said:?}");

    images.remove();
    let load = ["--dir", "edge", "load", &name, "--revoked", "release.pub"];
    let said = publisher.run(&load);
    assert_eq!((said.code, said.stdout.as_str()), (1, ""), "{said:?}");
    assert!(said.stderr.contains(" is revoked"), "{said:?}");
    // The folder of the original image was never signed.
    let said = publisher.run(&["load", &name]);
    assert_eq!((said.code, said.stdout.as_str()), (1, ""), "{said:?}");
    assert!(said.stderr.contains(" is not signed: there is no artifacts/SHA256SUMS.sig"));
}

mod docker {
    #[test]
    fn signed_images_are_loaded() {
        super::signed_images_are_loaded("docker");
    }
}

mod podman {
    #[test]
    fn signed_images_are_loaded() {
        super::signed_images_are_loaded("podman");
    }
}

//! containerd imports the files by its own `ctr`: the oldest release in supported clusters, and the
//! newest.

use std::process::Stdio;

use super::*;
use crate::containerd::Containerd;

/// The word that `ctr images check` prints for a complete image.
const WHOLE: &str = "complete";

const NAME: &str = "docker.io/library/web:1.0.0.1";

fn imports_every_form(release: &str, compressions: &[&[&str]]) {
    let Some(containerd) = Containerd::start(release) else { return };
    for (seed, (writer, _)) in forms(&Image::new("x", 0)).iter().enumerate() {
        // Each image has its own layers, so that containerd has none of them.
        let image = Image::new("web:1.0.0.1", 100 + u8::try_from(seed).unwrap());
        let place = place_with(&forms(&image)[seed].1);
        for more in compressions {
            let file = exported(&place, "k3s", more).display().to_string();
            sealift_testing::output_of(&mut containerd.import(&file));
            let line = containerd.check(NAME).expect("the image has its full name");
            assert!(line.contains(WHOLE) && line.trim_end().ends_with("true"), "{writer}: {line}");
            assert!(line.contains("(3/3)"), "{writer}: the config and both layers: {line}");
            containerd.remove(NAME);
        }

        let mut cat = place.command(&["cat", "web", "-q", "--for", "containerd"]);
        let mut cat = cat.stdout(Stdio::piped()).spawn().unwrap();
        let mut import = containerd.import("-");
        sealift_testing::output_of(import.stdin(cat.stdout.take().unwrap()));
        assert!(cat.wait().unwrap().success());
        assert!(containerd.check(NAME).unwrap().contains(WHOLE), "{writer}");
        containerd.remove(NAME);
    }
    no_damaged_archive_becomes_an_image(&containerd);
}

fn no_damaged_archive_becomes_an_image(containerd: &Containerd) {
    let place = damaged();
    let mut cat = place.command(&["cat", "web", "-q", "--for", "containerd"]);
    let mut cat = cat.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let import = containerd.import("-").stdin(cat.stdout.take().unwrap()).output().unwrap();
    assert_eq!(cat.wait().unwrap().code(), Some(5));
    assert!(!import.status.success(), "{import:?}");
    assert_eq!(containerd.check(NAME), None);
}

#[test]
fn containerd_1_imports_every_form() {
    imports_every_form("1", &[&[]]);
}

#[test]
fn containerd_2_imports_every_form() {
    imports_every_form("2", &[&[], &["--compress", "zst"], &["--compress", "gz"]]);
}

//! The differences that `sealift diff` finds between two archives.

use sealift_testing::layouts::{Image, Packing, pack};
use sealift_testing::raw_tar::RawTar;
use serde_json::{Value, json};
use tar::{Builder, EntryType, Header};

use crate::command::Place;

/// A layer under construction.
struct Layer(Builder<Vec<u8>>);

impl Layer {
    fn new() -> Self {
        Self(Builder::new(Vec::new()))
    }

    fn entry(mut self, kind: EntryType, path: &str, mode: u32, link: &str, content: &[u8]) -> Self {
        let mut header = Header::new_ustar();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_uid(0);
        header.set_gid(0);
        header.set_size(content.len() as u64);
        if !link.is_empty() {
            header.set_link_name(link).unwrap();
        }
        if kind == EntryType::Char {
            header.set_device_major(1).unwrap();
            header.set_device_minor(3).unwrap();
        }
        self.0.append_data(&mut header, path, content).unwrap();
        self
    }

    fn file(self, path: &str, content: &[u8]) -> Self {
        self.entry(EntryType::Regular, path, 0o644, "", content)
    }

    fn folder(self, path: &str) -> Self {
        self.entry(EntryType::Directory, path, 0o755, "", b"")
    }

    /// Adds extended attributes for the next entry.
    fn attribute(mut self, value: &str) -> Self {
        let record = [("SCHILY.xattr.security.capability", value.as_bytes())];
        self.0.append_pax_extensions(record).unwrap();
        self
    }

    fn end(self) -> Vec<u8> {
        self.0.into_inner().unwrap()
    }
}

fn image(version: &str, layers: Vec<Vec<u8>>) -> Image {
    Image { layers, ..Image::new(&format!("web:{version}"), 1) }
}

fn put(place: &Place, archive: &[u8], options: &[&str]) {
    std::fs::write(place.dir.path().join("image.tar"), archive).unwrap();
    place.ok(&[&["add", "image.tar"], options].concat());
}

fn base() -> Vec<u8> {
    Layer::new()
        .folder("./bin/")
        .file("./bin/app", &[1; 3000])
        .file("./bin/tool", b"tool")
        .entry(EntryType::Symlink, "bin/sh", 0o777, "app", b"")
        .entry(EntryType::Link, "bin/alias", 0o644, "./bin/tool", b"")
        .entry(EntryType::Char, "dev/null", 0o666, "", b"")
        .folder("etc/")
        .file("etc/config", b"a = 1\n")
        .file("etc/gone", b"gone")
        .folder("srv/cache/")
        .file("srv/cache/1", b"1")
        .file("srv/cache/2", b"2")
        .end()
}

/// Returns two versions of an image with the same base.
fn images() -> (Image, Image) {
    let before = image("1", vec![base(), Layer::new().file("srv/old.js", &[b'x'; 100]).end()]);
    let upper = Layer::new()
        .file("etc/config", b"a = 2\nb = 3\n")
        .file("etc/.wh.gone", b"")
        .file("srv/cache/3", b"3")
        .file("srv/cache/.wh..wh..opq", b"")
        .entry(EntryType::Symlink, "bin/sh", 0o777, "tool", b"")
        .attribute("cap_net_admin")
        .entry(EntryType::Regular, "bin/app", 0o755, "", &[1; 3000])
        .file("bin/tool", b"loot")
        .file(&format!("srv/{}/main.js", "long/".repeat(15)), &[b'y'; 20_000])
        .file("dev/null", b"")
        .end();
    let mut after = image("2", vec![base(), upper]);
    after.settings = json!({"Cmd": ["/bin/app", "--new"], "Env": ["A=1"], "User": ""});
    after.architecture = "arm64".to_owned();
    (before, after)
}

#[test]
fn settings_layers_and_files_are_compared() {
    let place = Place::new();
    let (before, after) = images();
    put(&place, &pack(&before.podman()), &[]);
    put(&place, &pack(&after.podman()), &["--compress"]);
    let text = place.ok(&["diff", "web:1", "web:2"]);
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    insta::assert_snapshot!(text);
    let same = place.ok(&["diff", "web:2", "web:2"]);
    assert!(same.ends_with("\n\nno differences; 2 layers in both, 44.5 kB\n"), "{same}");
}

/// Returns the differences without the parts that depend on how the archives are stored.
fn found(place: &Place) -> Value {
    let mut found: Value =
        serde_json::from_str(&place.ok(&["diff", "web:1", "web:2", "--json"])).unwrap();
    for key in ["before", "after"] {
        found[key].take();
    }
    for layer in found["layers"].as_array_mut().unwrap() {
        layer["size"].take();
    }
    found
}

#[test]
fn how_layers_are_stored_does_not_matter() {
    let (before, after) = images();
    let place = Place::new();
    put(&place, &pack(&before.podman()), &[]);
    put(&place, &pack(&after.podman()), &[]);
    let expected = found(&place);
    assert_eq!(expected["files"].as_array().map(Vec::len), Some(11), "{expected}");
    for (one, other) in [(Packing::Gzip, Packing::Zstd), (Packing::Zstd, Packing::Plain)] {
        let place = Place::new();
        put(&place, &pack(&before.containerd(one, true)), &["--compress"]);
        put(&place, &pack(&after.containerd(other, false)), &[]);
        assert_eq!(found(&place), expected, "{one:?} {other:?}");
    }
}

#[test]
fn archives_that_cannot_be_compared_are_refused() {
    let huge = RawTar::new().extension(b'L', &vec![b'n'; 20 << 20]).file("a", b"a").end();
    for (layer, reason) in [
        (b"no tar at all".repeat(100), "cannot be read as a tar: "),
        (huge, "cannot be read as a tar: an entry has huge headers"),
    ] {
        let place = Place::new();
        put(&place, &pack(&image("1", vec![base()]).podman()), &[]);
        put(&place, &pack(&image("2", vec![layer]).podman()), &[]);
        let before = place.state();
        let said = place.run(&["diff", "web:1", "web:2"]);
        assert_eq!((said.code, said.stdout.as_str()), (4, ""), "{said:?}");
        assert!(said.stderr.contains(reason), "{said:?}");
        assert_eq!(place.state(), before);
        assert_eq!(place.run(&["diff", "web:1", "web:3"]).code, 3);
    }
}

#[test]
fn a_damaged_layer_is_an_error() {
    let place = Place::new();
    let (before, after) = images();
    put(&place, &pack(&before.podman()), &[]);
    put(&place, &pack(&after.podman()), &[]);
    let name = place.files().into_iter().find(|name| name.starts_with("web_2_")).unwrap();
    let path = place.artifacts().join(&name);
    let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
    let mut content = std::fs::read(&path).unwrap();
    let at = content.windows(100).position(|window| window == [b'y'; 100]).unwrap();
    content[at] = b'z';
    // The archive's record is used.
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &content, 0).unwrap();
    file.set_modified(modified).unwrap();
    drop(file);
    let said = place.run(&["diff", "web:1", "web:2"]);
    assert_eq!((said.code, said.stdout.as_str()), (5, ""), "{said:?}");
}

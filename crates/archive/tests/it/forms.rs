//! Tests of unusual but valid archives, and of unsupported ones with the reason that is reported.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use sealift_archive::{ExamineOptions, FaultKind, VerifyOptions, examine_file};
use sealift_testing::layouts::{
    Body, Entry, Image, Packing, blob, compress, digest, file, noise, pack,
};
use sealift_testing::raw_tar::RawTar;
use serde_json::{Value, json};

use crate::containers::ran;
use crate::layouts::{verify, verify_with};

fn image() -> Image {
    Image::new("web:1.0", 1)
}

/// Returns an archive with this config and this list of layers.
fn archive(config: &Value, layers: &Value) -> Vec<u8> {
    let config = config.to_string().into_bytes();
    let name = format!("{}.json", &digest(&config)["sha256:".len()..]);
    let manifest = json!([{"Config": name, "RepoTags": ["web:1.0"], "Layers": layers}]);
    let layer = image().layers.remove(0);
    pack(&[
        file(&name, config),
        file("layer.tar", layer),
        file("manifest.json", manifest.to_string().into_bytes()),
    ])
}

#[test]
fn an_image_without_layers_is_accepted() {
    for rootfs in [json!({"type": "layers"}), json!({"diff_ids": null}), json!({"diff_ids": []})] {
        for layers in [json!(null), json!([])] {
            let config = json!({"os": "linux", "architecture": "amd64", "rootfs": rootfs});
            let proof = verify(&archive(&config, &layers)).unwrap();
            assert_eq!(proof.identity().diff_ids, []);
        }
    }
    let fault = verify(&archive(&json!({"os": "linux"}), &json!(null))).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Unsupported, "{fault}");
}

#[test]
fn an_empty_os_or_architecture_counts_as_absent() {
    let platform = |os: &str, architecture: &str, variant: &str| {
        let diff_ids = [digest(&image().layers[0])];
        let config = json!({"os": os, "architecture": architecture, "variant": variant, "rootfs": {"diff_ids": diff_ids}});
        verify(&archive(&config, &json!(["layer.tar"])))
            .map(|proof| proof.identity().platform.to_string())
            .map_err(|fault| fault.reason().to_string())
    };
    assert_eq!(platform("", "amd64", "").unwrap(), "linux/amd64");
    assert_eq!(platform("linux", "", "").unwrap(), "linux/unknown");
    assert_eq!(platform("linux", "arm", "v7").unwrap(), "linux/arm/v7");
    insta::assert_snapshot!(platform("linux", "arm/v7", "").unwrap_err(), @"the image is for `linux/arm/v7`, which is not a valid platform");
}

#[test]
fn every_entry_of_the_manifest_is_verified() {
    let diff_ids = [digest(&image().layers[0])];
    let config = json!({"os": "linux", "architecture": "amd64", "rootfs": {"diff_ids": diff_ids}})
        .to_string();
    let listed = |second: &str| {
        let entry = |tag: &str, layer: &str| json!({"Config": "c.json", "RepoTags": [tag], "Layers": [layer]});
        let manifest = json!([entry("web:1", "layer.tar"), entry("web:2", second)]);
        verify(&pack(&[
            file("c.json", config.clone().into_bytes()),
            file("layer.tar", image().layers.remove(0)),
            file("same.tar", image().layers.remove(0)),
            file("other.tar", image().layers.remove(1)),
            file("manifest.json", manifest.to_string().into_bytes()),
        ]))
    };
    assert_eq!(listed("same.tar").unwrap().identity().repo_tags, ["web:1", "web:2"]);
    assert!(
        listed("other.tar")
            .unwrap_err()
            .reason()
            .to_string()
            .starts_with("layer other.tar should be")
    );
    insta::assert_snapshot!(listed("gone.tar").unwrap_err().reason(), @"lacks layer gone.tar, which manifest.json names");
    let fault = listed("").unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Unsupported);
    insta::assert_snapshot!(fault.reason(), @"manifest.json names a layer that is not in the archive: its name is empty");
}

#[test]
fn zstd_with_skippable_frames_is_read() {
    let skippable: Vec<u8> = [&[0x53, 0x2a, 0x4d, 0x18, 4, 0, 0, 0][..], b"meta"].concat();
    let around = |zstd: Vec<u8>| [skippable.clone(), zstd, skippable.clone()].concat();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("archive");
    std::fs::write(&path, around(compress(&pack(&image().podman()), Packing::Zstd))).unwrap();
    let found = examine_file(&path, &ExamineOptions::default()).unwrap();
    assert_eq!(found.identity().config.to_string(), image().id());

    let config = image().config();
    let layers: Vec<Vec<u8>> =
        image().layers.iter().map(|layer| around(compress(layer, Packing::Zstd))).collect();
    let manifest = json!([{"Config": "c.json", "Layers": ["0", "1"]}]).to_string();
    let entries = [
        file("c.json", config),
        file("0", layers[0].clone()),
        file("1", layers[1].clone()),
        file("manifest.json", manifest.into_bytes()),
    ];
    for piece in [1, 7, 4096] {
        verify_with(&pack(&entries), VerifyOptions::default(), piece).unwrap();
    }
}

fn oci(config_type: &str, layer_type: &str, digest_of: fn(&[u8]) -> String) -> Vec<u8> {
    let config = blob(image().config());
    let layer = blob(compress(&image().layers[0], Packing::Gzip));
    let describe = |kind: &str, entry: &Entry| match &entry.body {
        Body::File(content) => {
            json!({"mediaType": kind, "digest": digest(content), "size": content.len()})
        }
        _ => json!(null),
    };
    let manifest = json!({
        "schemaVersion": 2,
        "config": describe(config_type, &config),
        "layers": [describe(layer_type, &layer)],
    });
    let manifest = manifest.to_string().into_bytes();
    let index = json!({"manifests": [{
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": digest_of(&manifest),
        "size": manifest.len(),
    }]});
    pack(&[
        config,
        layer,
        blob(manifest),
        file("index.json", index.to_string().into_bytes()),
        file("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec()),
    ])
}

#[test]
fn unsupported_archives_are_not_damaged() {
    const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
    const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
    let layer = image().layers.remove(0);
    let with_layer = |name: &str, content: Vec<u8>| {
        let config = json!({"os": "linux", "rootfs": {"diff_ids": [digest(&layer)]}}).to_string();
        let manifest = json!([{"Config": "c.json", "Layers": [name]}]).to_string();
        RawTar::new()
            .file(name, &content)
            .file("c.json", config.as_bytes())
            .file("manifest.json", manifest.as_bytes())
            .end()
    };
    let bzip2 = {
        let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        std::io::Write::write_all(&mut encoder, &layer).unwrap();
        encoder.finish().unwrap()
    };
    let xz = [&b"\xfd7zXZ\0"[..], &noise(100)].concat();
    let mut said = BTreeMap::new();
    let mut check = |name: &'static str, tar: Vec<u8>| {
        let fault = verify(&tar).unwrap_err();
        assert_ne!(fault.kind(), FaultKind::Damaged, "{name}: {fault}");
        said.insert(name, format!("{:?}: {}", fault.kind(), fault.reason()));
    };
    let helm = "application/vnd.cncf.helm.config.v1+json";
    check("helm chart", oci(helm, "application/vnd.cncf.helm.chart.content.v1.tar+gzip", digest));
    check("sha512", oci(CONFIG, LAYER, |_| format!("sha512:{}", "0f".repeat(64))));
    check("encrypted layer", oci(CONFIG, &format!("{LAYER}+encrypted"), digest));
    let dir = json!({"schemaVersion": 2, "config": {"digest": image().id()}, "layers": []});
    check(
        "skopeo dir",
        pack(&[
            file("version", b"Directory Transport Version: 1.1\n".to_vec()),
            file("manifest.json", dir.to_string().into_bytes()),
        ]),
    );
    let root = RawTar::new().header(b'3', "./dev/console", b"00000000000\0");
    check("root file system", root.file("./etc/passwd", b"x").end());
    check("absolute layer name", with_layer("/layer.tar", layer.clone()));
    check("bzip2 layer", with_layer("layer.tar", bzip2));
    check("xz layer", with_layer("layer.tar", xz));
    check("null", pack(&[file("manifest.json", b"null".to_vec())]));
    insta::assert_debug_snapshot!(said, @r#"
    {
        "absolute layer name": "Unsupported: its entry `/layer.tar` has a name that points outside the archive, which is not supported",
        "bzip2 layer": "Unsupported: layer layer.tar is compressed by bzip2; only gzip and zstd are supported",
        "encrypted layer": "Unsupported: layer sha256:5617de1faa00c65076ff73b4d6fa65f7c0a3c564081693586d7d557aea0e1861 is encrypted",
        "helm chart": "NotAnImage: its index.json leads to an artifact whose config has the type `application/vnd.cncf.helm.config.v1+json`",
        "null": "NotAnImage: its manifest.json lists no image",
        "root file system": "NotAnImage: it contains neither manifest.json nor index.json",
        "sha512": "Unsupported: `index.json` contains a sha512 digest; only sha256 is supported",
        "skopeo dir": "NotAnImage: its manifest.json is the manifest of an image, as `skopeo copy … dir:` writes it",
        "xz layer": "Unsupported: layer layer.tar is compressed by xz; only gzip and zstd are supported",
    }
    "#);
}

/// Writes the entries of an image's archive to a folder, with its layers as sparse files.
fn unpacked(folder: &Path) -> Image {
    let mut image = image();
    let mut layer = RawTar::new().file("a", &noise(5000)).bytes;
    layer.extend(RawTar::new().file("zeros", &vec![0; 300 << 10]).file("b", &noise(9000)).end());
    layer.extend(vec![0; 200 << 10]);
    image.layers[0] = layer;
    for entry in image.podman() {
        let Body::File(content) = entry.body else { continue };
        let path = folder.join(&entry.name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let target = std::fs::File::create(path).unwrap();
        for (at, page) in content.chunks(4096).enumerate() {
            if page.iter().any(|&byte| byte != 0) {
                std::os::unix::fs::FileExt::write_all_at(&target, page, at as u64 * 4096).unwrap();
            }
        }
        target.set_len(content.len() as u64).unwrap();
    }
    image
}

#[test]
fn sparse_files_are_read_in_every_form_that_tars_write() {
    let folder = tempfile::tempdir().unwrap();
    let files = folder.path().join("files");
    let image = unpacked(&files);
    let forms: [(&str, &[&str]); 6] = [
        ("tar", &["--sparse", "--format=gnu"]),
        ("tar", &["--sparse", "--format=pax", "--sparse-version=0.0"]),
        ("tar", &["--sparse", "--format=pax", "--sparse-version=0.1"]),
        ("tar", &["--sparse", "--format=pax", "--sparse-version=1.0"]),
        ("bsdtar", &["--read-sparse"]),
        ("bsdtar", &[]),
    ];
    for (program, options) in forms {
        let target = folder.path().join("archive.tar");
        if !ran(Command::new(program)
            .args(options)
            .arg("-cf")
            .arg(&target)
            .arg("-C")
            .arg(&files)
            .arg("."))
        {
            continue;
        }
        let tar = std::fs::read(&target).unwrap();
        if options.contains(&"--sparse") {
            assert!(tar.len() < 200 << 10, "{program} {options:?} wrote no sparse file");
        }
        for piece in [511, 70_000] {
            let proof = verify_with(&tar, VerifyOptions::default(), piece)
                .unwrap_or_else(|fault| panic!("{program} {options:?}: {fault}"));
            assert_eq!(proof.identity().config.to_string(), image.id(), "{program} {options:?}");
        }
    }
}

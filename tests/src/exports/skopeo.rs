//! skopeo reads the files as OCI archives and as archives of Docker.

use std::process::Command;

use serde_json::Value;

use super::*;

#[test]
fn skopeo_reads_an_exported_file_in_both_formats() {
    let Some(skopeo) = sealift_testing::program("skopeo") else { return };
    let image = Image::new("web:1.0.0.1", 1);
    for (writer, entries) in forms(&image) {
        let place = place_with(&entries);
        let file = exported(&place, "containerd", &[]).display().to_string();
        let inspect = |reference: &str, more: &[&str]| -> Value {
            let mut command = Command::new(&skopeo);
            command.arg("inspect").args(more).arg(reference);
            serde_json::from_str(&sealift_testing::output_of(&mut command)).unwrap()
        };
        let name = "docker.io/library/web:1.0.0.1";
        for reference in [
            format!("oci-archive:{file}"),
            format!("oci-archive:{file}:{name}"),
            format!("docker-archive:{file}"),
            format!("docker-archive:{file}:{name}"),
        ] {
            let manifest = inspect(&reference, &["--raw"]);
            assert_eq!(manifest["config"]["digest"], image.id(), "{writer}: {reference}");
            let seen = inspect(&reference, &[]);
            assert_eq!(seen["Architecture"], "amd64", "{writer}: {reference}");
            assert_eq!(seen["Layers"].as_array().unwrap().len(), 2, "{writer}: {reference}");
        }
    }
}

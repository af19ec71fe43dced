//! Verifies an archive and lists the files in the layers of its image: `layer-files FILE`, or
//! `… | layer-files` for an archive on standard input: a plain tar, gzip or a zip.
//!
//! Only the headers in the layers are read: the content of files is skipped.

use std::io::{Read as _, stdin};

use anyhow::{Context as _, Result};
use sealift_archive::{Archive, ExamineOptions, Input, Source, examine};

fn main() -> Result<()> {
    let lines = match std::env::args_os().nth(1) {
        Some(path) => {
            let file = std::fs::File::open(&path)
                .with_context(|| format!("cannot open {}", path.display()))?;
            files(file, std::path::PathBuf::from(path).into())?
        }
        None => {
            let mut bytes = Vec::new();
            stdin().read_to_end(&mut bytes)?;
            files(bytes, "standard input".into())?
        }
    };
    for line in lines {
        println!("{line}");
    }
    Ok(())
}

/// Returns a line for each layer, followed by one for each file in it.
fn files(source: impl Source, input: Input) -> Result<Vec<String>> {
    let proof = examine(&source, &ExamineOptions::new().with_input(input.clone()))?;
    let archive = Archive::new(source, &proof, input)?;
    let mut lines = Vec::new();
    for layer in archive.layers() {
        lines.push(format!("{} ({} bytes)", layer.digest, layer.size));
        if layer.digest != layer.diff_id {
            lines.push(format!("  compressed: {}", layer.media_type));
            continue;
        }
        let reader = archive.layer(&layer.digest).context("an archive has its own layers")?;
        for entry in tar::Archive::new(reader).entries_with_seek()? {
            lines.push(format!("  {}", entry?.path()?.display()));
        }
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use sealift_testing::layouts::{Image, Packing, pack};

    use super::*;

    #[test]
    fn files_are_listed_unless_the_layer_is_compressed() {
        let image = Image::new("web:1.4.0.7", 1);
        let lines = files(pack(&image.podman()), "a test".into()).unwrap();
        assert!(lines.iter().any(|line| line == "  etc/config"), "{lines:?}");

        let compressed = pack(&image.containerd(Packing::Gzip, false));
        let lines = files(compressed, "a test".into()).unwrap();
        assert_eq!(lines.iter().filter(|line| line.starts_with("  compressed: ")).count(), 2);
    }

    #[test]
    fn a_damaged_archive_is_an_error() {
        let mut tar = pack(&Image::new("web:1.4.0.7", 1).docker_blobs());
        tar.truncate(tar.len() / 2);
        let error = files(tar, "a test".into()).unwrap_err();
        assert_eq!(error.to_string(), "a test is damaged");
    }
}

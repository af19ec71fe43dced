//! Verifies archives and prints the image in each: `what-is-inside FILE…`.
//!
//! The files may come from docker, Podman, skopeo or crane, plain or compressed.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use sealift_archive::{ExamineOptions, examine_file};

fn main() -> Result<ExitCode> {
    let files: Vec<_> = std::env::args_os().skip(1).collect();
    ensure!(!files.is_empty(), "usage: what-is-inside FILE…");
    let mut code = ExitCode::SUCCESS;
    for file in &files {
        match describe(Path::new(file)) {
            Ok(text) => println!("{text}"),
            Err(error) => {
                eprintln!("{error:#}");
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}

/// Verifies every byte, also inside compressed layers, and describes the image.
fn describe(file: &Path) -> Result<String> {
    let options = ExamineOptions::new().with_decompress_layers(true);
    let proof = examine_file(file, &options)?;
    let image = proof.identity();
    Ok(format!(
        "{}: {} for {}, {}, {} layers, {} bytes ({} as a tar), whole",
        file.display(),
        if image.repo_tags.is_empty() { "untagged".to_owned() } else { image.repo_tags.join(" ") },
        image.platform,
        image.config.short(),
        image.diff_ids.len(),
        proof.size(),
        proof.plain_size(),
    ))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use sealift_testing::layouts::{Image, pack};

    use super::*;

    #[test]
    fn one_image_is_the_same_in_every_layout_and_half_of_it_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("web.tar");
        let image = Image::new("web:1.4.0.7", 1);
        for entries in [image.docker_folders(), image.docker_blobs(), image.podman()] {
            let tar = pack(&entries);
            fs::write(&file, &tar).unwrap();
            let text = describe(&file).unwrap();
            assert!(text.contains("web:1.4.0.7 for linux/amd64"), "{text}");
            assert!(text.contains(", 2 layers, "), "{text}");

            fs::write(&file, &tar[..tar.len() / 2]).unwrap();
            let error = format!("{:#}", describe(&file).unwrap_err());
            assert!(error.contains("web.tar"), "{error}");
        }
    }
}

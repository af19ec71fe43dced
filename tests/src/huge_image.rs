//! An image that is too large to be stored: it is generated while it is sent.

use std::io::{self, Write};

use sealift_testing::layouts::noise;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Size of a piece that is written at a time.
const PIECE: usize = 1 << 20;

/// An image of two layers, one of zeros and one of noise.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HugeImage {
    /// The size of the layer of zeros in MiB.
    pub(crate) zeros: u64,
    /// The size of the layer of noise in MiB. The same MiB is repeated, at a distance that is too
    /// large for deflate to find.
    pub(crate) noise: u64,
}

impl HugeImage {
    fn layers(self) -> [(&'static str, u64, Vec<u8>); 2] {
        [("zeros.tar", self.zeros, vec![0; PIECE]), ("noise.tar", self.noise, noise(PIECE))]
    }

    fn config(self) -> Value {
        let diff_ids = self.layers().map(|(_, count, piece)| {
            let mut hash = Sha256::new();
            for _ in 0..count {
                hash.update(&piece);
            }
            let digits: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
            format!("sha256:{digits}")
        });
        json!({
            "architecture": "amd64",
            "config": {},
            "created": "2026-01-02T03:04:05Z",
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
        })
    }

    /// Returns the answer of a classic store to an inspect request.
    pub(crate) fn shown(self) -> Value {
        let config = self.config();
        json!({
            "Id": sealift_testing::layouts::digest(config.to_string().as_bytes()),
            "Os": "linux",
            "Architecture": "amd64",
            "Created": config["created"],
            "Config": config["config"],
            "RootFS": {"Layers": config["rootfs"]["diff_ids"]},
        })
    }

    /// Writes the archive of the image.
    pub(crate) fn write(self, output: &mut impl Write) -> io::Result<()> {
        for (name, count, piece) in self.layers() {
            output.write_all(header(name, count * PIECE as u64).as_bytes())?;
            for _ in 0..count {
                output.write_all(&piece)?;
            }
        }
        let manifest = json!([{
            "Config": "config.json",
            "RepoTags": ["huge:1"],
            "Layers": self.layers().map(|(name, _, _)| name),
        }]);
        for (name, document) in [("config.json", self.config()), ("manifest.json", manifest)] {
            let mut content = document.to_string().into_bytes();
            output.write_all(header(name, content.len() as u64).as_bytes())?;
            content.resize(content.len().next_multiple_of(512), 0);
            output.write_all(&content)?;
        }
        output.write_all(&[0; 1024])
    }
}

fn header(name: &str, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_path(name).unwrap();
    header.set_size(size);
    header.set_mode(0o644);
    header.set_cksum();
    header
}

//! Two versions of an archive with a layer of 100 MB. They are generated, so they are the same each
//! time and on every machine.

use std::fs::File;
use std::path::Path;

use anyhow::{Context as _, Result};
use sealift_oci::Digest;
use serde_json::json;

/// The numbers of small and large files in the layer, as in a layer of Python packages: two thirds
/// of the files are small, and contain a tenth of the bytes.
const SMALL: u64 = 2_700;
const LARGE: u64 = 1_300;
/// Modification time of all files of the first version.
const TIME: u64 = 1_700_000_000;

/// The difference of the second version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing.
    None,
    /// The content of one large file.
    OneFile,
    /// The times of all files, and the content of five.
    Rebuilt,
    /// One more file before all others.
    FileInFront,
}

/// Writes an archive in Docker's layout, with one layer.
pub(super) fn write(target: &Path, change: Change) -> Result<()> {
    write_layer(target, &layer(change)?)
}

/// Writes an archive whose layer has one small file.
pub(super) fn write_small(target: &Path) -> Result<()> {
    let mut tar = tar::Builder::new(Vec::new());
    append(&mut tar, "a", TIME, &text(0, 3_000))?;
    write_layer(target, &tar.into_inner()?)
}

fn write_layer(target: &Path, layer: &[u8]) -> Result<()> {
    let digest = Digest::of(layer);
    let config = json!({
        "architecture": "amd64",
        "os": "linux",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [digest]},
    });
    let config = config.to_string().into_bytes();
    let (config_name, layer_name) =
        (format!("{}.json", Digest::of(&config).hex()), format!("{}.tar", digest.hex()));
    let manifest = json!([{
        "Config": config_name, "RepoTags": ["pair:1"], "Layers": [layer_name],
    }]);
    let mut tar = tar::Builder::new(File::create(target)?);
    append(&mut tar, &layer_name, TIME, layer)?;
    append(&mut tar, &config_name, TIME, &config)?;
    append(&mut tar, "manifest.json", TIME, manifest.to_string().as_bytes())?;
    tar.into_inner()?.sync_all().with_context(|| target.display().to_string())
}

fn layer(change: Change) -> Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    if change == Change::FileInFront {
        append(&mut tar, "a", TIME, &text(1_000_000, 3_000))?;
    }
    let words = vocabulary();
    for number in 0..SMALL + LARGE {
        let mut numbers = Numbers(number);
        // Lengths are evenly distributed over all magnitudes. Every third file is large.
        let (least, most) = match number % 3 == 0 && number / 3 < LARGE {
            true => (8_192_f64, 262_144_f64),
            false => (100.0, 8_000.0),
        };
        let spread = numbers.below(1 << 20) as f64 / (1 << 20) as f64;
        let mut length = least * (most / least).powf(spread);
        if number % 1_500 == 0 {
            length = 4e6;
        }
        let is_changed = match change {
            Change::OneFile => number == 1_233,
            Change::Rebuilt => number % 800 == 7,
            Change::None | Change::FileInFront => false,
        };
        let seed = if is_changed { number + 1_000_000 } else { number };
        let time = if change == Change::Rebuilt { TIME + 86_400 + number % 60 } else { TIME };
        let name = format!("usr/lib/packages/{}/{number}.py", number / 20);
        append(&mut tar, &name, time, &text_of(&words, seed, length as usize))?;
    }
    Ok(tar.into_inner()?)
}

fn append(
    tar: &mut tar::Builder<impl std::io::Write>,
    name: &str,
    time: u64,
    content: &[u8],
) -> Result<()> {
    let mut header = tar::Header::new_ustar();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    header.set_mtime(time);
    Ok(tar.append_data(&mut header, name, content)?)
}

fn text(seed: u64, length: usize) -> Vec<u8> {
    text_of(&vocabulary(), seed, length)
}

/// Returns text that compresses about as well as source code: words, some of them frequent, between
/// numbers.
fn text_of(words: &[String], seed: u64, length: usize) -> Vec<u8> {
    let (mut numbers, mut text) = (Numbers(seed), Vec::with_capacity(length + 16));
    while text.len() < length {
        let rank = (words.len() as f64).powf(numbers.below(1 << 16) as f64 / f64::from(1 << 16));
        text.extend_from_slice(words[rank as usize % words.len()].as_bytes());
        match numbers.below(12) {
            0 => text.push(b'\n'),
            1 => text.extend_from_slice(numbers.below(10_000).to_string().as_bytes()),
            _ => text.push(b' '),
        }
    }
    text.truncate(length);
    text
}

fn vocabulary() -> Vec<String> {
    let mut numbers = Numbers(0);
    let mut letter = || char::from(b'a' + numbers.below(26) as u8);
    (0..4_000).map(|rank| (0..3 + rank % 8).map(|_| letter()).collect()).collect()
}

/// Pseudo-random numbers that are the same for the same seed: the generator SplitMix64.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (number ^ (number >> 31)) % limit
    }
}

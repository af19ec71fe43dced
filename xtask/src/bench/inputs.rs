//! The inputs of the benchmarks: an image of system files, a second version of it, and a folder of
//! many names.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::{run, say};

/// Size of each layer, in bytes.
const LAYER: u64 = 115 << 20;
const LAYERS: usize = 3;
/// Size of the layer that a second version adds: a tenth of the image, in bytes.
const ADDED: u64 = LAYER * LAYERS as u64 / 9;

/// Creates the context of an image whose layers contain files of this system that are typical of
/// images: programs, libraries, scripts, documents.
pub(super) fn image_context(folder: &Path) -> Result<PathBuf> {
    let context = folder.join("context");
    fs::create_dir_all(&context)?;
    let listed = system_files()?;
    let files = spread(&listed);
    let mut files = files.iter();
    let mut dockerfile = "FROM scratch\n".to_owned();
    for layer in 0..LAYERS {
        let tar = format!("layer{layer}.tar");
        pack(&mut files, LAYER, &context.join(&tar))?;
        dockerfile.push_str(&format!("ADD {tar} /\n"));
    }
    fs::write(context.join("Dockerfile"), dockerfile)?;
    Ok(context)
}

/// Creates the context of a second version of an image, which adds a layer with a tenth of its
/// size, of other files of this system.
pub(super) fn second_context(folder: &Path, first: &str) -> Result<PathBuf> {
    let context = folder.join("second-context");
    fs::create_dir_all(&context)?;
    let listed = system_files()?;
    let files = spread(&listed);
    // From the end, because the first version uses files from the beginning.
    pack(&mut files.iter().rev(), ADDED, &context.join("added.tar"))?;
    fs::write(context.join("Dockerfile"), format!("FROM {first}\nADD added.tar /\n"))?;
    Ok(context)
}

/// Returns a list of files of this system, each with its size.
fn system_files() -> Result<String> {
    run::read(Command::new("find").args([
        "/usr/bin",
        "/usr/lib",
        "/usr/share",
        "-xdev",
        "-type",
        "f",
        "-size",
        "-40M",
        "-printf",
        "%s %p\\n",
    ]))
}

/// Returns the files in an order that mixes all kinds and is the same each time.
fn spread(listed: &str) -> Vec<(u64, &str)> {
    let mut files: Vec<(u64, &str)> =
        listed.lines().filter_map(|line| line.split_once(' ')).filter_map(sized).collect();
    files.sort_by_key(|(_, path)| {
        path.bytes().fold(5381_u32, |hash, b| hash.wrapping_mul(33) ^ u32::from(b))
    });
    files
}

/// Packs the next files into a tar, until their total size is reached.
fn pack<'a>(
    files: &mut dyn Iterator<Item = &'a (u64, &'a str)>,
    size: u64,
    tar: &Path,
) -> Result<()> {
    let list = tar.with_extension("list");
    let mut names = fs::File::create(&list)?;
    let mut packed = 0;
    for (length, path) in files {
        writeln!(names, "{path}")?;
        packed += length;
        if packed >= size {
            break;
        }
    }
    ensure!(packed >= size, "this system has too few files for an image of a realistic size");
    let mut pack = Command::new("tar");
    pack.args(["--create", "--absolute-names", "--file"]).arg(tar);
    run::read(pack.arg("--files-from").arg(&list))?;
    fs::remove_file(&list)?;
    Ok(())
}

fn sized<'a>((size, path): (&'a str, &'a str)) -> Option<(u64, &'a str)> {
    Some((size.parse().ok()?, path))
}

/// The number of images in a folder of many names.
const IMAGES: usize = 500;
/// The number of versions of each image, counted from the highest, whose files are archives. The
/// other files are empty: the search for the latest does not open them.
const ARCHIVES_OF_IMAGE: usize = 3;

/// Fills a folder with names of archives of 500 images. `archive` is the content of the archives.
///
/// Each file has an inode of its own, and the names of all images differ in length, as in a folder
/// that people use: links to one file, or few images, are read faster.
pub(super) fn names(folder: &Path, count: usize, archive: &[u8]) -> Result<()> {
    say::step(format_args!("creating a folder with {count} names"));
    fs::create_dir_all(folder)?;
    let last = count.div_ceil(IMAGES);
    for number in 0..count {
        let (image, version) = (number % IMAGES, number / IMAGES);
        let part = ["web", "game-server", "api.gateway", "telemetry-collector", "db"][image % 5];
        let name = format!(
            "{part}-{image:03}_1.{}.{}.{}_{number:012x}.zip",
            version / 100,
            version % 100,
            number % 7 + 1
        );
        let content = if version + ARCHIVES_OF_IMAGE >= last { archive } else { &[] };
        let file = folder.join(name);
        fs::write(&file, content).with_context(|| file.display().to_string())?;
    }
    Ok(())
}

//! A tarball whose bytes depend only on its content and on the time of the release.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use tar::{Archive, Builder, EntryType, Header};

use super::plan::{Release, made};

/// Packs the results of the earlier steps.
pub(crate) fn run(release: &Release) -> Result<()> {
    let layout = &release.layout;
    let stage = layout.stage();
    for (name, step) in
        [("sealift", "binary"), ("man", "pages"), (super::licences::FILE, "licences")]
    {
        ensure!(stage.join(name).exists(), "there is no {name} yet: run the step `{step}` first");
    }
    for name in ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"] {
        fs::copy(layout.source().join(name), stage.join(name))
            .with_context(|| format!("cannot copy {name}"))?;
    }
    release.forget(".tar.gz")?;
    let tarball = layout.tarball();
    pack(&stage, &layout.name(), release.moment.seconds, &tarball)?;
    let second = stage.with_extension("again");
    pack(&stage, &layout.name(), release.moment.seconds, &second)?;
    let is_same = fs::read(&tarball)? == fs::read(&second)?;
    fs::remove_file(&second)?;
    ensure!(is_same, "{} has other bytes when it is packed again", tarball.display());
    made(&tarball)
}

/// Packs a folder as `name` into a file: in the order of names, owned by root, with one time.
pub(crate) fn pack(folder: &Path, name: &str, seconds: i64, file: &Path) -> Result<()> {
    let seconds = u64::try_from(seconds).context("files are not from before 1970")?;
    let failed = || format!("cannot write {}", file.display());
    let output = File::create(file).with_context(failed)?;
    // The time and the system in gzip's own header stay empty.
    let mut builder = Builder::new(GzEncoder::new(output, Compression::best()));
    append(&mut builder, folder, name, seconds)?;
    let output = builder.into_inner().and_then(GzEncoder::finish).with_context(failed)?;
    output.sync_all().with_context(failed)
}

fn append<W: io::Write>(
    builder: &mut Builder<W>,
    path: &Path,
    name: &str,
    seconds: u64,
) -> Result<()> {
    let failed = || format!("cannot pack {}", path.display());
    let metadata = fs::symlink_metadata(path).with_context(failed)?;
    let mut header = Header::new_gnu();
    header.set_mtime(seconds);
    header.set_uid(0);
    header.set_gid(0);
    if metadata.is_dir() {
        header.set_entry_type(EntryType::Directory);
        header.set_mode(0o755);
        header.set_size(0);
        builder.append_data(&mut header, format!("{name}/"), io::empty()).with_context(failed)?;
        let entries = fs::read_dir(path).with_context(failed)?;
        let mut names = entries
            .map(|entry| entry?.file_name().into_string().ok().context("a file name is not UTF-8"))
            .collect::<Result<Vec<String>>>()?;
        names.sort();
        for below in names {
            append(builder, &path.join(&below), &format!("{name}/{below}"), seconds)?;
        }
        return Ok(());
    }
    ensure!(metadata.is_file(), "{} is neither a file nor a directory", path.display());
    header.set_entry_type(EntryType::Regular);
    header.set_mode(if is_executable(&metadata) { 0o755 } else { 0o644 });
    header.set_size(metadata.len());
    let content = File::open(path).with_context(failed)?;
    builder.append_data(&mut header, name, content).with_context(failed)
}

fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o111 != 0
}

/// Unpacks a tarball into a folder.
pub(crate) fn unpack(file: &Path, folder: &Path) -> Result<()> {
    let failed = || format!("cannot unpack {}", file.display());
    let mut archive = Archive::new(GzDecoder::new(File::open(file).with_context(failed)?));
    archive.unpack(folder).with_context(failed)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::time::{Duration, SystemTime};

    use super::*;

    /// Creates the same files in another order, at another time.
    fn folder(order: &[&str], age: u64) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("man")).unwrap();
        for name in order {
            let path = folder.path().join(name);
            fs::write(&path, format!("This is {name}.")).unwrap();
            let mode = if *name == "sealift" { 0o750 } else { 0o640 };
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let time = SystemTime::now() - Duration::from_secs(age);
            File::open(&path).unwrap().set_modified(time).unwrap();
        }
        folder
    }

    fn packed(folder: &Path) -> Vec<u8> {
        let file = tempfile::NamedTempFile::new().unwrap();
        pack(folder, "sealift-1", 86_400, file.path()).unwrap();
        fs::read(file.path()).unwrap()
    }

    #[test]
    fn the_same_files_give_the_same_bytes() {
        let one = folder(&["sealift", "README.md", "man/sealift.1"], 5000);
        let two = folder(&["man/sealift.1", "sealift", "README.md"], 10);
        assert_eq!(packed(one.path()), packed(two.path()));
        fs::write(two.path().join("README.md"), "Another.").unwrap();
        assert_ne!(packed(one.path()), packed(two.path()));
    }

    #[test]
    fn entries_are_sorted_and_belong_to_root() {
        let folder = folder(&["sealift", "README.md", "man/sealift.1"], 0);
        let bytes = packed(folder.path());
        let mut archive = Archive::new(GzDecoder::new(bytes.as_slice()));
        let entries: Vec<_> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let header = entry.header();
                assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
                assert_eq!(header.mtime().unwrap(), 86_400);
                let path = entry.path().unwrap().to_string_lossy().into_owned();
                format!("{:o} {path}", header.mode().unwrap())
            })
            .collect();
        assert_eq!(
            entries,
            [
                "755 sealift-1/",
                "644 sealift-1/README.md",
                "755 sealift-1/man/",
                "644 sealift-1/man/sealift.1",
                "755 sealift-1/sealift"
            ]
        );
    }

    #[test]
    fn a_packed_folder_can_be_unpacked() {
        let from = folder(&["sealift", "man/sealift.1"], 0);
        let to = tempfile::tempdir().unwrap();
        let file = to.path().join("a.tar.gz");
        pack(from.path(), "sealift-1", 0, &file).unwrap();
        unpack(&file, to.path()).unwrap();
        let text = fs::read_to_string(to.path().join("sealift-1/man/sealift.1")).unwrap();
        assert_eq!(text, "This is man/sealift.1.");
        assert!(is_executable(&fs::metadata(to.path().join("sealift-1/sealift")).unwrap()));
    }
}

//! Tests of the containers around a tar, intact and damaged.

use std::io::{Cursor, Read as _, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use sealift_archive::{
    Container, Error, ExamineOptions, FaultKind, Look, Naming, PlainReader, VerifiedReader,
    ZipSink, examine_file, look_file,
};
use sealift_filename::{Repository, Version};
use sealift_oci::Digest;
use sealift_testing::layouts::{Image, file, noise, pack};
use tempfile::TempDir;

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn put(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn refusal(&self, content: &[u8]) -> (FaultKind, String) {
        let path = self.put("archive", content);
        let error = examine_file(&path, &ExamineOptions::default()).unwrap_err();
        let fault = error.as_fault().unwrap_or_else(|| panic!("{error}"));
        (fault.kind(), fault.reason().to_string())
    }
}

pub(crate) fn image() -> Image {
    Image::new("web:1.0", 1)
}

pub(crate) fn tar() -> Vec<u8> {
    pack(&image().docker_blobs())
}

pub(crate) fn zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

pub(crate) fn sealift_zip(tar: &[u8]) -> Vec<u8> {
    let mut sink = ZipSink::new(Cursor::new(Vec::new()), "web_1.0_0123456789ab.docker").unwrap();
    sink.write_all(tar).unwrap();
    sink.finish().unwrap().into_inner()
}

pub(crate) fn wrapped() -> Vec<(Container, Vec<u8>)> {
    let tar = tar();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&tar).unwrap();
    let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bzip2.write_all(&tar).unwrap();
    vec![
        (Container::Tar, tar.clone()),
        (Container::Zip, sealift_zip(&tar)),
        (Container::Gzip, gzip.finish().unwrap()),
        (Container::Bzip2, bzip2.finish().unwrap()),
        (Container::Xz, sealift_testing::xz(&tar, None)),
        (Container::Zstd, zstd::encode_all(tar.as_slice(), 1).unwrap()),
    ]
}

#[test]
fn the_container_is_detected_by_content_and_removed() {
    let folder = Folder::new();
    for (container, content) in wrapped() {
        let path = folder.put("file without extension", &content);
        assert_eq!(PlainReader::open(&path).unwrap().container(), container);
        let examination = examine_file(&path, &ExamineOptions::default())
            .unwrap_or_else(|error| panic!("{container}: {error:?}"));
        assert_eq!(examination.identity().config.to_string(), image().id(), "{container}");
        assert_eq!(examination.sha256(), Digest::of(&content), "{container}");
        assert_eq!(examination.size(), content.len() as u64, "{container}");
        assert_eq!(examination.plain_size(), tar().len() as u64, "{container}");
        assert_eq!(look_file(&path).unwrap(), Look::MayHoldImage);
    }
}

#[test]
fn a_truncated_or_changed_container_is_damaged() {
    let folder = Folder::new();
    for (container, content) in wrapped() {
        for cut in [content.len() / 2, content.len() - 1, content.len() - 9] {
            let (kind, message) = folder.refusal(&content[..cut]);
            assert_eq!(kind, FaultKind::Damaged, "{container} cut at {cut}: {message}");
        }
        let mut flipped = content.clone();
        flipped[content.len() / 2] ^= 4;
        let (kind, message) = folder.refusal(&flipped);
        assert_eq!(kind, FaultKind::Damaged, "{container}: {message}");
    }
}

#[test]
fn a_stream_that_requires_too_much_memory_is_refused() {
    let folder = Folder::new();
    let mut zstd = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    zstd.window_log(28).unwrap();
    zstd.include_contentsize(false).unwrap();
    zstd.write_all(&tar()).unwrap();
    zstd.flush().unwrap();
    let (kind, message) = folder.refusal(&zstd.finish().unwrap());
    assert_eq!(kind, FaultKind::Unsupported);
    insta::assert_snapshot!(message, @"the window that its zstd stream requires: more than the limit of 128 MiB");

    let (_, message) = folder.refusal(&sealift_testing::xz(&tar(), Some(128 << 20)));
    insta::assert_snapshot!(message, @"the memory that its xz stream requires: more than the limit of 96 MiB");
}

#[test]
fn a_zip_with_a_damaged_start_is_still_detected() {
    let mut zip = sealift_zip(&tar());
    zip[0] ^= 1;
    let (kind, message) = Folder::new().refusal(&zip);
    assert_eq!(kind, FaultKind::Damaged, "{message}");
}

#[test]
fn a_zip_must_have_one_member_that_is_an_image() {
    let folder = Folder::new();
    let cases: [(&[u8], &str); 3] = [
        (&zip_of(&[]), "the zip has no members instead of one"),
        (&zip_of(&[("a", b"1"), ("b", b"2")]), "the zip has 2 members instead of one"),
        (&zip_of(&[("readme.txt", &b"hello ".repeat(200))]), "its content is not a tar"),
    ];
    for (zip, expected) in cases {
        let path = folder.put("a.zip", zip);
        // Only reading the member completely shows whether it is damaged.
        let is_plain = matches!(look_file(&path).unwrap(), Look::NoImage { .. });
        assert_eq!(is_plain, expected.contains("members"), "{expected}");
        assert_eq!(folder.refusal(zip), (FaultKind::NotAnImage, expected.to_owned()));
    }
}

#[test]
fn a_look_accepts_zeros_as_a_damaged_archive() {
    let folder = Folder::new();
    for size in [1, 511, 512, 659, 1023, 1024, 1600, 8272, 20_480] {
        let zeros = vec![0; size];
        let (kind, message) = folder.refusal(&zeros);
        assert_eq!(kind, FaultKind::Damaged, "{size} bytes: {message}");
        let path = folder.put("web.docker", &zeros);
        assert_eq!(look_file(&path).unwrap(), Look::MayHoldImage, "{size} bytes");
    }
}

#[test]
fn an_encrypted_zip_is_refused() {
    let folder = Folder::new();
    let plain = folder.put("web.docker", &tar());
    let zip = folder.0.path().join("web.zip");
    if !ran(Command::new("zip").args(["-q", "-j", "-P", "secret"]).args([&zip, &plain])) {
        return;
    }
    let content = std::fs::read(&zip).unwrap();
    let expected = "the zip's member is encrypted";
    assert_eq!(folder.refusal(&content), (FaultKind::NotAnImage, expected.to_owned()));
}

/// Runs a tool of the system. Returns `false` if it is not installed.
pub(crate) fn ran(command: &mut Command) -> bool {
    match command.output() {
        Ok(output) => {
            assert!(output.status.success(), "{command:?}: {output:?}");
            true
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            assert!(std::env::var_os("CI").is_none(), "{command:?} is needed in CI");
            eprintln!("{command:?} is not there, so nothing was compared");
            false
        }
        Err(error) => panic!("{command:?}: {error}"),
    }
}

/// Returns an archive whose zip has all kinds of blocks: with several small files, with one file,
/// with a part of a file, and stored.
fn tar_of_many_blocks() -> Vec<u8> {
    let text = |length: usize| b"several words, ".repeat(length / 15);
    let small = (0..200).map(|number| file(&format!("small/{number}"), text(number * 40)));
    let large = [text(20_000), noise(20_000), text(900_000), noise(900_000)];
    let large = large.into_iter().enumerate();
    let large = large.map(|(number, content)| file(&format!("large/{number}"), content));
    let mut image = image();
    image.layers.push(pack(&small.chain(large).collect::<Vec<_>>()));
    pack(&image.docker_blobs())
}

#[test]
fn other_tools_read_the_zips_that_are_written() {
    let folder = Folder::new();
    let tar = tar_of_many_blocks();
    let zip = folder.put("web_1.0_0123456789ab.zip", &sealift_zip(&tar));
    let read = |name: &str, command: &mut Command| {
        let out = folder.0.path().join(name);
        std::fs::create_dir(&out).unwrap();
        if ran(command.current_dir(&out)) {
            let member = std::fs::read(out.join("web_1.0_0123456789ab.docker")).unwrap();
            assert!(member == tar, "{name}");
        }
    };
    read("unzip", Command::new("unzip").arg("-q").arg(&zip));
    read("7z", Command::new("7z").arg("x").arg(&zip));
    read("python", Command::new("python3").args(["-m", "zipfile", "-e"]).arg(&zip).arg("."));
    read("bsdtar", Command::new("bsdtar").arg("-xf").arg(&zip));
    read("busybox", Command::new("busybox").args(["unzip", "-q"]).arg(&zip));
}

#[test]
fn a_member_can_be_renamed_once_the_id_is_known() {
    let mut sink = ZipSink::new(Cursor::new(Vec::new()), "web_1.0_000000000000.docker").unwrap();
    sink.write_all(&tar()).unwrap();
    let refusal = sink.rename("web.docker").unwrap_err();
    insta::assert_snapshot!(refusal, @"`web.docker` is not as long as `web_1.0_000000000000.docker`");
    sink.rename("web_1.0_0123456789ab.docker").unwrap();
    assert_eq!(sink.finish().unwrap().into_inner(), sealift_zip(&tar()));
}

/// A fake of a disk that is full after a number of bytes.
struct SmallDisk(Cursor<Vec<u8>>, usize);

impl Write for SmallDisk {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.get_ref().len() + bytes.len() > self.1 {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        self.0.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl std::io::Seek for SmallDisk {
    fn seek(&mut self, position: std::io::SeekFrom) -> std::io::Result<u64> {
        self.0.seek(position)
    }
}

#[test]
fn a_full_disk_is_an_error_and_the_zip_can_be_dropped() {
    let noise: Vec<u8> = (0..1_000_000_u64).map(|at| ((at * at) >> 7) as u8).collect();
    for room in [100, 10_000] {
        let mut disk = SmallDisk(Cursor::new(Vec::new()), room);
        let mut sink = ZipSink::new(&mut disk, "web_1.0_0123456789ab.docker").unwrap();
        let error = sink.write_all(&noise).and_then(|()| sink.finish().map(drop)).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    }
    let mut unfinished = ZipSink::new(Cursor::new(Vec::new()), "a").unwrap();
    unfinished.write_all(&noise).unwrap();
}

#[test]
fn zips_that_other_tools_write_are_read() {
    let folder = Folder::new();
    let plain = folder.put("web.docker", &tar());
    let zip = folder.0.path().join("python.zip");
    if ran(Command::new("python3").args(["-m", "zipfile", "-c"]).arg(&zip).arg(&plain)) {
        assert!(examine_file(&zip, &ExamineOptions::default()).is_ok());
    }
    let zip = folder.0.path().join("zip.zip");
    if ran(Command::new("zip").args(["-q", "-j"]).arg(&zip).arg(&plain)) {
        assert!(examine_file(&zip, &ExamineOptions::default()).is_ok());
    }
}

/// Changes a field of a zip's member in both of its headers.
fn with_field(mut zip: Vec<u8>, at: usize, change: impl Fn(&mut u8)) -> Vec<u8> {
    let entry = zip.windows(4).rposition(|bytes| bytes == b"PK\x01\x02").unwrap();
    change(&mut zip[at]);
    change(&mut zip[entry + at + 2]);
    zip
}

#[test]
fn a_zip_similar_to_ours_can_be_from_another_program() {
    let folder = Folder::new();
    // Python writes the same fields and the same date, but does not mark the name as UTF-8.
    let zip = with_field(sealift_zip(&tar()), 7, |flags| *flags = 0);
    examine_file(folder.put("zip", &zip), &ExamineOptions::default()).unwrap();
}

#[test]
fn a_zip_with_another_compression_method_is_not_damaged() {
    let zip = with_field(sealift_zip(&tar()), 4, |version| *version = 46);
    let zip = with_field(zip, 8, |method| *method = 12);
    let (kind, message) = Folder::new().refusal(&zip);
    assert_eq!(kind, FaultKind::Unsupported);
    insta::assert_snapshot!(message, @"the zip's member is compressed by method 12; only stored and deflate are supported");
}

#[test]
fn a_damaged_zip_is_reported_as_damaged_while_it_is_renamed() {
    let folder = Folder::new();
    let zip = with_field(sealift_zip(&b"no tar\n".repeat(1000)), 14, |crc| *crc ^= 1);
    let name = Repository::parse("web").unwrap();
    let naming = Naming::new(&name, &Version::new("1.0")).unwrap();
    let mut reader = VerifiedReader::open_as(folder.put("zip", &zip), naming).unwrap();
    let error: Error = reader.read(&mut [0; 1000]).unwrap_err().downcast().unwrap();
    assert_eq!(error.as_fault().unwrap().kind(), FaultKind::Damaged, "{error}");
}

fn read_all(path: &Path) -> (Vec<u8>, Result<(), Error>) {
    let mut reader = VerifiedReader::open(path).unwrap();
    let mut bytes = Vec::new();
    let verdict = reader.read_to_end(&mut bytes);
    (bytes, verdict.map(drop).map_err(|error| error.downcast().unwrap()))
}

#[test]
fn the_end_of_an_archive_is_withheld_until_it_is_verified() {
    let folder = Folder::new();
    let (bytes, verdict) = read_all(&folder.put("sound", &sealift_zip(&tar())));
    verdict.unwrap();
    assert_eq!(bytes, tar());

    let mut damaged = tar();
    let last = damaged.len() - 1024;
    let layer = damaged.windows(7).rposition(|part| part == b"bin/app").unwrap();
    damaged[layer + 1000] ^= 1;
    let (bytes, verdict) = read_all(&folder.put("damaged", &damaged));
    assert_eq!(verdict.unwrap_err().as_fault().unwrap().kind(), FaultKind::Damaged);
    assert_eq!(bytes, damaged[..last], "everything but the end marker");
}

#[test]
fn an_error_names_the_missing_file() {
    let error = examine_file("no/such/archive", &ExamineOptions::default()).unwrap_err();
    insta::assert_snapshot!(error, @"cannot open no/such/archive");
}

#[test]
fn a_tar_of_a_folder_is_not_an_image() {
    let (kind, message) = Folder::new().refusal(&pack(&[file("a/b.txt", b"text".to_vec())]));
    assert_eq!(kind, FaultKind::NotAnImage);
    insta::assert_snapshot!(message, @"it contains neither manifest.json nor index.json");
}

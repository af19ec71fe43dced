//! Tests of writing archives: the proof of a writer equals that of reading the file back.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};

use sealift_archive::{
    Archive, ArchiveIndex, ArchiveWriter, Container, Error, ExamineOptions, Form, Level, Naming,
    Proof, Renamer, VerifyOptions, examine,
};
use sealift_filename::{Repository, Version};
use sealift_testing::layouts::{Body, Entry, Image, noise, pack};

/// Returns an image whose layers have several blocks.
fn image() -> Image {
    let mut image = Image::new("vendor:1", 1);
    let text: Vec<u8> = (0..90_000_u32).flat_map(|n| (n / 7).to_le_bytes()).collect();
    for content in [text, noise(400_000)] {
        image.layers.push(pack(&[Entry { name: "file".to_owned(), body: Body::File(content) }]));
    }
    image
}

fn naming() -> Naming {
    Naming::new(&Repository::parse("team/web").unwrap(), &Version::new("1.0")).unwrap()
}

fn renamer() -> Renamer {
    Renamer::new(naming(), VerifyOptions::default())
}

fn zip() -> Form {
    Form::Zip { renamer: renamer(), level: Level::Fast, id: None }
}

/// Writes bytes in pieces. Returns the file and the proof.
fn write(form: Form, bytes: &[u8]) -> (File, Result<Proof, Error>) {
    let file = tempfile::tempfile().unwrap();
    let mut writer = ArchiveWriter::new(file.try_clone().unwrap(), form, "the file").unwrap();
    // If a write fails, `finish` returns the cause.
    let _ = bytes.chunks(10_007).try_for_each(|piece| writer.write_all(piece));
    (file, writer.finish())
}

fn content(mut file: File) -> Vec<u8> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0)).unwrap();
    file.read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn the_proof_of_a_writer_equals_that_of_an_examination() {
    let tar = pack(&image().docker_folders());
    for form in [Form::Plain(renamer()), zip()] {
        let (file, proof) = write(form, &tar);
        let (bytes, proof) = (content(file), proof.unwrap());
        let read = examine(bytes.as_slice(), &ExamineOptions::default()).unwrap();
        assert_eq!(
            (proof.identity(), proof.layers(), proof.plain_size(), proof.settings()),
            (read.identity(), read.layers(), read.plain_size(), read.settings())
        );
        assert_eq!(
            (proof.sha256(), proof.size(), proof.container(), proof.member_name()),
            (read.sha256(), read.size(), read.container(), read.member_name())
        );
        assert!(proof.carries(&naming()) && read.carries(&naming()));

        // A scan finds the same blocks as were recorded while writing.
        let noted = ArchiveIndex::from(&proof);
        let unknown = ArchiveIndex::new(
            proof.identity().clone(),
            proof.layers().to_vec(),
            proof.plain_size(),
        );
        let scanned = Archive::new(bytes.as_slice(), unknown, "the file").unwrap();
        assert_eq!(scanned.index().blocks(), noted.blocks());
        assert_eq!(noted.blocks().is_some(), proof.container() == Container::Zip);

        // The same file, written with `Form::AsIs`, has the same proof.
        let (file, kept) = write(Form::AsIs(VerifyOptions::default()), &bytes);
        assert_eq!(kept.unwrap().sha256(), proof.sha256());
        assert_eq!(content(file), bytes);
    }
}

#[test]
fn the_member_of_a_zip_is_named_after_the_image_that_was_written() {
    let image = image();
    let tar = pack(&image.docker_folders());
    let own = format!("web_1.0_{}.docker", &image.id()["sha256:".len()..][..12]);
    let other = "0123456789ab".parse().unwrap();
    for id in [None, Some(other)] {
        let form = Form::Zip { renamer: renamer(), level: Level::Fast, id };
        assert_eq!(write(form, &tar).1.unwrap().member_name(), Some(own.as_str()));
    }
}

#[test]
fn a_fault_stops_writing_and_is_returned_by_finish() {
    let mut tar = pack(&image().docker_folders());
    let half = tar.len() / 2;
    tar[half..half + 512].fill(0x55);
    for form in [Form::Plain(renamer()), zip(), Form::AsIs(VerifyOptions::default())] {
        let kind = format!("{form:?}");
        let (_, proof) = write(form, &tar);
        assert!(proof.unwrap_err().as_fault().is_some(), "{kind}");
    }
    // Content that is not a tar is refused immediately.
    for form in [Form::Plain(renamer()), zip()] {
        let file = tempfile::tempfile().unwrap();
        let mut writer = ArchiveWriter::new(file, form, "the file").unwrap();
        for _ in 0..2 {
            let error = writer.write_all(&noise(4096)).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        }
        assert!(writer.finish().unwrap_err().as_fault().is_some());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_io_error() {
    let tar = pack(&image().docker_folders());
    for form in [Form::Plain(renamer()), zip(), Form::AsIs(VerifyOptions::default())] {
        let full = File::options().read(true).write(true).open("/dev/full").unwrap();
        let Ok(mut writer) = ArchiveWriter::new(full, form, "the file") else { continue };
        let _ = writer.write_all(&tar);
        match writer.finish() {
            Err(Error::Io { source, .. }) => assert_eq!(source.kind(), io::ErrorKind::StorageFull),
            other => panic!("{other:?}"),
        }
    }
}

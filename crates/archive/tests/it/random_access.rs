//! Tests of reading parts of layers, in every container.

use std::io::{Cursor, Read, Seek, SeekFrom, Write as _};
use std::ops::ControlFlow;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use sealift_archive::{
    Archive, ArchiveIndex, ArchiveWriter, BlockTable, Container, Error, ExamineOptions, FaultKind,
    Form, Level, Naming, Proof, Renamer, VerifyOptions, examine,
};
use sealift_filename::{Repository, Version};
use sealift_oci::Digest;
use sealift_testing::layouts::{Body, Entry, Image, Packing, noise, pack};
use sealift_testing::raw_zip::RawZip;

use crate::containers::{sealift_zip, zip_of};

/// Returns an image whose layers have several blocks, compressible and incompressible ones.
fn image() -> Image {
    let mut image = Image::new("web:1.0", 1);
    let text: Vec<u8> = (0..90_000_u32).flat_map(|n| (n / 7).to_le_bytes()).collect();
    for content in [text, noise(400_000), vec![0; 600_000], Vec::new()] {
        image.layers.push(pack(&[Entry { name: "file".to_owned(), body: Body::File(content) }]));
    }
    image
}

fn proof(bytes: &[u8]) -> Proof {
    examine(bytes, &ExamineOptions::default()).unwrap()
}

static TAR: LazyLock<Vec<u8>> = LazyLock::new(|| pack(&image().docker_folders()));
static ZIP: LazyLock<Vec<u8>> = LazyLock::new(|| sealift_zip(&TAR));

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

/// Returns the same archive in each container.
fn archives() -> Vec<Archive<Vec<u8>>> {
    let forms = [TAR.clone(), ZIP.clone(), zip_of(&[("a.docker", &TAR)]), gzip(&TAR)];
    let open = |bytes: Vec<u8>| {
        let proof = proof(&bytes);
        Archive::new(bytes, &proof, "the archive").unwrap()
    };
    forms.into_iter().map(open).collect()
}

static ARCHIVES: LazyLock<Vec<Archive<Vec<u8>>>> = LazyLock::new(archives);

#[test]
fn every_layer_is_found_by_its_digest_and_its_diff_id() {
    for packing in [Packing::Plain, Packing::Gzip, Packing::Zstd] {
        let tar = pack(&image().containerd(packing, false));
        let zip = sealift_zip(&tar);
        for bytes in [tar, zip] {
            let archive = Archive::new(bytes.as_slice(), &proof(&bytes), "the archive").unwrap();
            assert!(!archive.layers().is_empty());
            for span in archive.layers() {
                for digest in [span.digest, span.diff_id] {
                    let mut content = Vec::new();
                    archive.layer(&digest).unwrap().read_to_end(&mut content).unwrap();
                    assert_eq!(Digest::of(&content), span.digest);
                    assert_eq!(content.len() as u64, span.size);
                }
            }
            assert!(archive.layer(&Digest::of(b"something else")).is_none());
        }
    }
}

#[test]
fn only_zips_whose_blocks_are_independent_have_a_table() {
    let has_table = |archive: &Archive<_>| archive.index().blocks().is_some();
    let [tar, zip, other_zip, gzip] = &ARCHIVES[..] else { panic!("four containers") };
    assert!(has_table(zip));
    assert!(!has_table(tar) && !has_table(other_zip) && !has_table(gzip));
    assert_eq!(zip.container(), Container::Zip);
    assert_eq!(zip.index().blocks().unwrap().plain_size(), TAR.len() as u64);

    // The table that a scan has found is used the next time.
    let index = zip.index().clone();
    let again = Archive::new(ZIP.as_slice(), index, "the archive").unwrap();
    let mut plain = Vec::new();
    again.plain().read_to_end(&mut plain).unwrap();
    assert!(plain == *TAR);
}

#[test]
fn a_scan_finds_the_blocks_that_were_recorded_while_writing() {
    let naming = Naming::new(&Repository::parse("web").unwrap(), &Version::new("1.0")).unwrap();
    let renamer = Renamer::new(naming, VerifyOptions::default());
    let form = Form::Zip { renamer, level: Level::Fast, id: None };
    let mut file = tempfile::tempfile().unwrap();
    let mut writer = ArchiveWriter::new(file.try_clone().unwrap(), form, "the save").unwrap();
    writer.write_all(&TAR).unwrap();
    let written = writer.finish().unwrap();
    file.rewind().unwrap();
    let mut zip = Vec::new();
    file.read_to_end(&mut zip).unwrap();

    let read = proof(&zip);
    assert!(read.blocks().is_none() && written.blocks().is_some());
    let archive = Archive::new(zip.as_slice(), &read, "the archive").unwrap();
    assert_eq!(archive.index().blocks(), written.blocks());
    assert!(Archive::new(zip.as_slice(), &written, "the archive").is_ok());
}

/// Go's `compress/flate` ends a stream with an empty stored part, and other writers start a stream
/// with one.
#[test]
fn zips_with_empty_parts_are_read() {
    const EMPTY: [u8; 5] = [0, 0, 0, 0xff, 0xff];
    const EMPTY_END: [u8; 5] = [1, 0, 0, 0xff, 0xff];
    let stored = |content: &[u8]| -> Vec<u8> {
        let part = |piece: &[u8]| {
            let length = piece.len() as u16;
            [&[0][..], &length.to_le_bytes(), &(!length).to_le_bytes(), piece].concat()
        };
        content.chunks(60_000).flat_map(part).collect()
    };
    let streams = [
        [stored(&TAR), EMPTY_END.to_vec()].concat(),
        [stored(&TAR), EMPTY.to_vec(), EMPTY_END.to_vec()].concat(),
        [EMPTY.to_vec(), stored(&TAR), vec![3, 0]].concat(),
        [EMPTY.repeat(2), stored(&TAR), EMPTY.repeat(3), EMPTY_END.to_vec()].concat(),
    ];
    for stream in streams {
        let zip = RawZip::of_packed(&TAR, stream).bytes;
        let proof = proof(&zip);
        let archive = Archive::new(zip.as_slice(), &proof, "the archive").unwrap();
        let mut plain = Vec::new();
        archive.plain().read_to_end(&mut plain).unwrap();
        assert!(plain == *TAR);
        let index = archive.index().clone();
        assert!(Archive::new(zip.as_slice(), index, "the archive").is_ok());
    }
}

#[test]
fn the_search_for_blocks_reports_progress_and_can_be_cancelled() {
    let (proof, seen) = (proof(&ZIP), AtomicU64::new(0));
    assert!(proof.blocks().is_none());
    let open = || Archive::for_one_pass(ZIP.as_slice(), &proof, "the archive").unwrap();
    let count = |bytes| {
        seen.fetch_add(bytes, Ordering::Relaxed);
        ControlFlow::Continue(())
    };
    let mut archive = open();
    assert!(archive.index().blocks().is_none());
    archive.find_blocks(&ExamineOptions::new().with_on_bytes(&count)).unwrap();
    assert_eq!(archive.index().blocks(), ARCHIVES[1].index().blocks());
    let packed: u64 =
        archive.index().blocks().unwrap().iter().map(|block| u64::from(block.size)).sum();
    assert!((packed..packed + 10).contains(&seen.into_inner()));

    let stop = |_| ControlFlow::Break(());
    let mut archive = open();
    let error = archive.find_blocks(&ExamineOptions::new().with_on_bytes(&stop)).unwrap_err();
    assert_eq!(error.to_string(), "interrupted while reading the archive");
}

#[test]
fn an_index_of_another_archive_is_refused() {
    let other = pack(&Image::new("web:2.0", 2).docker_folders());
    let proof = proof(&other);
    for bytes in [&*TAR, &*ZIP] {
        let error = Archive::new(bytes.as_slice(), &proof, "the archive").unwrap_err();
        assert_eq!(error.as_fault().unwrap().kind(), FaultKind::Damaged, "{error}");
    }
}

#[test]
fn a_layer_that_is_read_completely_is_compared_with_its_digest() {
    let mut damaged = TAR.clone();
    let archive = &ARCHIVES[0];
    let span = &archive.layers()[0];
    damaged[span.offset as usize + 700] ^= 1;
    let damaged = Archive::new(damaged, &proof(&TAR), "the archive").unwrap();
    let mut reader = damaged.layer(&span.digest).unwrap();
    let mut content = Vec::new();
    let error: Error = reader.read_to_end(&mut content).unwrap_err().downcast().unwrap();
    assert_eq!(error.as_fault().unwrap().kind(), FaultKind::Damaged);
    assert!((content.len() as u64) < span.size);
    assert!(reader.read(&mut [0; 1 << 20]).is_err(), "every further read fails");
}

#[test]
fn a_damaged_block_is_an_error_or_detected_by_the_digest() {
    let index = ARCHIVES[1].index().clone();
    for at in (100..ZIP.len() - 200).step_by(ZIP.len() / 40) {
        let mut damaged = ZIP.clone();
        damaged[at] ^= 0x10;
        let archive = Archive::new(damaged, index.clone(), "the archive").unwrap();
        let mut plain = Vec::new();
        let is_plain_wrong = archive.plain().read_to_end(&mut plain).is_err() || plain != *TAR;
        assert!(is_plain_wrong, "byte {at}");
        for span in archive.layers() {
            let mut content = Vec::new();
            if archive.layer(&span.digest).unwrap().read_to_end(&mut content).is_ok() {
                assert_eq!(Digest::of(&content), span.digest, "byte {at}");
            }
        }
    }
}

#[test]
fn a_part_of_a_layer_is_compared_with_the_checksum_of_its_block() {
    let archive = &ARCHIVES[1];
    let table = archive.index().blocks().unwrap();
    // The block is stored, so that changed bytes do not make inflating it fail.
    let block = table.iter().find(|block| block.size > 100_000.max(block.plain_size)).unwrap();
    let mut damaged = ZIP.clone();
    damaged[block.offset as usize + block.size as usize / 2] ^= 0x10;
    let part = |index: ArchiveIndex| {
        let archive = Archive::new(damaged.as_slice(), index, "the archive").unwrap();
        let mut reader = archive.plain();
        reader.seek(SeekFrom::Start(block.plain_offset)).unwrap();
        let read = reader.read_exact(&mut [0; 10]);
        read.map_err(|error| error.downcast::<Error>().unwrap().as_fault().unwrap().to_string())
    };
    let error = part(archive.index().clone()).unwrap_err();
    assert!(error.contains("does not have the SHA-256"), "{error}");
    // The index of an earlier version of sealift has no checksums and is used without them.
    let mut lengths = BlockTable::new(table.iter().next().unwrap().offset);
    table.iter().for_each(|block| lengths.push(block.size, block.plain_size, None));
    assert_eq!(part(archive.index().clone().with_blocks(lengths)), Ok(()));
}

/// An operation of a program that reads and seeks.
#[derive(Debug, Clone)]
enum Step {
    Read(usize),
    Start(u64),
    Current(i64),
    End(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0_usize..300_000).prop_map(Step::Read),
        (0_u64..900_000).prop_map(Step::Start),
        (-400_000_i64..400_000).prop_map(Step::Current),
        (-900_000_i64..10).prop_map(Step::End),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn parts_of_a_layer_are_those_of_the_plain_tar(
        layer in 0_usize..4,
        at in any::<prop::sample::Index>(),
        length in 0_usize..600_000,
    ) {
        let span = &ARCHIVES[0].layers()[layer % ARCHIVES[0].layers().len()];
        let offset = at.index(span.size as usize + 1);
        let end = (offset + length).min(span.size as usize);
        let expected = &TAR[span.offset as usize..][offset..end];
        for archive in ARCHIVES.iter() {
            let mut reader = archive.layer(&span.digest).unwrap();
            reader.seek(SeekFrom::Start(offset as u64)).unwrap();
            let mut found = Vec::new();
            reader.take(length as u64).read_to_end(&mut found).unwrap();
            prop_assert!(found == expected, "{}", archive.container());
        }
    }

    #[test]
    fn a_layer_reads_and_seeks_like_bytes_in_memory(
        layer in 0_usize..4,
        steps in prop::collection::vec(step(), 1..9),
    ) {
        let span = &ARCHIVES[0].layers()[layer % ARCHIVES[0].layers().len()];
        let content = &TAR[span.offset as usize..][..span.size as usize];
        for archive in ARCHIVES.iter() {
            let mut reader = archive.layer(&span.digest).unwrap();
            let mut model = Cursor::new(content);
            for step in &steps {
                let seek = match *step {
                    Step::Read(length) => {
                        let (mut found, mut expected) = (Vec::new(), Vec::new());
                        reader.by_ref().take(length as u64).read_to_end(&mut found).unwrap();
                        model.by_ref().take(length as u64).read_to_end(&mut expected).unwrap();
                        prop_assert!(found == expected, "{} {step:?}", archive.container());
                        continue;
                    }
                    Step::Start(to) => SeekFrom::Start(to),
                    Step::Current(by) => SeekFrom::Current(by),
                    Step::End(by) => SeekFrom::End(by),
                };
                prop_assert_eq!(reader.seek(seek).ok(), model.seek(seek).ok());
            }
        }
    }

    #[test]
    fn a_table_that_does_not_fit_is_refused_or_never_reads_other_bytes(
        moved in 0_usize..9,
        by in prop_oneof![Just(1_u32), Just(5), any::<u32>()],
        which in 0_u8..3,
    ) {
        let table = ARCHIVES[1].index().blocks().unwrap();
        let mut changed = BlockTable::new(table.iter().next().unwrap().offset);
        for (at, block) in table.iter().enumerate() {
            let is_moved = at == moved % table.iter().count();
            let by = if is_moved { by } else { 0 };
            match which {
                0 => changed.push(block.size.wrapping_add(by), block.plain_size, None),
                1 => changed.push(block.size, block.plain_size.wrapping_add(by), None),
                // One byte moves from one block to the next.
                _ if is_moved => changed.push(block.size - 1, block.plain_size - 1, None),
                _ if at == moved % table.iter().count() + 1 => {
                    changed.push(block.size + 1, block.plain_size + 1, None);
                }
                _ => changed.push(block.size, block.plain_size, None),
            }
        }
        let index = ARCHIVES[1].index().clone().with_blocks(changed);
        if let Ok(archive) = Archive::new(ZIP.as_slice(), index, "the archive") {
            let mut plain = Vec::new();
            if archive.plain().read_to_end(&mut plain).is_ok() {
                prop_assert!(plain == *TAR);
            }
        }
    }
}

#[test]
fn an_index_is_created_from_recorded_values() {
    let proof = proof(&TAR);
    let index =
        ArchiveIndex::new(proof.identity().clone(), proof.layers().to_vec(), proof.plain_size());
    let index = index.with_documents(proof.documents().unwrap().clone());
    assert_eq!(index, ArchiveIndex::from(&proof));
}

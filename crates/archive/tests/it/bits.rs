//! Detection of flipped bits without a record of the file's hash. The tests flip every bit of a
//! zip, and one or two bits in every byte of a tar, which is larger, one at a time. They also state
//! which bits cannot be detected.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

use sealift_archive::{ExamineOptions, FaultKind, VerifyOptions, examine_file};
use sealift_testing::layouts::{Entry, Image, file, noise, pack};

use crate::containers::{ran, sealift_zip};
use crate::layouts::{all_layouts, verify, verify_with};
use crate::renaming::renamed;

/// Returns a small image, so that its archives have few bits.
fn image() -> Image {
    let layer = pack(&[file("a", b"hello".to_vec())]);
    Image { layers: vec![layer], ..Image::new("web:1.0", 1) }
}

fn deep() -> ExamineOptions<'static> {
    ExamineOptions::new().with_decompress_layers(true)
}

/// Flips bits of a file one at a time. Returns those that are not detected, each as the offset of
/// the byte and the number of the bit. Also asserts that a detected bit is not reported as "no
/// image", and that an undetected bit does not change the image.
fn unfound(content: &[u8], bits: impl Iterator<Item = (usize, u8)>) -> Vec<(usize, u8)> {
    let bits = Mutex::new(bits.collect::<Vec<_>>().into_iter());
    let unfound = Mutex::new(Vec::new());
    let sound = {
        let whole = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(whole.path(), content).unwrap();
        examine_file(whole.path(), &deep()).unwrap().identity().config
    };
    let work = || {
        let target = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(target.path(), content).unwrap();
        let file: &File = target.as_file();
        loop {
            let next = bits.lock().unwrap().next();
            let Some((at, bit)) = next else { break };
            file.write_all_at(&[content[at] ^ 1 << bit], at as u64).unwrap();
            match examine_file(target.path(), &deep()) {
                Ok(found) => {
                    assert_eq!(found.identity().config, sound, "bit {bit} of byte {at}");
                    unfound.lock().unwrap().push((at, bit));
                }
                Err(error) => {
                    let fault = error.as_fault().unwrap_or_else(|| panic!("{error}"));
                    let kind = fault.kind();
                    assert_ne!(kind, FaultKind::NotAnImage, "bit {bit} of byte {at}: {fault}");
                }
            }
            file.write_all_at(&content[at..=at], at as u64).unwrap();
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(work);
        }
    });
    let mut unfound = unfound.into_inner().unwrap();
    unfound.sort_unstable();
    unfound
}

fn every_bit(length: usize) -> impl Iterator<Item = (usize, u8)> {
    (0..length).flat_map(|at| (0..8).map(move |bit| (at, bit)))
}

/// Returns pseudo-random bits that are the same each time.
fn some_bits(length: usize, count: usize) -> impl Iterator<Item = (usize, u8)> {
    noise(count * 5)
        .chunks(5)
        .map(|bytes| {
            let at = bytes[..4].iter().fold(0_usize, |at, &byte| at << 8 | usize::from(byte));
            (at % length, bytes[4] % 8)
        })
        .collect::<Vec<_>>()
        .into_iter()
}

#[test]
fn every_bit_of_a_zip_is_covered() {
    for (_, entries) in all_layouts(&image()).into_iter().take(2) {
        let zip = sealift_zip(&pack(&entries));
        assert_eq!(unfound(&zip, every_bit(zip.len())), []);
    }
}

#[test]
fn bits_of_a_large_zip_are_covered_at_any_position() {
    let mut entries = image().docker_blobs();
    let half = [noise(1 << 20), vec![0; 1 << 20], noise(1 << 10).repeat(700)].concat();
    entries.push(file("large", half));
    let zip = sealift_zip(&pack(&entries));
    assert!(zip.len() > 1 << 20);
    assert_eq!(unfound(&zip, some_bits(zip.len(), 60)), []);
}

/// Returns the names of a zip's parts by their offsets.
fn parts(zip: &[u8]) -> BTreeMap<usize, &'static str> {
    let number = |at: usize| usize::from(u16::from_le_bytes([zip[at], zip[at + 1]]));
    let find = |signature: &[u8]| zip.windows(4).rposition(|bytes| bytes == signature).unwrap();
    let (directory, end) = (find(b"PK\x01\x02"), find(b"PK\x05\x06"));
    let name = number(26);
    BTreeMap::from([
        (0, "local header"),
        (30 + name, "local fields"),
        (30 + name + number(28), "packed content"),
        (directory, "directory"),
        (directory + 4, "made by"),
        (directory + 6, "directory"),
        (directory + 36, "attributes"),
        (directory + 42, "directory"),
        (directory + 46 + number(directory + 28), "directory fields"),
        (end, "end"),
    ])
}

#[test]
fn bits_of_zips_of_other_tools_are_covered_as_far_as_possible() {
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("web.docker");
    std::fs::write(&plain, pack(&image().podman())).unwrap();
    let target = |name: &str| folder.path().join(name);
    let python = |target: &Path| {
        ran(Command::new("python3").args(["-m", "zipfile", "-c"]).arg(target).arg(&plain))
    };
    let info_zip =
        |target: &Path| ran(Command::new("zip").args(["-q", "-j"]).arg(target).arg(&plain));
    for (name, is_made) in
        [("python.zip", python(&target("python.zip"))), ("zip.zip", info_zip(&target("zip.zip")))]
    {
        if !is_made {
            continue;
        }
        let zip = std::fs::read(target(name)).unwrap();
        let parts = parts(&zip);
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for (at, _) in unfound(&zip, every_bit(zip.len())) {
            let (_, part) = parts.range(..=at).next_back().unwrap();
            *counts.entry(part).or_default() += 1;
        }
        eprintln!("{name}: {counts:?} of {} bits", zip.len() * 8);
        // Undetected are bits that result in another stream with the same content, and values that
        // only the directory states.
        let allowed =
            ["packed content", "made by", "attributes", "local fields", "directory fields"];
        assert!(counts.keys().all(|part| allowed.contains(part)), "{name}: {counts:?}");
        assert!(
            counts.get("packed content").is_none_or(|&count| count < zip.len() / 10),
            "{counts:?}"
        );
    }
}

/// A step between bits that flips one or two bits in every byte, and each of the eight bits equally
/// often.
const EVERY_BYTE: usize = 5;

/// Does the same for a tar in memory, for one in `step` bits.
fn unfound_in_tar(tar: &[u8], step: usize) -> Vec<(usize, u8)> {
    let options = VerifyOptions::new().with_decompress_layers(true);
    let sound = verify(tar).unwrap().identity().config;
    let half = tar.len() / 2;
    let work = |range: std::ops::Range<usize>| {
        let mut flipped = tar.to_vec();
        let mut unfound = Vec::new();
        for (at, bit) in range
            .flat_map(|at| (0..8).map(move |bit| (at, bit)))
            .filter(|(at, bit)| (at * 8 + usize::from(*bit)).is_multiple_of(step))
        {
            flipped[at] ^= 1 << bit;
            match verify_with(&flipped, options.clone(), tar.len()) {
                Ok(proof) => {
                    assert_eq!(proof.identity().config, sound, "bit {bit} of byte {at}");
                    unfound.push((at, bit));
                }
                Err(fault) => {
                    assert_ne!(
                        fault.kind(),
                        FaultKind::NotAnImage,
                        "bit {bit} of byte {at}: {fault}"
                    );
                }
            }
            flipped[at] ^= 1 << bit;
        }
        unfound
    };
    std::thread::scope(|scope| {
        let first = scope.spawn(|| work(0..half));
        let second = work(half..tar.len());
        [first.join().unwrap(), second].concat()
    })
}

/// Returns the name of the entry to which a byte of a tar belongs, and `true` if the byte is part
/// of the entry's content.
fn place(entries: &[Entry], tar: &[u8], at: usize) -> (String, bool) {
    let mut archive = tar::Archive::new(tar);
    for (entry, made) in archive.entries().unwrap().zip(entries) {
        let entry = entry.unwrap();
        let start = usize::try_from(entry.raw_file_position()).unwrap();
        let end = start + usize::try_from(entry.size()).unwrap();
        if at < end {
            return (made.name.clone(), at >= start);
        }
    }
    ("end".to_owned(), false)
}

#[test]
fn only_content_without_a_digest_can_change_undetected_in_a_tar() {
    for (index, (layout, entries)) in all_layouts(&image()).into_iter().enumerate() {
        let tar = pack(&entries);
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for (at, bit) in unfound_in_tar(&tar, if index == 0 { EVERY_BYTE } else { 37 }) {
            let (name, is_content) = place(&entries, &tar, at);
            assert!(is_content, "{layout}: bit {bit} of byte {at}, in the header of {name}");
            if name.ends_with(".tar.gz") {
                continue; // The time and the system in the header of a gzip stream.
            }
            let file = name.rsplit('/').next().unwrap().to_owned();
            *counts.entry(file).or_default() += 1;
        }
        eprintln!("{layout}: {counts:?} of {} bits", tar.len() * 8);
        let uncovered =
            ["manifest.json", "index.json", "oci-layout", "repositories", "VERSION", "json"];
        assert!(
            counts.keys().all(|name| uncovered.contains(&name.as_str())),
            "{layout}: {counts:?}"
        );
    }
}

#[test]
fn every_byte_of_a_renamed_tar_is_covered() {
    for (index, (layout, entries)) in all_layouts(&image()).into_iter().enumerate() {
        let tar = renamed(&pack(&entries));
        assert_eq!(unfound_in_tar(&tar, if index == 1 { EVERY_BYTE } else { 37 }), [], "{layout}");
    }
}

#[test]
fn zeroed_blocks_are_damage_at_any_position() {
    for (layout, entries) in all_layouts(&image()) {
        let tar = pack(&entries);
        let ends: Vec<usize> = (0..=tar.len()).step_by(512).collect();
        for (at, &start) in ends.iter().enumerate() {
            for &end in &ends[at + 1..] {
                let mut zeroed = tar.clone();
                zeroed[start..end].fill(0);
                if zeroed == tar {
                    continue;
                }
                match verify_with(
                    &zeroed,
                    VerifyOptions::new().with_decompress_layers(true),
                    65_536,
                ) {
                    // Nothing shows that the archive had this entry.
                    Ok(_) if place(&entries, &tar, start).0 == "repositories" => {}
                    Ok(_) => {
                        panic!("{layout}: {start}..{end}, from {:?}", place(&entries, &tar, start))
                    }
                    Err(fault) => assert_eq!(
                        fault.kind(),
                        FaultKind::Damaged,
                        "{layout} {start}..{end}: {fault}"
                    ),
                }
            }
        }
        assert!(verify(&tar).is_ok());
    }
}

#[test]
fn a_zip_with_a_zeroed_start_or_end_is_damaged() {
    let zip = sealift_zip(&pack(&image().podman()));
    let target = tempfile::NamedTempFile::new().unwrap();
    for length in [1, 4, 30, 100, 512, zip.len() / 2, zip.len()] {
        for start in [0, zip.len() - length] {
            let mut zeroed = zip.clone();
            zeroed[start..start + length].fill(0);
            if zeroed == zip {
                continue;
            }
            std::fs::write(target.path(), &zeroed).unwrap();
            let error = examine_file(target.path(), &deep()).unwrap_err();
            let fault = error.as_fault().unwrap();
            assert_eq!(fault.kind(), FaultKind::Damaged, "{length} bytes from {start}: {fault}");
        }
    }
}

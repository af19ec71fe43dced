//! Tests of two versions of an archive: their zips share most blocks, byte by byte.

use std::collections::HashSet;
use std::io::{Cursor, Write as _};
use std::sync::LazyLock;

use sealift_archive::{Block, BlockTable, Level, ZipSink};
use sealift_testing::layouts::noise;

/// A file of a layer: its name, content and time.
type LayerFile = (String, Vec<u8>, u64);

/// Returns content that compresses.
fn content(seed: usize, length: usize) -> Vec<u8> {
    noise(length + seed * 13)[seed * 13..].iter().map(|byte| b'a' + byte % 20).collect()
}

/// Returns a layer of 300 small and 60 large files.
fn layer() -> Vec<LayerFile> {
    let length = |number: usize| match number % 6 {
        0 => 9_000 + number * 150,
        _ => number * 37 % 4_000,
    };
    (0..360).map(|number| (format!("usr/{number}"), content(number, length(number)), 1)).collect()
}

fn append(tar: &mut tar::Builder<Vec<u8>>, name: &str, content: &[u8], time: u64) {
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mtime(time);
    tar.append_data(&mut header, name, content).unwrap();
}

/// Returns the blocks of the zip of an archive with this layer.
fn blocks(files: &[LayerFile], level: Level) -> BlockTable {
    let mut layer = tar::Builder::new(Vec::new());
    for (name, content, time) in files {
        append(&mut layer, name, content, *time);
    }
    let mut tar = tar::Builder::new(Vec::new());
    append(&mut tar, "layer.tar", &layer.into_inner().unwrap(), 1);
    append(&mut tar, "manifest.json", b"[]", 1);
    let mut zip = ZipSink::with_level(Cursor::new(Vec::new()), "a.docker", level).unwrap();
    zip.write_all(&tar.into_inner().unwrap()).unwrap();
    zip.finish_with_blocks().unwrap().1
}

static OLD: LazyLock<BlockTable> = LazyLock::new(|| blocks(&layer(), Level::Default));

/// Returns the number of blocks that the first version does not have, and their share of all bytes
/// in percent.
fn differing(new: &[LayerFile]) -> (usize, u64) {
    let new = blocks(new, Level::Default);
    let there: HashSet<_> = OLD.iter().map(|block| block.checksums.unwrap()).collect();
    let bytes = |blocks: &[Block]| blocks.iter().map(|block| u64::from(block.size)).sum::<u64>();
    let all: Vec<Block> = new.iter().collect();
    let is_new = |block: &Block| !there.contains(&block.checksums.unwrap());
    let differing: Vec<Block> = new.iter().filter(is_new).collect();
    (differing.len(), bytes(&differing) * 100 / bytes(&all))
}

#[test]
fn a_changed_file_changes_its_blocks_and_adjacent_ones() {
    for number in [6, 7, 180, 355] {
        let mut changed = layer();
        let length = changed[number].1.len();
        changed[number].1 = content(1_000, length + 5_000);
        let (count, _) = differing(&changed);
        // The blocks with the header of the layer, before the file, of the file, and after it.
        assert!((1..=4).contains(&count), "{number}: {count}");
    }
}

#[test]
fn an_inserted_file_changes_adjacent_blocks() {
    for at in [0, 1, 100, 360] {
        let mut changed = layer();
        changed.insert(at, ("usr/new".to_owned(), content(1_000, 3_000), 1));
        let (count, _) = differing(&changed);
        assert!((1..=4).contains(&count), "{at}: {count}");
    }
}

#[test]
fn new_times_change_only_the_blocks_of_headers_and_small_files() {
    let mut rebuilt = layer();
    rebuilt.iter_mut().enumerate().for_each(|(number, (_, _, time))| *time = 1_000 + number as u64);
    let (_, percent) = differing(&rebuilt);
    // Small files and headers are a quarter of the bytes.
    assert!(percent <= 30, "{percent} %");
    let (count, _) = differing(&layer());
    assert_eq!(count, 0);
}

#[test]
fn the_level_does_not_change_the_cuts() {
    let sizes =
        |table: &BlockTable| -> Vec<u32> { table.iter().map(|block| block.plain_size).collect() };
    for level in [Level::Fast, Level::Best] {
        assert_eq!(sizes(&blocks(&layer(), level)), sizes(&OLD));
    }
}

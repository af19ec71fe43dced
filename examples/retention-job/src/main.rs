//! Keeps the newest versions of every image in a folder, and as many dirty builds: `retention-job
//! FOLDER KEEP`. Meant to run every night.

use anyhow::{Context as _, Result, bail};
use sealift_catalog::{Keep, Retention, retain};
use sealift_store::{ReadOptions, RemovalReport, Store};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, keep] = arguments.as_slice() else {
        bail!("usage: retention-job FOLDER KEEP");
    };
    let keep = keep.parse().with_context(|| format!("`{keep}` is no number of versions"))?;
    let report = clean(&Store::open(folder)?, keep)?;
    for removed in &report.removed {
        println!("removed {} ({} bytes)", removed.archive, removed.size);
    }
    for failed in &report.failed {
        eprintln!("{} is still there: {}", failed.archive, failed.error);
    }
    if !report.failed.is_empty() {
        bail!("{} archives could not be removed", report.failed.len());
    }
    Ok(())
}

/// Removes all but the newest `keep` versions and dirty builds of each image and platform.
fn clean(store: &Store, keep: usize) -> Result<RemovalReport> {
    let archives = store.scan()?.archives;
    // Archives without a record are read first, because a file that only has the name of an archive
    // must not be removed.
    let entries = store.examined_entries(&archives, &ReadOptions::default())?;
    let retention = Retention::keeping(Keep::newest(keep));
    Ok(store.remove(&retain(&entries, &retention))?)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use sealift_testing::layouts::{Image, pack};

    use super::*;

    #[test]
    fn the_newest_stay_and_what_is_no_image_stays_too() {
        let folder = tempfile::tempdir().unwrap();
        let put = |version: &str, seed: u8| {
            let image = Image::new(&format!("web:{version}"), seed);
            let id = image.id();
            let name = format!("web_{version}_{}.docker", &id["sha256:".len()..][..12]);
            fs::write(folder.path().join(&name), pack(&image.docker_blobs())).unwrap();
            name
        };
        let (old, newer, newest) = (put("1.9.0.3", 1), put("1.10.0.1", 2), put("1.10.0.2", 3));
        let diary = "web_1.0.0.1_0123456789ab.docker";
        fs::write(folder.path().join(diary), "dear diary").unwrap();

        let report = clean(&Store::open(folder.path()).unwrap(), 2).unwrap();
        let removed: Vec<_> = report.removed.iter().map(|one| one.archive.as_str()).collect();
        assert_eq!(removed, [old.as_str()]);
        for kept in [newer.as_str(), &newest, diary] {
            assert!(folder.path().join(kept).is_file(), "{kept}");
        }
    }
}

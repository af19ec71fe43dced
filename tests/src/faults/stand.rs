//! A folder for the faults, and the assertions after them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;
use std::time::SystemTime;

use sealift_testing::layouts::{Image, pack};
use serde_json::Value;

use super::saved::Saved;
use crate::command::{Place, Said};

/// The content of a folder: the contents of files, and folders with a `/` at the end of their
/// names.
pub(crate) type Everything = BTreeMap<String, Vec<u8>>;

/// A folder with an older archive of the image and its record.
pub(crate) struct Stand {
    pub(crate) place: Place,
    pub(crate) before: Everything,
}

/// The older archives of the images and their records.
static OLDER: LazyLock<Vec<(String, Vec<u8>, SystemTime)>> = LazyLock::new(|| {
    let place = Place::new();
    for (tag, seed) in [("web:1.0.0.1", 1), ("team/web:1.0.0.1", 1)] {
        std::fs::write(place.dir.path().join("file"), pack(&Image::new(tag, seed).podman()))
            .unwrap();
        place.ok(&["add", "file"]);
    }
    place.put("readme.txt", b"mine");
    let read = |(name, content): (String, Vec<u8>)| {
        let metadata = std::fs::metadata(place.artifacts().join(&name)).unwrap();
        (name, content, metadata.modified().unwrap())
    };
    everything(&place.artifacts()).into_iter().map(read).collect()
});

impl Stand {
    /// Creates the folder for this engine.
    pub(crate) fn new(host: &str) -> Self {
        let place = Place::with_engine(host);
        fill(&place.artifacts());
        let before = everything(&place.artifacts());
        Self { place, before }
    }

    pub(crate) fn now(&self) -> Everything {
        everything(&self.place.artifacts())
    }

    /// Asserts that a command failed with this exit code and these words, and changed nothing.
    pub(crate) fn assert_refused(&self, said: &Said, code: i32, words: &str) {
        assert_eq!(said.code, code, "{words}: {said:?}");
        assert!(said.stderr.contains(words), "the error should contain `{words}`: {said:?}");
        self.assert_unchanged(said);
    }

    pub(crate) fn assert_unchanged(&self, said: &Said) {
        assert_eq!(names_that_differ(&self.before, &self.now()), Vec::<String>::new(), "{said:?}");
    }

    /// Asserts that the image has a single, complete archive, and that nothing else was left over.
    pub(crate) fn assert_taken(&self, saved: &Saved, said: &Said, compressed: bool) {
        assert_eq!(said.code, 0, "{said:?}");
        let (image, version) = saved.reference.split_once(':').unwrap();
        let format = if compressed { "zip" } else { "docker" };
        let id = &saved.config[7..19];
        let path = format!("{image}_{version}_{id}.{format}");
        let archives = archives_of(&self.place, image);
        assert_eq!(archives, std::slice::from_ref(&path), "{said:?}");
        self.assert_only_whole_archives();
        assert_eq!(staging_in(&self.now()), Vec::<String>::new());
    }

    /// Asserts that every byte of every archive is right.
    pub(crate) fn assert_only_whole_archives(&self) {
        assert_whole(&self.place, &self.place.artifacts());
    }
}

/// Puts the older archives into a folder.
pub(crate) fn fill(folder: &Path) {
    for (name, content, modified) in OLDER.iter() {
        let path = folder.join(name);
        if name.ends_with('/') {
            std::fs::create_dir_all(path).unwrap();
            continue;
        }
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        std::fs::File::options().write(true).open(&path).unwrap().set_modified(*modified).unwrap();
    }
}

/// Asserts that all files in a folder with the name of an archive are complete.
pub(crate) fn assert_whole(place: &Place, folder: &Path) {
    let folder = folder.to_str().unwrap();
    let said = place.run(&["--dir", folder, "verify", "--deep", "--json"]);
    let report: Value = serde_json::from_str(&said.stdout).unwrap_or_default();
    let archives = report.as_array().unwrap_or_else(|| panic!("{said:?}"));
    let are_whole = archives.iter().all(|archive| archive["verdict"] == "whole");
    assert!(said.code == 0 && are_whole, "{said:?}");
}

/// Returns the paths of an image's archives, relative to the folder.
pub(crate) fn archives_of(place: &Place, image: &str) -> Vec<String> {
    let list: Value = serde_json::from_str(&place.ok(&["list", image, "--json"])).unwrap();
    let paths = list.as_array().unwrap().iter();
    let name = |archive: &Value| {
        let path = archive["path"].as_str().unwrap();
        path.strip_prefix("artifacts/").unwrap().to_owned()
    };
    paths.map(name).collect()
}

/// Returns the staging files.
pub(crate) fn staging_in(everything: &Everything) -> Vec<String> {
    let is_staging = |name: &&String| name.contains(".sealift-") || name.contains("/draft-");
    everything.keys().filter(is_staging).cloned().collect()
}

/// Reads a folder without its lock file, which names the last holder.
pub(crate) fn everything(folder: &Path) -> Everything {
    let mut found = Everything::new();
    collect(folder, folder, &mut found);
    found
}

fn collect(root: &Path, folder: &Path, found: &mut Everything) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root).unwrap().display().to_string();
        if path.is_dir() {
            found.insert(format!("{name}/"), Vec::new());
            collect(root, &path, found);
        } else if name != ".sealift/lock" {
            found.insert(name, std::fs::read(&path).unwrap());
        }
    }
}

/// Returns the names of files that differ, or that are only in one folder, because the contents are
/// too long for a message.
pub(crate) fn names_that_differ(before: &Everything, after: &Everything) -> Vec<String> {
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names.into_iter().filter(|name| before.get(*name) != after.get(*name)).cloned().collect()
}

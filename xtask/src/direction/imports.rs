//! The imports between the files of a crate, and the types that the files declare.
//!
//! A file may import other files by their own paths, as long as they do not import it in turn,
//! directly or through others. It must not import through the crate root: its exports are for other
//! crates, and files that use them would all depend on each other. A name belongs to only one type
//! of a crate.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::cycles::{FileGraph, cycles};
use super::{paths, types};

/// Returns a line for each import through the crate root, for each import in a cycle, and for each
/// name that several types of a crate have.
pub(super) fn violations(metadata: &Value) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for (name, folder) in members(metadata) {
        let faults = Imports::of(&files(&folder)?).with_context(|| name.clone())?.faults();
        found.extend(faults.iter().map(|fault| format!("{name}: {fault}")));
    }
    Ok(found)
}

/// Returns the names of the crates that have rules, and of this one, with the folders of their
/// sources.
fn members(metadata: &Value) -> Vec<(String, std::path::PathBuf)> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let ours = packages.filter(|package| package["source"].is_null());
    let named = ours.filter_map(|package| {
        let name = package["name"].as_str()?.to_owned();
        let folder = Path::new(package["manifest_path"].as_str()?).parent()?.join("src");
        Some((name, folder))
    });
    named.filter(|(name, _)| super::crates::height(name).is_some() || name == "xtask").collect()
}

/// Reads all source files below a folder. The keys are their paths in it.
fn files(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).with_context(|| next.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(folder)?.to_string_lossy().into_owned();
                files.insert(name, fs::read_to_string(&path)?);
            }
        }
    }
    Ok(files)
}

/// The imports of one crate.
#[derive(Debug, Default)]
struct Imports {
    /// The names that a file imports from another file, by the paths of both.
    arrows: BTreeMap<(String, String), BTreeSet<String>>,
    /// The names that a file imports from the crate root.
    through_root: BTreeMap<String, BTreeSet<String>>,
    /// The places that declare a type of this name.
    types: BTreeMap<String, BTreeSet<String>>,
}

impl Imports {
    /// Reads source files. The keys are their paths below `src`.
    fn of(files: &BTreeMap<String, String>) -> Result<Self> {
        let mut read = BTreeMap::new();
        for (file, text) in files {
            // A program in the package of a library is a crate of its own.
            if file == "main.rs" && files.contains_key("lib.rs") || file.starts_with("bin/") {
                continue;
            }
            let module = module(file);
            let paths = paths::read(text, &module).with_context(|| file.clone())?;
            read.insert(module, (file, text, paths));
        }
        let is_for_tests = |module: &[String]| {
            (1..=module.len()).any(|length| {
                let parent = read.get(&module[..length - 1]);
                parent.is_some_and(|(_, _, paths)| paths.tests.contains(&module[length - 1]))
            })
        };
        let mut imports = Self::default();
        for (module, (file, text, paths)) in &read {
            if is_for_tests(module) {
                continue;
            }
            for path in types::read(text)? {
                let (name, place) = path.split_last().context("a type has a name")?;
                let place = [[file.to_string()].as_slice(), place].concat().join(" ");
                imports.types.entry(name.clone()).or_default().insert(place);
            }
            for path in &paths.named {
                let longest =
                    (0..=path.len()).rev().find(|&length| read.contains_key(&path[..length]));
                let Some(length) = longest else { continue };
                let (other, ..) = &read[&path[..length]];
                let name = path.get(length).map_or("*", String::as_str).to_owned();
                if other == file {
                } else if length == 0 {
                    imports.through_root.entry(file.to_string()).or_default().insert(name);
                } else {
                    let arrow = (file.to_string(), other.to_string());
                    imports.arrows.entry(arrow).or_default().insert(name);
                }
            }
        }
        Ok(imports)
    }

    /// Returns a line for each import through the crate root, for each import in a cycle, and for
    /// each name of several types.
    fn faults(&self) -> Vec<String> {
        let list = |names: &BTreeSet<String>| Vec::from_iter(names.iter().cloned()).join(", ");
        let roots = self.through_root.iter();
        let mut lines: Vec<String> = roots
            .map(|(file, names)| format!("{file} imports through the crate root: {}", list(names)))
            .collect();
        let mut graph = FileGraph::new();
        for (from, to) in self.arrows.keys() {
            graph.entry(from).or_default().insert(to);
        }
        for cycle in cycles(&graph) {
            lines.push(format!("{} files import each other in a cycle", cycle.len()));
            let is_in = |file: &String| cycle.contains(file.as_str());
            for ((from, to), names) in &self.arrows {
                if is_in(from) && is_in(to) {
                    lines.push(format!("  {from} -> {to}: {}", list(names)));
                }
            }
        }
        let doubled = self.types.iter().filter(|(_, places)| places.len() > 1);
        lines.extend(
            doubled.map(|(name, places)| format!("several types are `{name}`: {}", list(places))),
        );
        lines
    }
}

/// Returns the absolute path of the module that a file holds.
fn module(file: &str) -> Vec<String> {
    let mut names: Vec<String> =
        file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    let last = names.last().map(String::as_str);
    if last == Some("mod") || names.len() == 1 && matches!(last, Some("lib" | "main")) {
        names.pop();
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(files: &[(&str, &str)]) -> Vec<String> {
        let files = files.iter().map(|&(file, text)| (file.to_owned(), text.to_owned())).collect();
        Imports::of(&files).unwrap().faults()
    }

    #[test]
    fn imports_downwards_are_allowed() {
        let files = [
            ("lib.rs", "mod read; mod tar; pub use read::Reader;"),
            ("read/mod.rs", "mod zip; pub use zip::Zip; use crate::tar::Header;"),
            ("read/zip.rs", "use crate::tar::{self, Header};"),
            ("tar.rs", "pub struct Header;"),
        ];
        assert_eq!(faults(&files), [""; 0]);
    }

    #[test]
    fn a_cycle_is_reported_with_its_imports() {
        let files = [
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", "use crate::b::B; use crate::c;"),
            ("b.rs", "fn f() { crate::c::g(); crate::c::h() }"),
            ("c.rs", "use super::a::A;"),
        ];
        assert_eq!(
            faults(&files),
            [
                "3 files import each other in a cycle",
                "  a.rs -> b.rs: B",
                "  a.rs -> c.rs: *",
                "  b.rs -> c.rs: g, h",
                "  c.rs -> a.rs: A",
            ]
        );
    }

    #[test]
    fn a_child_that_imports_from_its_parent_makes_a_cycle() {
        let files = [
            ("main.rs", "mod read;"),
            ("read/mod.rs", "mod zip; pub use zip::Zip; pub struct Name;"),
            ("read/zip.rs", "use super::Name;"),
        ];
        assert_eq!(faults(&files).len(), 3);
    }

    #[test]
    fn an_import_through_the_crate_root_is_reported() {
        let files = [
            ("lib.rs", "mod a; mod b; pub use a::A;"),
            ("a.rs", "pub struct A;"),
            ("b.rs", "use crate::A; fn f(x: super::A) {}"),
        ];
        assert_eq!(faults(&files), ["b.rs imports through the crate root: A"]);
    }

    #[test]
    fn code_for_tests_may_import_anything() {
        let files = [
            ("lib.rs", "mod a; #[cfg(test)] mod properties; pub use a::A;"),
            ("a.rs", "#[cfg(test)] mod tests { use crate::properties::Property; }"),
            ("properties/mod.rs", "mod more; pub struct Property; use crate::A;"),
            ("properties/more.rs", "use crate::properties::Property; use crate::a::A;"),
        ];
        assert_eq!(faults(&files), [""; 0]);
    }

    #[test]
    fn two_types_of_one_name_are_reported() {
        let files = [
            ("lib.rs", "mod a; mod b; #[cfg(test)] mod properties;"),
            ("a.rs", "pub struct Part; impl Iterator for Part { type Item = u8; }"),
            ("b.rs", "enum Part {} impl Iterator for X { type Item = u8; }"),
            ("properties.rs", "struct Part;"),
        ];
        assert_eq!(faults(&files), ["several types are `Part`: a.rs, b.rs"]);
    }

    #[test]
    fn a_program_in_the_package_of_a_library_is_a_crate_of_its_own() {
        let files = [("lib.rs", "mod a;"), ("a.rs", ""), ("main.rs", "use crate::a::A;")];
        assert_eq!(faults(&files), [""; 0]);
    }
}

//! `cargo xtask public-api`: writes the public interface of each library to `public-api.txt` in its
//! folder, so that changes are visible in review. With `--check`, it compares the files with the
//! code.
//!
//! Warnings of rustdoc are errors. No other check runs rustdoc, so the programs are documented as
//! well.
//!
//! The lists are generated from rustdoc's JSON, whose format changes with the compiler. Therefore
//! they are always generated with the oldest supported Rust, and with the release of the package
//! `public-api` that reads its format.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use public_api::Builder;
use regex::{Captures, Regex};
use serde_json::Value;

use crate::{metadata, run, rustc, say, workspace};

const FILE: &str = "public-api.txt";

pub(crate) fn run(is_check: bool) -> Result<()> {
    let metadata = metadata::read(workspace::root(), &["--no-deps"])?;
    let libraries = libraries(&metadata);
    let version = metadata["packages"][0]["rust_version"].as_str();
    let json = document(&documented(&metadata), version.context("there is no rust-version")?)?;
    let mut stale = Vec::new();
    for library in &libraries {
        let name = library.name.replace('-', "_");
        let now = list(&json.join(format!("{name}.json")))
            .with_context(|| format!("cannot read the interface of {}", library.name))?;
        let now = without_foreign_modules(&now, &name)?;
        let file = library.folder.join(FILE);
        if !is_check {
            fs::write(&file, now).with_context(|| file.display().to_string())?;
        } else {
            let noted = fs::read_to_string(&file).unwrap_or_default();
            if let Some(changes) = changes(&noted, &now) {
                say::line(format_args!("{}:\n{changes}", library.name));
                stale.push(library.name.as_str());
            }
        }
    }
    ensure!(
        stale.is_empty(),
        "the public interface differs from {FILE} in {}; `cargo xtask public-api` updates the files",
        stale.join(", ")
    );
    let verb = if is_check { "checked" } else { "wrote" };
    say::step(format_args!("{verb} the public interfaces of {} crates", libraries.len()));
    Ok(())
}

/// A published library.
struct Library {
    name: String,
    folder: PathBuf,
}

/// Returns the names of the packages whose items must be documented.
fn documented(metadata: &Value) -> Vec<&str> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    // Examples and fuzz targets have no documentation.
    let is_read = |name: &&str| *name == "xtask" || name.starts_with("sealift");
    packages.filter_map(|package| package["name"].as_str()).filter(is_read).collect()
}

fn libraries(metadata: &Value) -> Vec<Library> {
    let is_library = |package: &&Value| {
        let targets = package["targets"].as_array().into_iter().flatten();
        let mut kinds = targets.filter_map(|target| target["kind"].as_array()).flatten();
        kinds.any(|kind| kind == "lib")
    };
    let read = |package: &Value| {
        let manifest = Path::new(package["manifest_path"].as_str()?);
        let name = package["name"].as_str()?.to_owned();
        Some(Library { name, folder: manifest.parent()?.to_owned() })
    };
    metadata::published(metadata).filter(is_library).filter_map(read).collect()
}

/// Writes rustdoc's JSON for packages, with all features. Returns the folder that contains it.
fn document(packages: &[&str], version: &str) -> Result<PathBuf> {
    let toolchain = DocToolchain::find(version)?;
    let target = workspace::target().join("public-api");
    fs::create_dir_all(&target)?;
    // JSON is an unstable option, which this variable allows. It is set only for rustdoc: with it,
    // the compiler and build scripts would rebuild every dependency, with other results.
    let rustdoc = target.join("rustdoc");
    let script =
        format!("#!/bin/sh\nRUSTC_BOOTSTRAP=1 exec '{}' \"$@\"\n", toolchain.rustdoc.display());
    fs::write(&rustdoc, script)?;
    fs::set_permissions(&rustdoc, fs::Permissions::from_mode(0o755))?;

    let mut doc = toolchain.cargo;
    doc.args(["doc", "--locked", "--no-deps", "--all-features"]);
    doc.args(packages.iter().flat_map(|package| ["--package", package]));
    doc.arg("--target-dir").arg(&toolchain.target);
    doc.env("RUSTDOC", &rustdoc)
        .env("RUSTDOCFLAGS", "-D warnings -Zunstable-options --output-format json");
    ensure!(run::shown(&mut doc)?, "rustdoc failed or warned");
    Ok(toolchain.target.join("doc"))
}

/// The toolchain that the lists are generated with.
struct DocToolchain {
    cargo: Command,
    rustdoc: PathBuf,
    /// The target folder that it builds into.
    target: PathBuf,
}

impl DocToolchain {
    /// Returns the toolchain of a version: the current one, or one of rustup.
    fn find(version: &str) -> Result<Self> {
        let rustdoc = |sysroot: &str| Path::new(sysroot.trim()).join("bin/rustdoc");
        let current = run::read(&mut rustc::call(&["--version"]))?;
        if is_release_of(&current, version) {
            let sysroot = run::read(&mut rustc::call(&["--print", "sysroot"]))?;
            let target = workspace::target();
            return Ok(Self { cargo: run::cargo(&[]), rustdoc: rustdoc(&sysroot), target });
        }
        let sysroot = rustup_sysroot(version).with_context(|| {
            format!("the lists are generated with Rust {version}, the oldest supported version")
        })?;
        let mut cargo = Command::new("rustup");
        cargo.args(["run", version, "cargo"]).current_dir(workspace::root());
        // These variables select the toolchain that runs this task.
        for name in ["CARGO", "RUSTC", "RUSTDOC", "RUSTUP_TOOLCHAIN"] {
            cargo.env_remove(name);
        }
        let target = workspace::target().join("public-api");
        Ok(Self { cargo, rustdoc: rustdoc(&sysroot), target })
    }
}

/// Returns the folder of a toolchain of rustup, which is installed if it is missing.
fn rustup_sysroot(version: &str) -> Result<String> {
    let sysroot = || {
        let mut sysroot = Command::new("rustup");
        run::read(sysroot.args(["run", version, "rustc", "--print", "sysroot"]))
    };
    if let Ok(sysroot) = sysroot() {
        return Ok(sysroot);
    }
    let mut install = Command::new("rustup");
    install.args(["toolchain", "install", version, "--profile", "minimal"]);
    ensure!(run::shown(&mut install)?, "rustup cannot install the toolchain");
    sysroot()
}

/// Returns `true` if `rustc --version` printed a stable release of this version, such as `1.95`.
fn is_release_of(printed: &str, version: &str) -> bool {
    let release = printed.split_whitespace().nth(1).unwrap_or_default();
    let patch = release.strip_prefix(version).and_then(|rest| rest.strip_prefix('.'));
    patch.is_some_and(|patch| patch.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Lists the items of a public interface, one on each line.
///
/// Implementations that the compiler generates are left out. For derived ones, their methods are
/// left out.
fn list(json: &Path) -> Result<String> {
    let items = |omit_derived: bool| -> Result<Vec<String>> {
        let builder = Builder::from_rustdoc_json(json).omit_blanket_impls(true);
        let builder = builder.omit_auto_trait_impls(true).omit_auto_derived_impls(omit_derived);
        let interface = builder.build().context(
            "rustdoc's JSON has another format than xtask's version of the package `public-api` reads",
        )?;
        Ok(interface.items().map(ToString::to_string).collect())
    };
    let written: BTreeSet<String> = items(true)?.into_iter().collect();
    let shown = |item: &&String| {
        let is_unstable = item.contains("StructuralPartialEq");
        !is_unstable && (item.starts_with("impl") || written.contains(*item))
    };
    Ok(items(false)?.iter().filter(shown).fold(String::new(), |text, item| text + item + "\n"))
}

/// Shortens the paths of types from other crates of sealift. rustdoc prints them with the private
/// modules that define them, so that moving a file in one crate would change the lists of others.
fn without_foreign_modules(list: &str, own: &str) -> Result<String> {
    let path = Regex::new(r"\b(sealift_\w+)::(?:[a-z]\w*::)+([A-Z]\w*)")?;
    let shortened = path.replace_all(list, |found: &Captures<'_>| match &found[1] {
        name if name == own => found[0].to_owned(),
        name => format!("{name}::{}", &found[2]),
    });
    Ok(shortened.into_owned())
}

/// Returns the removed and the added lines of a list, or `None` if it is the same.
fn changes(before: &str, now: &str) -> Option<String> {
    if before == now {
        return None;
    }
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let (before, now) = (lines(before), lines(now));
    let removed = before.difference(&now).map(|line| format!("- {line}"));
    let added = now.difference(&before).map(|line| format!("+ {line}"));
    Some(removed.chain(added).collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toolchains_are_compared_by_their_first_two_numbers() {
        assert!(is_release_of("rustc 1.95.0 (59807616e 2026-04-14)", "1.95"));
        assert!(is_release_of("rustc 1.95.2 (59807616e 2026-04-14)\n", "1.95"));
        assert!(!is_release_of("rustc 1.96.0 (59807616e 2026-04-14)", "1.95"));
        assert!(!is_release_of("rustc 1.9.0", "1.95"));
        assert!(!is_release_of("rustc 1.95.0-nightly (59807616e 2026-04-14)", "1.95"));
    }

    #[test]
    fn modules_of_other_crates_are_left_out() {
        let list = "pub fn sealift_a::b::C::d(sealift_x::y::z::W, std::io::error::Error)\n\
                    pub fn sealift_a::e() -> sealift_x::f::G<sealift_a::h::I>\n";
        assert_eq!(
            without_foreign_modules(list, "sealift_a").unwrap(),
            "pub fn sealift_a::b::C::d(sealift_x::W, std::io::error::Error)\n\
             pub fn sealift_a::e() -> sealift_x::G<sealift_a::h::I>\n"
        );
    }

    #[test]
    fn changes_name_what_was_removed_and_added() {
        assert_eq!(changes("a\nb\n", "a\nb\n"), None);
        assert_eq!(changes("a\nb\nc\n", "a\nc\nd\n").unwrap(), "- b\n+ d");
    }
}

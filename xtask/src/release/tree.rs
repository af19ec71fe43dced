//! The paths of an installed sealift's files, for packages of distributions.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use flate2::{Compression, GzBuilder};

use super::plan::Release;
use super::{licences, verify};

/// The paths that differ between distributions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    /// The folder in which zsh looks for completions.
    pub(crate) zsh: &'static str,
    /// The file with sealift's own licences.
    pub(crate) licence: &'static str,
}

const COMPLETIONS: [(&str, &str); 2] = [
    ("sealift.bash", "usr/share/bash-completion/completions/sealift"),
    ("sealift.fish", "usr/share/fish/vendor_completions.d/sealift.fish"),
];
const DOCUMENTS: &str = "usr/share/doc/sealift";
const MANUAL: &str = "usr/share/man/man1";

/// Copies the results of earlier steps to their installed paths below a new folder, and returns
/// the paths, without a slash at the beginning.
pub(crate) fn grow(release: &Release, style: Style, root: &Path) -> Result<Vec<String>> {
    if root.exists() {
        fs::remove_dir_all(root)?;
    }
    let (stage, source) = (release.layout.stage(), release.layout.source());
    let mut tree = Tree { root, paths: Vec::new() };
    tree.put(&stage.join("sealift"), "usr/bin/sealift", 0o755)?;
    for (name, place) in COMPLETIONS {
        tree.put(&stage.join("completions").join(name), place, 0o644)?;
    }
    tree.put(&stage.join("completions/_sealift"), &format!("{}/_sealift", style.zsh), 0o644)?;
    for page in fs::read_dir(stage.join("man"))
        .context("there are no manual pages: run the step `pages` first")?
    {
        let page = page?;
        let name = page.file_name();
        tree.pack(&page.path(), &format!("{MANUAL}/{}.gz", name.display()))?;
    }
    tree.put(&source.join("README.md"), &format!("{DOCUMENTS}/README.md"), 0o644)?;
    tree.pack(&source.join("CHANGELOG.md"), &format!("{DOCUMENTS}/changelog.gz"))?;
    tree.put(&stage.join(licences::FILE), &format!("{DOCUMENTS}/{}", licences::FILE), 0o644)?;
    let licence = ["LICENSE-MIT", "LICENSE-APACHE"]
        .map(|name| fs::read_to_string(source.join(name)).with_context(|| name.to_owned()));
    let [mit, apache] = licence;
    tree.write(
        format!("sealift: MIT OR Apache-2.0\n\n{}\n\n{}", mit?, apache?).as_bytes(),
        style.licence,
        0o644,
    )?;
    tree.paths.sort();
    Ok(tree.paths)
}

/// Compares an installed sealift with what was packed, and runs it.
pub(crate) fn check(root: &Path, paths: &[String], release: &Release) -> Result<()> {
    for path in paths {
        ensure!(root.join(path).is_file(), "/{path} is not installed");
    }
    verify::try_binary(&release.toolchain, &root.join("usr/bin/sealift"), release.version)
}

/// Returns an error if a removed package left files behind.
pub(crate) fn check_removed(root: &Path, paths: &[String]) -> Result<()> {
    match paths.iter().find(|path| root.join(path).exists()) {
        Some(path) => anyhow::bail!("/{path} is still there after the removal"),
        None => Ok(()),
    }
}

struct Tree<'a> {
    root: &'a Path,
    paths: Vec<String>,
}

impl Tree<'_> {
    fn put(&mut self, file: &Path, place: &str, mode: u32) -> Result<()> {
        let bytes = fs::read(file).with_context(|| {
            format!("{} is missing: run the earlier steps first", file.display())
        })?;
        self.write(&bytes, place, mode)
    }

    /// Compresses a file, without the time and the name in gzip's header.
    fn pack(&mut self, file: &Path, place: &str) -> Result<()> {
        let bytes = fs::read(file).with_context(|| {
            format!("{} is missing: run the earlier steps first", file.display())
        })?;
        let mut gzip = GzBuilder::new().write(Vec::new(), Compression::best());
        gzip.write_all(&bytes)?;
        let packed = gzip.finish()?;
        self.write(&packed, place, 0o644)
    }

    fn write(&mut self, bytes: &[u8], place: &str, mode: u32) -> Result<()> {
        let path = self.root.join(place);
        let failed = || format!("cannot write {}", path.display());
        fs::create_dir_all(path.parent().unwrap_or(self.root)).with_context(failed)?;
        let mut file = File::create(&path).with_context(failed)?;
        file.write_all(bytes).with_context(failed)?;
        file.set_permissions(fs::Permissions::from_mode(mode)).with_context(failed)?;
        self.paths.push(place.to_owned());
        Ok(())
    }
}

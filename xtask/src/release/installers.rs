//! Packages of distributions, with manual pages and completions. Each package is installed into a
//! folder, compared with its content, run, and removed again.
//!
//! `dpkg-deb` and `rpmbuild` are the distributions' own tools, and both are in packages of the
//! system. cargo-deb and cargo-generate-rpm would have to be compiled for each release, and include
//! neither the pages that the command writes nor the licences that are collected here.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::binary;
use super::machine::Machine;
use super::maintainer;
use super::plan::{Release, made};
use super::tree::{self, Style};
use crate::engines::packages;
use crate::{run, say};

const SUMMARY: &str = "Moves container images to places without a registry";
const DESCRIPTION: &str = "sealift saves images from Docker or Podman into a folder of versioned \
    archives,\nverifies every byte, publishes them to web servers and buckets, and loads them into \
    an\nengine on the other side.";

const DEBIAN: Style =
    Style { zsh: "usr/share/zsh/vendor-completions", licence: "usr/share/doc/sealift/copyright" };
const FEDORA: Style =
    Style { zsh: "usr/share/zsh/site-functions", licence: "usr/share/licenses/sealift/LICENSE" };

pub(crate) fn run(release: &Release) -> Result<()> {
    let sealift = binary::built(release)?;
    release.forget(".deb")?;
    release.forget(".rpm")?;
    let Some(machine) = Machine::of_target(release.layout.target()) else {
        say::line(format_args!("no packages: {} is not supported", release.layout.target()));
        return Ok(());
    };
    if !binary::is_static(&sealift)? {
        say::line("no packages: the binary needs the C library of the system that built it");
        return Ok(());
    }
    if let Some(obstacle) = packages::obstacle() {
        say::line(format_args!("no packages: {obstacle}"));
        return Ok(());
    }
    deb(release, machine)?;
    rpm(release, machine)
}

fn deb(release: &Release, machine: Machine) -> Result<()> {
    let root = release.layout.installers().join("deb");
    let paths = tree::grow(release, DEBIAN, &root)?;
    let size: u64 =
        paths.iter().filter_map(|path| fs::metadata(root.join(path)).ok()).map(|it| it.len()).sum();
    let control = root.join("DEBIAN");
    fs::create_dir_all(&control)?;
    fs::write(control.join("control"), control_file(release, machine, size.div_ceil(1024)))?;
    let file =
        release.layout.root().join(format!("sealift_{}-1_{}.deb", release.version, machine.deb()));
    let mut build = Command::new("dpkg-deb");
    build.args(["--root-owner-group", "-Zxz", "--build"]).arg(&root).arg(&file);
    run::read(build.env("SOURCE_DATE_EPOCH", release.moment.seconds.to_string()))?;
    made(&file)?;

    let place = tempfile::tempdir().context("cannot make a folder to install into")?;
    for folder in ["info", "updates", "triggers"] {
        fs::create_dir_all(place.path().join("var/lib/dpkg").join(folder))?;
    }
    fs::write(place.path().join("var/lib/dpkg/status"), "")?;
    let dpkg = |arguments: &[&Path]| {
        let mut command = Command::new("dpkg");
        command.arg(format!("--root={}", place.path().display()));
        command.args(["--force-not-root", "--force-architecture", "--log=/dev/null"]);
        run::read(command.args(arguments))
    };
    dpkg(&[Path::new("--install"), &file])?;
    tree::check(place.path(), &paths, release)?;
    dpkg(&[Path::new("--purge"), Path::new("sealift")])?;
    tree::check_removed(place.path(), &paths)?;
    say::line(format_args!("{} was installed, run and removed", shown(&file)));
    Ok(())
}

fn control_file(release: &Release, machine: Machine, kilobytes: u64) -> String {
    let description: String = DESCRIPTION.lines().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, " {line}");
        text
    });
    format!(
        "Package: sealift\nVersion: {}-1\nArchitecture: {}\nMaintainer: {}\n\
         Installed-Size: {kilobytes}\nRecommends: ca-certificates\nSuggests: openssh-client\n\
         Section: admin\nPriority: optional\nHomepage: {}\nDescription: {SUMMARY}\n{description}",
        release.version,
        machine.deb(),
        maintainer::or_nobody(release.maintainer.as_deref()),
        env!("CARGO_PKG_REPOSITORY"),
    )
}

/// `rpm` and `rpmbuild`, either installed or from an unpacked package.
struct Rpm {
    root: Option<PathBuf>,
}

impl Rpm {
    fn find() -> Result<Self> {
        let root = match run::find("rpmbuild").and(run::find("rpm")) {
            Some(_) => None,
            None => Some(packages::of_the_system("tool-rpm", &["rpm"])?),
        };
        Ok(Self { root })
    }

    fn command(&self, name: &str) -> Result<Command> {
        let Some(root) = &self.root else { return Ok(Command::new(name)) };
        let mut command = Command::new(root.join("usr/bin").join(name));
        command.env("LD_LIBRARY_PATH", packages::libraries(std::slice::from_ref(root))?);
        command.env("RPM_CONFIGDIR", root.join("usr/lib/rpm"));
        Ok(command)
    }
}

fn rpm(release: &Release, machine: Machine) -> Result<()> {
    let rpm = Rpm::find()?;
    let work = release.layout.installers();
    let (root, top) = (work.join("rpm"), work.join("rpmbuild"));
    let paths = tree::grow(release, FEDORA, &root)?;
    let spec = work.join("sealift.spec");
    fs::write(&spec, spec_file(release, &root, &paths))?;
    let mut build = rpm.command("rpmbuild")?;
    build.args(["-bb", "--quiet", "--target", &format!("{machine}-linux")]);
    for definition in [
        format!("_topdir {}", top.display()),
        format!("_rpmdir {}", top.display()),
        "_rpmfilename %{NAME}.rpm".to_owned(),
        // The files are final: rpmbuild must neither strip nor compress them.
        "__os_install_post %{nil}".to_owned(),
        "_build_id_links none".to_owned(),
        "debug_package %{nil}".to_owned(),
        // The bytes must not depend on the machine or on the day.
        "_buildhost localhost".to_owned(),
        "use_source_date_epoch_as_buildtime 1".to_owned(),
        "clamp_mtime_to_source_date_epoch 1".to_owned(),
        // Readable by the oldest RPM that is in use.
        "_binary_payload w7.xzdio".to_owned(),
    ] {
        build.args(["--define", &definition]);
    }
    build.env("SOURCE_DATE_EPOCH", release.moment.seconds.to_string());
    run::read(build.arg(&spec))?;
    let name = format!("sealift-{}-1.{machine}.rpm", release.version);
    let file = release.layout.root().join(name);
    fs::copy(top.join("sealift.rpm"), &file).context("rpmbuild wrote no package")?;
    made(&file)?;

    let place = tempfile::tempdir().context("cannot make a folder to install into")?;
    let call = |arguments: &[&str], file: Option<&Path>| -> Result<String> {
        let mut command = rpm.command("rpm")?;
        command.arg("--root").arg(place.path()).args(["--dbpath", "/var/lib/rpm"]);
        run::read(command.args(arguments).args(file))
    };
    call(&["--install", "--ignorearch", "--nosignature"], Some(&file))?;
    tree::check(place.path(), &paths, release)?;
    let listed = call(&["--query", "--list", "sealift"], None)?;
    let listed: BTreeSet<&str> = listed.lines().map(|line| line.trim_start_matches('/')).collect();
    ensure!(paths.iter().all(|path| listed.contains(path.as_str())), "rpm lists other files");
    call(&["--erase", "sealift"], None)?;
    tree::check_removed(place.path(), &paths)?;
    say::line(format_args!("{} was installed, run and removed", shown(&file)));
    Ok(())
}

fn spec_file(release: &Release, tree: &Path, paths: &[String]) -> String {
    let files: String = paths.iter().fold(String::new(), |mut text, path| {
        let _ = writeln!(text, "%attr(-, root, root) /{path}");
        text
    });
    format!(
        "Name: sealift\nVersion: {}\nRelease: 1\nSummary: {SUMMARY}\nLicense: MIT OR Apache-2.0\n\
         URL: {}\nPackager: {}\nRecommends: ca-certificates\nAutoReqProv: no\n\n\
         %description\n{DESCRIPTION}\n\n\
         %install\ncp -a '{}/.' %{{buildroot}}/\n\n%files\n{files}",
        release.version,
        env!("CARGO_PKG_REPOSITORY"),
        maintainer::or_nobody(release.maintainer.as_deref()),
        tree.display(),
    )
}

fn shown(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

//! Debian packages, unpacked into folders below `target`.
//!
//! Nothing is installed, for three reasons: no service starts by itself, no configuration of the
//! system changes, and packages of another release can be used next to the system's. apt finds the
//! missing dependencies, verifies signatures and downloads. Its lists and caches are below `target`
//! too, so it does not need root.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use anyhow::{Context as _, Result, bail, ensure};

use super::sources::{self, Source};
use crate::{run, say, workspace};

/// Unpacks packages of the system's release, with all dependencies that are not installed.
///
/// Returns a folder with the layout of `/`.
pub(crate) fn of_the_system(name: &str, packages: &[&str]) -> Result<PathBuf> {
    unpacked(name, packages, |folder| {
        let apt = Apt::new(&sources::of_the_system()?, "system", None)?;
        apt.run(
            folder,
            &["install", "--yes", "--download-only", "--no-install-recommends"],
            packages,
        )
    })
}

/// Unpacks packages of another release of Debian, without their dependencies.
pub(crate) fn of_suite(suite: &str, name: &str, packages: &[&str]) -> Result<PathBuf> {
    unpacked(name, packages, |folder| {
        let apt = Apt::new(&[sources::of_suite(suite)?], suite, None)?;
        apt.run(folder, &["download"], packages)
    })
}

/// Packages of the system's own release for another kind of processor, such as `arm64`, without
/// what they need.
pub(crate) fn of_architecture(
    architecture: &str,
    name: &str,
    packages: &[&str],
) -> Result<PathBuf> {
    unpacked(name, packages, |folder| {
        let apt = Apt::new(&sources::of_the_system()?, architecture, Some(architecture))?;
        apt.run(folder, &["download"], packages)
    })
}

/// Returns the folder of packages that were unpacked under this name, whether it exists or not.
pub(crate) fn place(name: &str) -> PathBuf {
    folder(name).join("root")
}

fn folder(name: &str) -> PathBuf {
    workspace::engines().join("packages").join(name)
}

/// Returns the reason why packages cannot be downloaded, if there is one.
pub(crate) fn obstacle() -> Option<&'static str> {
    let found = ["apt-get", "dpkg-deb"].iter().all(|program| run::find(program).is_some());
    (!found).then_some("packages need apt, which is not installed")
}

fn unpacked(
    name: &str,
    packages: &[&str],
    download: impl FnOnce(&Path) -> Result<()>,
) -> Result<PathBuf> {
    let (folder, root) = (folder(name), place(name));
    let stamp = folder.join("complete");
    let wanted = format!("{}\n{}\n", packages.join(" "), installed_at());
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(root);
    }
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    let downloads = folder.join("downloads");
    fs::create_dir_all(downloads.join("partial"))?;
    say::step(format_args!("downloading packages for {name}: {}", packages.join(", ")));
    download(&downloads)?;
    for part in ["usr/bin", "usr/sbin", "usr/lib", "etc"] {
        fs::create_dir_all(root.join(part))?;
    }
    // As on the system. Otherwise the files in a package's /lib would not appear in /usr/lib.
    for part in ["bin", "sbin", "lib"] {
        std::os::unix::fs::symlink(format!("usr/{part}"), root.join(part))?;
    }
    for entry in fs::read_dir(&downloads)? {
        let package = entry?.path();
        if package.extension().is_some_and(|extension| extension == "deb") {
            unpack(&package, &root)?;
        }
    }
    fs::remove_dir_all(&downloads)?;
    fs::write(&stamp, wanted)?;
    Ok(root)
}

/// Unpacks a package as dpkg does, which keeps links to folders.
fn unpack(package: &Path, root: &Path) -> Result<()> {
    let mut content = Command::new("dpkg-deb")
        .arg("--fsys-tarfile")
        .arg(package)
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run dpkg-deb")?;
    let tar = content.stdout.take().context("dpkg-deb has no output")?;
    let mut unpack = Command::new("tar");
    run::read(unpack.args(["-x", "--keep-directory-symlink", "-C"]).arg(root).stdin(tar))?;
    ensure!(content.wait()?.success(), "dpkg-deb cannot read {}", package.display());
    Ok(())
}

/// Returns a value that changes when packages are installed or removed.
fn installed_at() -> u128 {
    fs::metadata("/var/lib/dpkg/status")
        .and_then(|status| status.modified())
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
        .map_or(0, |time| time.as_nanos())
}

/// The names of the sources whose lists this process has updated.
static UPDATED: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Apt {
    configuration: PathBuf,
}

impl Apt {
    /// Configures apt in a separate folder, with these sources and updated lists, for this kind of
    /// processor or that of the system.
    fn new(sources: &[Source], name: &str, architecture: Option<&str>) -> Result<Self> {
        let folder = workspace::engines().join("apt").join(name);
        fs::create_dir_all(folder.join("lists/partial"))?;
        let list = folder.join("sources.list");
        let lines: Vec<String> = sources.iter().map(Source::to_string).collect();
        fs::write(&list, lines.join("\n") + "\n")?;
        let configuration = folder.join("apt.conf");
        let architecture = architecture.map_or_else(String::new, |name| {
            format!("APT::Architecture \"{name}\";\nAPT::Architectures {{ \"{name}\"; }};\n")
        });
        // Lists may have expired, because a mirror can lag. They are signed nevertheless, and an
        // older engine is equally good for tests.
        fs::write(
            &configuration,
            format!(
                "Dir::Etc::sourcelist \"{list}\";\n\
                 Dir::Etc::sourceparts \"/dev/null\";\n\
                 Dir::Etc::preferences \"/dev/null\";\n\
                 Dir::Etc::preferencesparts \"/dev/null\";\n\
                 Dir::State::lists \"{folder}/lists\";\n\
                 Dir::Cache \"{folder}\";\n\
                 Acquire::Languages \"none\";\n\
                 Acquire::Check-Valid-Until \"false\";\n\
                 Acquire::Retries \"3\";\n\
                 Acquire::IndexTargets::deb::DEP-11::DefaultEnabled \"false\";\n\
                 APT::Sandbox::User \"root\";\n\
                 Debug::NoLocking \"true\";\n\
                 #clear APT::Update::Pre-Invoke;\n\
                 #clear APT::Update::Post-Invoke;\n\
                 #clear APT::Update::Post-Invoke-Success;\n\
                 {architecture}",
                list = list.display(),
                folder = folder.display(),
            ),
        )?;
        let apt = Self { configuration };
        let mut updated = UPDATED.lock().unwrap_or_else(PoisonError::into_inner);
        if !updated.iter().any(|other| other == name) {
            run::read(apt.command().args(["update", "--error-on=any"]))?;
            updated.push(name.to_owned());
        }
        Ok(apt)
    }

    fn run(&self, folder: &Path, verb: &[&str], packages: &[&str]) -> Result<()> {
        let archives = format!("Dir::Cache::archives={}", folder.display());
        run::read(
            self.command().args(["-o", &archives]).args(verb).args(packages).current_dir(folder),
        )?;
        Ok(())
    }

    fn command(&self) -> Command {
        let mut command = Command::new("apt-get");
        command
            .arg("-qq")
            .arg("-c")
            .arg(&self.configuration)
            .env("DEBIAN_FRONTEND", "noninteractive");
        command
    }
}

/// Returns the folders in a package that contain libraries outside of the usual places.
pub(crate) fn libraries(roots: &[PathBuf]) -> Result<String> {
    let mut folders = Vec::new();
    for root in roots {
        let libraries = root.join("usr/lib");
        for entry in fs::read_dir(&libraries).with_context(|| libraries.display().to_string())? {
            let folder = entry?.path();
            if folder.to_string_lossy().contains("-linux-gnu") {
                folders.push(folder.to_string_lossy().into_owned());
            }
        }
    }
    if folders.iter().any(|folder| folder.contains(':')) {
        bail!("libraries cannot be used from a folder with `:` in its name");
    }
    Ok(folders.join(":"))
}

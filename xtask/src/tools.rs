//! Programs that tests use in addition to engines. They are the system's, or are unpacked from its
//! packages.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::engines::{self, packages};
use crate::{run, say, workspace};

/// A program and the packages that contain it.
struct Tool {
    name: &'static str,
    /// The major version of the oldest usable release; `None` if every release is usable.
    oldest: Option<u32>,
    origins: &'static [Origin],
}

/// Packages, and the path of the program in them.
struct Origin {
    /// The name of the folder that they are unpacked into.
    folder: &'static str,
    packages: &'static [&'static str],
    /// The release of Debian; `None` for the system's.
    suite: Option<&'static str>,
    file: &'static str,
}

impl Tool {
    const fn any(name: &'static str, origins: &'static [Origin]) -> Self {
        Self { name, oldest: None, origins }
    }

    /// Returns `true` if the system has a usable version.
    fn is_here(&self) -> bool {
        let Some(program) = run::find(self.name) else { return false };
        let Some(oldest) = self.oldest else { return true };
        let said = run::read(Command::new(program).arg("--version")).unwrap_or_default();
        first_number(&said).is_some_and(|number| number >= oldest)
    }
}

/// Returns the first number in the output of a program's `--version`.
fn first_number(said: &str) -> Option<u32> {
    said.split(|c: char| !c.is_ascii_digit()).find(|word| !word.is_empty())?.parse().ok()
}

impl Origin {
    const fn system(
        folder: &'static str,
        packages: &'static [&'static str],
        file: &'static str,
    ) -> Self {
        Self { folder, packages, suite: None, file }
    }

    const fn client(suite: &'static str, folder: &'static str) -> Self {
        Self { folder, packages: &["docker-cli"], suite: Some(suite), file: "usr/bin/docker" }
    }

    const fn containerd(suite: &'static str, folder: &'static str, file: &'static str) -> Self {
        Self { folder, packages: &["containerd"], suite: Some(suite), file }
    }

    const fn buildx(suite: &'static str, folder: &'static str) -> Self {
        let file = "usr/libexec/docker/cli-plugins/docker-buildx";
        Self { folder, packages: &["docker-buildx"], suite: Some(suite), file }
    }
}

/// The programs for tests: readers and writers of archives and zips that sealift is compared with,
/// other ways to build and to copy, content for images, web servers, and tools that inject faults.
const TOOLS: &[Tool] = &[
    Tool::any(
        "7z",
        &[
            Origin::system("tool-p7zip-full", &["p7zip-full"], "usr/lib/p7zip/7z"),
            Origin::system("tool-7zip", &["7zip"], "usr/bin/7z"),
        ],
    ),
    Tool::any(
        "bsdtar",
        &[Origin::system("tool-libarchive", &["libarchive-tools"], "usr/bin/bsdtar")],
    ),
    Tool::any("busybox", &[Origin::system("tool-busybox", &["busybox-static"], "usr/bin/busybox")]),
    Tool::any("apache2", &[Origin::system("tool-apache2", &["apache2-bin"], "usr/sbin/apache2")]),
    // The oldest containerd of supported clusters, and the newest.
    Tool::any(
        "containerd-1",
        &[Origin::containerd("bookworm", "containerd-1", "usr/bin/containerd")],
    ),
    Tool::any("ctr-1", &[Origin::containerd("bookworm", "containerd-1", "usr/bin/ctr")]),
    Tool::any("containerd-2", &[Origin::containerd("sid", "containerd-2", "usr/bin/containerd")]),
    Tool::any("ctr-2", &[Origin::containerd("sid", "containerd-2", "usr/bin/ctr")]),
    Tool {
        // Older versions match ignore files differently from Docker's library.
        oldest: Some(23),
        ..Tool::any(
            "docker",
            &[Origin::client("trixie", "client-trixie"), Origin::client("sid", "client-sid")],
        )
    },
    Tool::any(
        "docker-buildx",
        &[Origin::buildx("sid", "buildx-sid"), Origin::buildx("trixie", "buildx-trixie")],
    ),
    Tool::any(
        "docker-registry",
        &[Origin::system("tool-registry", &["docker-registry"], "usr/bin/docker-registry")],
    ),
    Tool::any("minisign", &[Origin::system("tool-minisign", &["minisign"], "usr/bin/minisign")]),
    Tool::any(
        "nginx",
        &[Origin::system("tool-nginx", &["nginx", "libnginx-mod-http-dav-ext"], "usr/sbin/nginx")],
    ),
    Tool::any("podman", &[Origin::system("podman", engines::PODMAN_PACKAGES, "usr/bin/podman")]),
    Tool::any("python3", &[Origin::system("tool-python3", &["python3"], "usr/bin/python3")]),
    Tool::any("rclone", &[Origin::system("tool-rclone", &["rclone"], "usr/bin/rclone")]),
    Tool::any("rsync", &[Origin::system("tool-rsync", &["rsync"], "usr/bin/rsync")]),
    Tool::any("script", &[Origin::system("tool-bsdutils", &["bsdutils"], "usr/bin/script")]),
    Tool::any("setpriv", &[Origin::system("tool-util-linux", &["util-linux"], "usr/bin/setpriv")]),
    Tool::any("skopeo", &[Origin::system("tool-skopeo", &["skopeo"], "usr/bin/skopeo")]),
    Tool::any("ssh", &[Origin::system("openssh", engines::SSH_PACKAGES, "usr/bin/ssh")]),
    Tool::any(
        "ssh-keygen",
        &[Origin::system("openssh", engines::SSH_PACKAGES, "usr/bin/ssh-keygen")],
    ),
    Tool::any("ssh-add", &[Origin::system("openssh", engines::SSH_PACKAGES, "usr/bin/ssh-add")]),
    Tool::any(
        "ssh-agent",
        &[Origin::system("openssh", engines::SSH_PACKAGES, "usr/bin/ssh-agent")],
    ),
    Tool::any("strace", &[Origin::system("tool-strace", &["strace"], "usr/bin/strace")]),
    Tool::any("unshare", &[Origin::system("tool-util-linux", &["util-linux"], "usr/bin/unshare")]),
    Tool::any("unzip", &[Origin::system("tool-unzip", &["unzip"], "usr/bin/unzip")]),
    Tool::any("zip", &[Origin::system("tool-zip", &["zip"], "usr/bin/zip")]),
];

/// The programs that only benchmarks need.
const BENCH_TOOLS: &[Tool] = &[
    Tool::any(
        "hyperfine",
        &[Origin::system("tool-hyperfine", &["hyperfine"], "usr/bin/hyperfine")],
    ),
    Tool::any("pigz", &[Origin::system("tool-pigz", &["pigz"], "usr/bin/pigz")]),
    Tool::any("zstd", &[Origin::system("tool-zstd", &["zstd"], "usr/bin/zstd")]),
    Tool::any("ip", &[Origin::system("tool-iproute2", &["iproute2"], "usr/bin/ip")]),
    Tool::any("nsenter", &[Origin::system("tool-util-linux", &["util-linux"], "usr/bin/nsenter")]),
    Tool::any("tc", &[Origin::system("tool-iproute2", &["iproute2"], "usr/sbin/tc")]),
    Tool::any("openssl", &[Origin::system("tool-openssl", &["openssl"], "usr/bin/openssl")]),
];

/// Returns a folder with the programs for tests that are missing on the system. It is put first in
/// `PATH`.
///
/// A missing program is logged, and tests that would use it are skipped. In CI it is an error.
pub(crate) fn for_tests() -> Result<PathBuf> {
    let folder = workspace::engines().join("tools");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    for (tool, result) in provide_missing(TOOLS, &folder) {
        match result {
            Err(error) if std::env::var_os("CI").is_none() => {
                say::step(format_args!("continuing without {tool}: {error:#}"));
            }
            result => result.with_context(|| format!("no {tool} for the tests"))?,
        }
    }
    Ok(folder)
}

/// Returns the folder of [`for_tests`] with the programs for benchmarks, all of which are required.
pub(crate) fn for_benchmarks() -> Result<PathBuf> {
    let folder = for_tests()?;
    for (tool, result) in provide_missing(BENCH_TOOLS, &folder) {
        result.with_context(|| format!("no {tool} for the benchmarks"))?;
    }
    Ok(folder)
}

/// Provides the tools that are missing on the system. Returns the result for each.
fn provide_missing(
    tools: &'static [Tool],
    folder: &Path,
) -> impl Iterator<Item = (&'static str, Result<()>)> {
    let missing = tools.iter().filter(|tool| !tool.is_here());
    missing.map(|tool| (tool.name, provide(tool, &folder.join(tool.name))))
}

fn provide(tool: &Tool, place: &Path) -> Result<()> {
    if let Some(obstacle) = packages::obstacle() {
        anyhow::bail!(obstacle);
    }
    let mut failure = anyhow::anyhow!("no package contains it");
    for origin in tool.origins {
        let unpacked = match origin.suite {
            None => packages::of_the_system(origin.folder, origin.packages),
            Some(suite) => packages::of_suite(suite, origin.folder, origin.packages),
        };
        match unpacked {
            Ok(root) if root.join(origin.file).exists() => {
                return make_callable(&root, origin.file, tool.name, place);
            }
            Ok(_) => {
                let packages = origin.packages.join(", ");
                failure = anyhow::anyhow!("there is no {} in {packages}", origin.file);
            }
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// Creates a script that calls an unpacked program with the libraries of its package.
fn make_callable(root: &Path, file: &str, name: &str, place: &Path) -> Result<()> {
    let program = root.join(file);
    if name == "busybox" {
        // busybox needs no libraries, and tests put the file itself into images.
        symlink(program, place)?;
        return Ok(());
    }
    let libraries = packages::libraries(&[root.to_owned()])?;
    let script =
        format!("#!/bin/sh\nLD_LIBRARY_PATH='{libraries}' exec '{}' \"$@\"\n", program.display());
    fs::write(place, script)?;
    // Gives access to the rest of the package, such as a server's modules.
    symlink(root, place.with_extension("root"))?;
    fs::set_permissions(place, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

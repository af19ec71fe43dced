//! Compilers for another kind of processor than that of this machine: those that are installed,
//! or else Debian's packages, unpacked into the target folder.
//!
//! Debian's Rust for browsers (`rustc-web`) is recent enough for this workspace, and its standard
//! library for another processor is a package as well. The two fit each other only: they must be
//! of the same build.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};

use super::machine::Machine;
use crate::engines::packages;
use crate::{run, rustc, workspace};

/// Compilers for another kind of processor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CrossCompiler {
    /// The Rust compiler, unless it is the usual one.
    rustc: Option<PathBuf>,
    /// The C compiler, which also links.
    pub(crate) c_compiler: PathBuf,
    archiver: PathBuf,
}

/// Returns the target of programs that are linked with the GNU C library.
pub(crate) fn target(machine: Machine) -> String {
    format!("{machine}-unknown-linux-gnu")
}

impl CrossCompiler {
    pub(crate) fn provide(machine: Machine) -> Result<Self> {
        match Self::installed(machine) {
            Some(installed) => Ok(installed),
            None => Self::from_packages(machine),
        }
    }

    fn installed(machine: Machine) -> Option<Self> {
        let program = |name: &str| run::find(&format!("{}-{name}", machine.gnu()));
        rustc::has_target(&target(machine)).then_some(())?;
        Some(Self { rustc: None, c_compiler: program("gcc")?, archiver: program("ar")? })
    }

    fn from_packages(machine: Machine) -> Result<Self> {
        if let Some(obstacle) = packages::obstacle() {
            bail!(obstacle);
        }
        let (prefix, deb) = (machine.gnu(), machine.deb());
        let folder = format!("cross-{machine}");
        let gcc = format!("gcc-{}", prefix.replace('_', "-"));
        let libraries = format!("libc6-dev-{deb}-cross");
        let root = packages::of_the_system(&folder, &["rustc-web", &gcc, &libraries])?;
        let std =
            packages::of_architecture(deb, &format!("{folder}-std"), &["libstd-rust-web-dev"])?;
        join(&root, &std, &target(machine))?;

        let tools = workspace::target().join("tools").join(&folder);
        fs::create_dir_all(&tools).with_context(|| format!("cannot make {}", tools.display()))?;
        let script = |name: &str, arguments: &str| script(&root, name, arguments, &tools);
        let sysroot = format!("--sysroot='{}'", root.join("usr").display());
        Ok(Self {
            rustc: Some(script("rustc", &sysroot)?),
            c_compiler: script(&format!("{prefix}-gcc"), "")?,
            archiver: script(&format!("{prefix}-ar"), "")?,
        })
    }

    /// Returns a command that calls the Rust compiler.
    pub(crate) fn rustc(&self, arguments: &[&str]) -> std::process::Command {
        match &self.rustc {
            None => rustc::call(arguments),
            Some(program) => {
                let mut command = std::process::Command::new(program);
                command.args(arguments);
                command
            }
        }
    }

    /// Returns the variables that make cargo and the build scripts of packages use it.
    pub(crate) fn environment(&self, target: &str) -> Vec<(String, OsString)> {
        let small = target.replace('-', "_");
        let mut environment = vec![
            (format!("CARGO_TARGET_{}_LINKER", small.to_uppercase()), self.c_compiler.clone()),
            (format!("CC_{small}"), self.c_compiler.clone()),
            (format!("AR_{small}"), self.archiver.clone()),
        ];
        environment.extend(self.rustc.clone().map(|rustc| ("RUSTC".to_owned(), rustc)));
        environment.into_iter().map(|(name, value)| (name, value.into_os_string())).collect()
    }
}

/// Links the standard library for a target next to that of the compiler's machine, where the
/// compiler looks for it.
fn join(root: &Path, std: &Path, target: &str) -> Result<()> {
    let place = Path::new("usr/lib/rustlib").join(target);
    let (library, link) = (std.join(&place), root.join(&place));
    ensure!(library.is_dir(), "there is no {} in libstd-rust-web-dev", place.display());
    if link.is_symlink() {
        fs::remove_file(&link)?;
    }
    symlink(library, &link).with_context(|| format!("cannot make {}", link.display()))
}

/// Writes a script that calls an unpacked program with the libraries from its packages.
fn script(root: &Path, name: &str, arguments: &str, folder: &Path) -> Result<PathBuf> {
    let (program, script) = (root.join("usr/bin").join(name), folder.join(name));
    ensure!(program.exists(), "no package contains {name}");
    let libraries = packages::libraries(&[root.to_owned()])?;
    let text = format!(
        "#!/bin/sh\nLD_LIBRARY_PATH='{libraries}' exec '{}' {arguments} \"$@\"\n",
        program.display()
    );
    fs::write(&script, text).with_context(|| format!("cannot write {}", script.display()))?;
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
    Ok(script)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_and_build_scripts_get_the_same_compiler() {
        let compiler = CrossCompiler {
            rustc: Some("/tools/rustc".into()),
            c_compiler: "/tools/gcc".into(),
            archiver: "/tools/ar".into(),
        };
        let environment = compiler.environment("aarch64-unknown-linux-gnu");
        let shown: Vec<_> = environment
            .iter()
            .map(|(name, value)| format!("{name}={}", value.to_string_lossy()))
            .collect();
        assert_eq!(
            shown,
            [
                "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=/tools/gcc",
                "CC_aarch64_unknown_linux_gnu=/tools/gcc",
                "AR_aarch64_unknown_linux_gnu=/tools/ar",
                "RUSTC=/tools/rustc"
            ]
        );
    }
}

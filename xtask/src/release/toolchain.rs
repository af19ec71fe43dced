//! The compiler of a binary, and whether it links the binary statically.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::cross::{self, CrossCompiler};
use super::emulator;
use super::machine::Machine;
use crate::{run, rustc, say};

/// The programs that build a binary, and that run it on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Toolchain {
    pub(crate) target: String,
    /// Whether the C library is linked into the binary.
    pub(crate) is_static: bool,
    /// The compiler's version, as it prints it.
    pub(crate) rustc: String,
    /// Variables that make cargo use other compilers than the usual ones.
    pub(crate) environment: Vec<(String, OsString)>,
    c_compiler: PathBuf,
    /// The program that runs the binary, if this machine has another kind of processor.
    emulator: Option<PathBuf>,
}

/// Properties of the usual compiler.
#[derive(Debug, Clone, Default)]
struct Compiler {
    /// The platform that it runs on.
    host: String,
    /// Whether its standard library for musl and a C compiler for musl are installed.
    has_musl: bool,
    /// Whether it can link a static program for its host.
    links_static: bool,
}

impl Toolchain {
    /// Returns the toolchains for these kinds of processor.
    ///
    /// Without any named, this machine's comes first, and the others are left out if there is no
    /// compiler for them.
    pub(crate) fn all(machines: &[Machine]) -> Result<Vec<Self>> {
        if !machines.is_empty() {
            return machines.iter().map(|&machine| Self::of_machine(machine)).collect();
        }
        let mut toolchains = vec![Self::of_host()?];
        let here = Machine::of_target(&toolchains[0].target);
        let others = Machine::ALL.into_iter().filter(|&other| here.is_some_and(|it| it != other));
        for other in others {
            match Self::cross(other) {
                Ok(toolchain) => toolchains.push(toolchain),
                Err(error) => say::step(format_args!("no binary for {other}: {error:#}")),
            }
        }
        Ok(toolchains)
    }

    fn of_machine(machine: Machine) -> Result<Self> {
        if Machine::here() == Some(machine) {
            return Self::of_host();
        }
        Self::cross(machine).with_context(|| format!("there is no compiler for {machine}"))
    }

    /// Returns the toolchain for programs that run on this machine.
    pub(crate) fn of_host() -> Result<Self> {
        let host = rustc::host()?;
        let has_musl =
            musl_of(&host).is_some_and(|musl| rustc::has_target(&musl) && has_musl_compiler(&host));
        let links_static =
            host.contains("linux") && links_static(rustc::call, &[]).is_ok_and(|it| it);
        let (target, is_static) = decide(Compiler { host, has_musl, links_static });
        let rustc = version(rustc::call(&["--version"]))?;
        Ok(Self {
            target,
            is_static,
            rustc,
            environment: Vec::new(),
            c_compiler: "cc".into(),
            emulator: None,
        })
    }

    /// Returns a toolchain for another kind of processor.
    ///
    /// Its binary must be static, because the C library of the packages does not belong to a
    /// particular system, and QEMU must be able to run it, because no binary is released without a
    /// try.
    fn cross(machine: Machine) -> Result<Self> {
        let compiler = CrossCompiler::provide(machine)?;
        let target = cross::target(machine);
        let environment = compiler.environment(&target);
        let linker = format!("linker={}", compiler.c_compiler.display());
        let options = ["--target", &target, "-C", &linker];
        let is_static = links_static(|arguments| compiler.rustc(arguments), &options)?;
        ensure!(is_static, "the compiler cannot link a static program for {target}");
        Ok(Self {
            rustc: version(compiler.rustc(&["--version"]))?,
            target,
            is_static,
            environment,
            c_compiler: compiler.c_compiler,
            emulator: Some(emulator::provide(machine)?),
        })
    }

    /// Returns `true` if the GNU C library is linked into the binary.
    pub(crate) fn has_gnu_inside(&self) -> bool {
        self.is_static && self.target.ends_with("-gnu")
    }

    /// Compiles the object that keeps a static GNU C library from loading modules of the system.
    pub(crate) fn static_names(&self, folder: &Path) -> Result<PathBuf> {
        let (source, object) = (folder.join("static_names.c"), folder.join("static_names.o"));
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        fs::write(&source, include_str!("static_names.c"))?;
        let mut compile = Command::new(&self.c_compiler);
        run::read(compile.args(["-O2", "-c", "-o"]).arg(&object).arg(&source))?;
        Ok(object)
    }

    /// Returns the compiler's flags, which keep paths of this machine out of the binary.
    pub(crate) fn flags(&self, source: &Path, cargo_home: &Path) -> Vec<String> {
        let mut flags = vec![
            format!("--remap-path-prefix={}=cargo", cargo_home.display()),
            format!("--remap-path-prefix={}=sealift", source.display()),
        ];
        if self.is_static {
            flags.push("-Ctarget-feature=+crt-static".to_owned());
        }
        flags
    }

    /// Returns a command that runs a program for its target.
    pub(crate) fn command(&self, program: &Path) -> Command {
        emulator::command(self.emulator.as_deref(), program)
    }

    /// Returns `true` if this machine runs its programs only in an emulator.
    pub(crate) fn is_emulated(&self) -> bool {
        self.emulator.is_some()
    }
}

/// Decides on the target of this machine's binary, and whether it is linked statically.
fn decide(facts: Compiler) -> (String, bool) {
    match musl_of(&facts.host) {
        Some(musl) if facts.has_musl => (musl, true),
        _ => (facts.host, facts.links_static),
    }
}

fn version(mut command: Command) -> Result<String> {
    Ok(run::read(&mut command)?.trim().to_owned())
}

/// Returns the target with musl for the same machine.
fn musl_of(host: &str) -> Option<String> {
    let machine = host.split_once("-linux-")?.0;
    Some(format!("{machine}-linux-musl"))
}

/// Returns `true` if C can be compiled for musl: several crates have parts in C.
fn has_musl_compiler(host: &str) -> bool {
    let machine = host.split('-').next().unwrap_or_default();
    ["musl-gcc".to_owned(), format!("{machine}-linux-musl-gcc")]
        .iter()
        .any(|compiler| run::find(compiler).is_some())
}

/// Returns `true` if a compiler links the smallest program statically.
///
/// There is no other way to learn whether the static form of the C library is installed.
fn links_static(rustc: impl Fn(&[&str]) -> Command, options: &[&str]) -> Result<bool> {
    let folder = tempfile::tempdir().context("cannot make a folder to try the compiler in")?;
    fs::write(folder.path().join("empty.rs"), "fn main() {}\n")?;
    let mut compile = rustc(&["-C", "target-feature=+crt-static", "empty.rs"]);
    let output = compile.args(options).current_dir(folder.path()).output();
    Ok(output.context("cannot run rustc")?.status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn musl_is_preferred_to_a_static_gnu_and_that_to_a_dynamic_one() {
        let decided = |host: &str, has_musl, links_static| {
            decide(Compiler { host: host.to_owned(), has_musl, links_static })
        };
        let (gnu, musl) = ("x86_64-unknown-linux-gnu", "x86_64-unknown-linux-musl");
        assert_eq!(decided(gnu, true, true), (musl.to_owned(), true));
        assert_eq!(decided(gnu, false, true), (gnu.to_owned(), true));
        assert_eq!(decided(gnu, false, false), (gnu.to_owned(), false));
        let mac = "aarch64-apple-darwin";
        assert_eq!(decided(mac, false, false), (mac.to_owned(), false));
    }

    fn toolchain(emulator: Option<&str>) -> Toolchain {
        Toolchain {
            target: "t".to_owned(),
            is_static: true,
            rustc: String::new(),
            environment: Vec::new(),
            c_compiler: "cc".into(),
            emulator: emulator.map(PathBuf::from),
        }
    }

    #[test]
    fn no_path_of_this_machine_is_in_the_binary() {
        let flags =
            toolchain(None).flags(Path::new("/home/a/sealift"), Path::new("/home/a/.cargo"));
        assert_eq!(
            flags,
            [
                "--remap-path-prefix=/home/a/.cargo=cargo",
                "--remap-path-prefix=/home/a/sealift=sealift",
                "-Ctarget-feature=+crt-static"
            ]
        );
    }

    #[test]
    fn a_program_for_another_processor_is_run_by_an_emulator() {
        let program = Path::new("/sealift");
        assert_eq!(toolchain(None).command(program).get_program(), "/sealift");
        let command = toolchain(Some("/qemu")).command(program);
        assert_eq!(command.get_program(), "/qemu");
        assert_eq!(command.get_args().collect::<Vec<_>>(), ["/sealift"]);
    }
}

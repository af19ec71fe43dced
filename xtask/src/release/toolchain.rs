//! The target of the binary, and whether it can be linked statically.

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::{run, rustc};

/// What the binary is built for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Toolchain {
    pub(crate) target: String,
    /// Whether the C library is linked into the binary.
    pub(crate) is_static: bool,
}

/// What is known of the compiler that is here.
#[derive(Debug, Clone, Default)]
struct Compiler {
    /// What it runs on.
    host: String,
    /// Whether it has the library for musl, and there is a C compiler for it.
    has_musl: bool,
    /// Whether it links a static program for its host.
    links_static: bool,
}

impl Toolchain {
    pub(crate) fn find() -> Result<Self> {
        let host = rustc::host()?;
        let has_musl =
            musl_of(&host).is_some_and(|musl| has_target(&musl) && has_musl_compiler(&host));
        let links_static = host.contains("linux") && links_static()?;
        Ok(Self::decide(Compiler { host, has_musl, links_static }))
    }

    fn decide(facts: Compiler) -> Self {
        match musl_of(&facts.host) {
            Some(musl) if facts.has_musl => Self { target: musl, is_static: true },
            _ => Self { target: facts.host, is_static: facts.links_static },
        }
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
}

/// Returns the target with musl for the same machine.
fn musl_of(host: &str) -> Option<String> {
    let machine = host.split_once("-linux-")?.0;
    Some(format!("{machine}-linux-musl"))
}

fn has_target(target: &str) -> bool {
    let folder = run::read(&mut rustc::call(&["--print", "target-libdir", "--target", target]));
    folder.is_ok_and(|folder| Path::new(folder.trim()).is_dir())
}

/// Returns `true` if C can be compiled for musl: several crates have parts in C.
fn has_musl_compiler(host: &str) -> bool {
    let machine = host.split('-').next().unwrap_or_default();
    ["musl-gcc".to_owned(), format!("{machine}-linux-musl-gcc")]
        .iter()
        .any(|compiler| run::find(compiler).is_some())
}

/// Tries it on the smallest program: whether the C library's static form is here can't be asked
/// for.
fn links_static() -> Result<bool> {
    let folder = tempfile::tempdir().context("cannot make a folder to try the compiler in")?;
    std::fs::write(folder.path().join("empty.rs"), "fn main() {}\n")?;
    let mut compile = rustc::call(&["-C", "target-feature=+crt-static", "empty.rs"]);
    Ok(compile.current_dir(folder.path()).output().context("cannot run rustc")?.status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn musl_goes_before_a_static_gnu_and_that_before_a_dynamic_one() {
        let decided = |host: &str, has_musl, links_static| {
            let toolchain =
                Toolchain::decide(Compiler { host: host.to_owned(), has_musl, links_static });
            (toolchain.target, toolchain.is_static)
        };
        let (gnu, musl) = ("x86_64-unknown-linux-gnu", "x86_64-unknown-linux-musl");
        assert_eq!(decided(gnu, true, true), (musl.to_owned(), true));
        assert_eq!(decided(gnu, false, true), (gnu.to_owned(), true));
        assert_eq!(decided(gnu, false, false), (gnu.to_owned(), false));
        let mac = "aarch64-apple-darwin";
        assert_eq!(decided(mac, false, false), (mac.to_owned(), false));
    }

    #[test]
    fn no_path_of_this_machine_is_in_the_binary() {
        let toolchain = Toolchain { target: "t".to_owned(), is_static: true };
        let flags = toolchain.flags(Path::new("/home/a/sealift"), Path::new("/home/a/.cargo"));
        assert_eq!(
            flags,
            [
                "--remap-path-prefix=/home/a/.cargo=cargo",
                "--remap-path-prefix=/home/a/sealift=sealift",
                "-Ctarget-feature=+crt-static"
            ]
        );
    }
}

//! Programs that some tests compare sealift with.

use std::path::PathBuf;
use std::process::Command;

/// Returns the path of a program in `PATH`. If it is missing, logs that and returns `None`.
///
/// `cargo xtask test` provides the programs that the tests use, and fails in CI if one is missing.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|f| f.is_file());
    if found.is_none() {
        let test = std::thread::current().name().unwrap_or("unnamed").to_owned();
        crate::gate::report(&format!("{test}: skipped in part: there is no program `{name}`"));
    }
    found
}

/// Runs a command to its end. Returns its standard output.
///
/// # Panics
///
/// If the command cannot be run or fails, with its output.
pub fn output_of(command: &mut Command) -> String {
    let output = command.output().expect("a program that was found can be run");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed ({}): {words}", output.status);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

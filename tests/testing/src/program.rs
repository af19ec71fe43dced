//! Other people's programs, which some tests hold ours against.

use std::path::PathBuf;
use std::process::Command;

/// Finds a program as the shell does. If there is none, it logs that and returns `None`.
///
/// `cargo xtask test` provides those that the tests know, and fails in CI where one can't be had.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|f| f.is_file());
    if found.is_none() {
        let test = std::thread::current().name().unwrap_or("unnamed").to_owned();
        crate::gate::report(&format!("{test}: skipped in part: there is no program `{name}`"));
    }
    found
}

/// Runs a command to its end and returns what it wrote to its standard output.
///
/// # Panics
///
/// If it can't be run or fails, with its words.
pub fn output_of(command: &mut Command) -> String {
    let output = command.output().expect("a program that was found can be run");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed ({}): {words}", output.status);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

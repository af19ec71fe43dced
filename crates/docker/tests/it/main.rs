//! Tests of sealift-docker, against real engines, and against a fake engine for errors that real
//! engines show only under unusual conditions.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

mod api_version;
mod build;
#[cfg(feature = "buildkit")]
mod buildkit;
mod calls;
mod cli_contexts;
mod context;
mod fake;
mod files;
mod folders;
mod ignore;
mod limits;
mod load;
mod machine;
mod on_engine;
mod padding;
mod received;
mod resolve;
mod save;
mod spawn;
mod ssh;
#[cfg(feature = "tls")]
mod tls;

use std::error::Error;
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use sealift_docker::Settings;

/// Returns an error with its causes, one on each line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        write!(text, "\n  caused by: {error}").unwrap();
        cause = error.source();
    }
    text
}

/// Returns the settings for these variables, without any sockets to try.
fn settings(variables: &[(&str, &str)]) -> Settings {
    let mut settings = Settings::from_vars(|name| {
        variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    });
    settings.sockets.clear();
    settings
}

/// Writes a script that replaces a program.
fn stub(folder: &Path, name: &str, script: &str) -> PathBuf {
    let path = folder.join(name);
    // A shell writes the file: while a file is open for writing it cannot be run, and a child
    // process of another test may inherit a file that this process has open.
    let mut shell = std::process::Command::new("sh");
    let shell = shell.args(["-c", "printf %s \"$1\" > \"$0\""]).arg(&path);
    assert!(
        shell.arg(format!("#!/bin/sh\n# A stub of {name}.\n{script}")).status().unwrap().success()
    );
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

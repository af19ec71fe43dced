//! Access of tests to real engines.

use std::cell::RefCell;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

/// An engine for a test, which may only create images with the test's own names.
///
/// While it exists, no other test has an engine, in this process or another: engines lose layers if
/// images are built while others are removed (seen on Podman 4.3, and on Docker's classic builder
/// with the containerd store).
#[derive(Debug, Clone)]
pub struct Engine {
    /// The kind of the engine, such as `docker`.
    pub name: String,
    /// The address, in the form of `DOCKER_HOST`.
    pub host: String,
    _turn: Arc<File>,
}

/// Returns the engine of this name, or `None` if it was not set up.
///
/// The test is recorded in the ledger, so that `cargo xtask test` can find skipped tests: a run
/// must not pass because tests were skipped.
///
/// # Panics
///
/// If the ledger cannot be written.
pub fn engine(name: &str) -> Option<Engine> {
    let host = named("SEALIFT_TEST_ENGINES", name)?;
    Some(admit(name, host))
}

/// Returns an engine and a folder with another address of it, `tls` or `ssh`, and the files to use
/// it, described in `xtask/src/engines/doors.rs`. Returns `None` if either is missing.
///
/// # Panics
///
/// If the ledger cannot be written.
pub fn engine_with_door(name: &str, door: &str) -> Option<(Engine, PathBuf)> {
    let host = named("SEALIFT_TEST_ENGINES", name)?;
    let folder = Path::new(&named("SEALIFT_TEST_DOORS", name)?).join(door);
    if !folder.is_dir() {
        report(&format!("{}: skipped: there is no {}", this_test(), folder.display()));
        return None;
    }
    Some((admit(name, host), folder))
}

/// Returns the value for a server of this name, or `None` if it was not set up. `xtask/src/servers`
/// describes the values.
///
/// # Panics
///
/// If the server is missing in CI, where a skipped test must not pass.
pub fn server(name: &str) -> Option<String> {
    let found = named("SEALIFT_TEST_SERVERS", name);
    assert!(found.is_some() || std::env::var_os("CI").is_none(), "there is no server `{name}`");
    found
}

/// Returns the part of a variable for an engine, or logs that the test is skipped.
fn named(variable: &str, name: &str) -> Option<String> {
    let test = this_test();
    let Ok(pairs) = std::env::var(variable) else {
        report(&format!("{test}: skipped: {variable} is not set"));
        return None;
    };
    let mut pairs = pairs.split(',').filter_map(|pair| pair.split_once('='));
    let found = pairs.find_map(|(key, value)| (key == name).then(|| value.to_owned()));
    if found.is_none() {
        report(&format!("{test}: skipped: {variable} names no engine `{name}`"));
    }
    found
}

fn this_test() -> String {
    std::thread::current().name().unwrap_or("unnamed").to_owned()
}

/// Records that this test has an engine, and waits until no other test has one.
fn admit(name: &str, host: String) -> Engine {
    if let Some(ledger) = std::env::var_os("SEALIFT_TEST_LEDGER") {
        let mut ledger = std::fs::File::options()
            .create(true)
            .append(true)
            .open(ledger)
            .expect("the ledger of SEALIFT_TEST_LEDGER can be opened");
        let line = format!("{}\n", this_test());
        ledger.write_all(line.as_bytes()).expect("the ledger can be written");
    }
    Engine { name: name.to_owned(), host, _turn: turn() }
}

/// Waits until no other test has an engine. A test that has one may have several.
fn turn() -> Arc<File> {
    thread_local! {
        static MINE: RefCell<Weak<File>> = const { RefCell::new(Weak::new()) };
    }
    MINE.with_borrow_mut(|mine| {
        mine.upgrade().unwrap_or_else(|| {
            let path = std::env::temp_dir().join("sealift-test-engines.lock");
            let file = File::options().create(true).append(true).open(path);
            let file = Arc::new(file.expect("the lock of the tests can be opened"));
            file.lock().expect("the lock of the tests can be taken");
            *mine = Arc::downgrade(&file);
            file
        })
    })
}

#[expect(clippy::print_stderr, reason = "the output of a skipped test must show that")]
pub(crate) fn report(line: &str) {
    eprintln!("{line}");
}

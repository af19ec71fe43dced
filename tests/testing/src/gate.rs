//! The gate between tests and real engines.

use std::cell::RefCell;
use std::fs::File;
use std::io::Write as _;
use std::sync::{Arc, Weak};

/// An engine that a test may use: only for images under the test's own names.
///
/// As long as it lives, no other test has an engine, in this process or another: engines lose layers when
/// images are built while others are removed (seen on Podman 4.3, and on Docker's classic builder with the
/// containerd store).
#[derive(Debug, Clone)]
pub struct Engine {
    /// What kind it is, `docker` or `podman`.
    pub name: String,
    /// Its address, as in `DOCKER_HOST`.
    pub host: String,
    _turn: Arc<File>,
}

/// Gives the engine of this name, or none where it wasn't set up for the tests.
///
/// A test that gets its engine is noted in the ledger, so that `cargo xtask test` can tell which were
/// skipped: a test that is skipped unseen proves nothing.
///
/// # Panics
///
/// If the ledger can't be written.
pub fn engine(name: &str) -> Option<Engine> {
    let test = std::thread::current().name().unwrap_or("unnamed").to_owned();
    let Ok(engines) = std::env::var("SEALIFT_TEST_ENGINES") else {
        report(&format!("{test}: skipped: SEALIFT_TEST_ENGINES is not set"));
        return None;
    };
    let host = engines
        .split(',')
        .filter_map(|pair| pair.split_once('='))
        .find_map(|(key, host)| (key == name).then(|| host.to_owned()));
    let Some(host) = host else {
        report(&format!("{test}: skipped: SEALIFT_TEST_ENGINES names no engine `{name}`"));
        return None;
    };
    if let Some(ledger) = std::env::var_os("SEALIFT_TEST_LEDGER") {
        let mut ledger = std::fs::File::options()
            .create(true)
            .append(true)
            .open(ledger)
            .expect("the ledger of SEALIFT_TEST_LEDGER can be opened");
        ledger.write_all(format!("{test}\n").as_bytes()).expect("the ledger can be written");
    }
    Some(Engine { name: name.to_owned(), host, _turn: turn() })
}

/// Waits until no other test has an engine; a test that has one already may have more.
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

#[expect(clippy::print_stderr, reason = "a skipped test must be seen in its output")]
pub(crate) fn report(line: &str) {
    eprintln!("{line}");
}

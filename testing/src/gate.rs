//! The gate between tests and real engines.

use std::io::Write as _;

/// An engine that a test may use: only for images under the test's own names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Engine {
    /// What kind it is, `docker` or `podman`.
    pub name: String,
    /// Its address, as in `DOCKER_HOST`.
    pub host: String,
}

/// Gives the engine of this name, or none where no engines were set up for the tests.
///
/// # Panics
///
/// Where engines were set up but this one is not among them: a test that is skipped unseen proves
/// nothing.
pub fn engine(name: &str) -> Option<Engine> {
    let test = std::thread::current().name().unwrap_or("unnamed").to_owned();
    let Ok(engines) = std::env::var("SEALIFT_TEST_ENGINES") else {
        report(&format!("{test}: skipped: SEALIFT_TEST_ENGINES is not set"));
        return None;
    };
    let host = engines
        .split(',')
        .filter_map(|pair| pair.split_once('='))
        .find_map(|(key, host)| (key == name).then(|| host.to_owned()))
        .unwrap_or_else(|| panic!("SEALIFT_TEST_ENGINES names no engine `{name}`: {engines}"));
    if let Some(ledger) = std::env::var_os("SEALIFT_TEST_LEDGER") {
        let mut ledger = std::fs::File::options()
            .create(true)
            .append(true)
            .open(ledger)
            .expect("the ledger of SEALIFT_TEST_LEDGER can be opened");
        ledger.write_all(format!("{test}\n").as_bytes()).expect("the ledger can be written");
    }
    Some(Engine { name: name.to_owned(), host })
}

#[expect(clippy::print_stderr, reason = "a skipped test must be seen in its output")]
fn report(line: &str) {
    eprintln!("{line}");
}

//! Servers with buckets for tests. Their files are below `target/servers`. The task stops them.
//!
//! Tests read the variable `SEALIFT_TEST_SERVERS`, which contains `NAME=URL|BUCKET|USER|SECRET` for
//! each server, separated by commas, and the browser (see `browser.rs`).

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use crate::engines::packages;
use crate::{browser, npm, run, say, workspace};

/// Timeout for the start of a server.
const START: Duration = Duration::from_secs(120);
/// Timeout for the end of a server.
const END: Duration = Duration::from_secs(10);

/// The packages of Ceph's gateway, and the client that creates the bucket.
const CEPH: &[&str] = &["radosgw", "ceph-mon", "ceph-osd", "ceph-common", "curl"];

/// The package of Azurite on npm.
const AZURITE: &str = "azurite@3.37.0";
/// The account of Azurite, and its published key.
const ACCOUNT: &str = "devstoreaccount1";
const ACCOUNT_KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

const BUCKET: &str = "images";

/// Running servers. They end when this value is dropped.
pub(crate) struct Servers {
    servers: Vec<Server>,
    /// The browser's part of the variable.
    browser: Option<String>,
}

/// A process that ends when its standard input closes.
struct Server {
    name: &'static str,
    home: PathBuf,
    child: Child,
    /// The server's part of the variable.
    text: String,
}

impl Servers {
    /// Starts all servers, and logs those that cannot be started. In CI all are required.
    pub(crate) fn up() -> Result<Self> {
        let starting =
            [("s3", radosgw as fn() -> Result<Server>), ("azure", azurite), ("google", google)];
        let mut servers = Vec::new();
        // All are started before the first wait.
        for (name, start) in starting {
            match start() {
                Ok(server) => servers.push(server),
                Err(error) => do_without(name, error)?,
            }
        }
        let mut servers = Self { servers, browser: None };
        match browser::for_tests() {
            Ok(browser) => servers.browser = Some(browser),
            Err(error) => do_without("browser", error)?,
        }
        for server in &mut servers.servers {
            server.wait()?;
        }
        Ok(servers)
    }

    /// Returns the value of `SEALIFT_TEST_SERVERS`.
    pub(crate) fn variable(&self) -> String {
        let pairs: Vec<String> =
            self.servers.iter().map(|server| format!("{}={}", server.name, server.text)).collect();
        let browser = self.browser.iter().map(|browser| format!("browser={browser}"));
        pairs.into_iter().chain(browser).collect::<Vec<_>>().join(",")
    }
}

/// Logs that a server cannot be started. In CI that is an error.
fn do_without(name: &str, error: anyhow::Error) -> Result<()> {
    if std::env::var_os("CI").is_some() {
        return Err(error.context(format!("no server `{name}`")));
    }
    say::step(format_args!("continuing without the server `{name}`: {error:#}"));
    Ok(())
}

impl Server {
    fn start(
        name: &'static str,
        home: PathBuf,
        command: &mut Command,
        text: String,
    ) -> Result<Self> {
        let log = File::create(home.with_extension("log"))?;
        let child = command
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start the server `{name}`"))?;
        Ok(Self { name, home, child, text })
    }

    /// Waits until the server reports that it is ready.
    fn wait(&mut self) -> Result<()> {
        let started = Instant::now();
        while !self.home.join("ready").exists() {
            let log = self.home.with_extension("log");
            let log = log.display();
            if let Some(status) = self.child.try_wait()? {
                bail!("the server `{}` ended with {status}; see {log}", self.name);
            }
            let seconds = START.as_secs();
            ensure!(
                started.elapsed() < START,
                "the server `{}` is not ready after {seconds} s; see {log}",
                self.name
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let asked = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && asked.elapsed() < END {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.home);
    }
}

/// Creates an empty folder for a server.
fn home(name: &str) -> Result<PathBuf> {
    let home = workspace::target().join("servers").join(name);
    if home.exists() {
        fs::remove_dir_all(&home).with_context(|| format!("cannot empty {}", home.display()))?;
    }
    fs::create_dir_all(&home)?;
    Ok(home)
}

/// Returns a port that is free at the moment.
fn free_port() -> Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port().to_string())
}

/// Writes a script next to the homes and returns its path.
fn script(home: &Path, name: &str, content: &str) -> Result<PathBuf> {
    let file = home.with_file_name(name);
    fs::write(&file, content)?;
    Ok(file)
}

fn radosgw() -> Result<Server> {
    if let Some(obstacle) = packages::obstacle() {
        bail!(obstacle);
    }
    let (user, secret) = ("sealift", "a-secret/of+tests");
    let root = packages::of_the_system("radosgw", CEPH)?;
    let home = home("s3")?;
    let (monitor, gateway) = (free_port()?, free_port()?);
    let text = format!("http://127.0.0.1:{gateway}|{BUCKET}|{user}|{secret}");
    let mut command = Command::new("sh");
    command.arg(script(&home, "radosgw.sh", include_str!("radosgw.sh"))?).arg(&home).arg(root);
    command.args([&monitor, &gateway, user, secret, BUCKET]);
    Server::start("s3", home, &mut command, text)
}

fn azurite() -> Result<Server> {
    ensure!(run::find("node").is_some(), "cannot run Azurite: there is no node in PATH");
    let packages = npm::installed("azurite", &[AZURITE])?;
    let (home, port) = (home("azure")?, free_port()?);
    let text = format!("http://127.0.0.1:{port}/{ACCOUNT}|{BUCKET}|{ACCOUNT}|{ACCOUNT_KEY}");
    let mut command = Command::new("node");
    command.arg(script(&home, "azurite.js", include_str!("azurite.js"))?).arg(&home).arg(packages);
    command.args([&port, ACCOUNT, ACCOUNT_KEY, BUCKET]);
    Server::start("azure", home, &mut command, text)
}

/// Starts a fake, because no package contains an emulator with conditional writes (see
/// `google.py`).
fn google() -> Result<Server> {
    ensure!(run::find("python3").is_some(), "there is no python3 in PATH");
    let (home, port, token) = (home("google")?, free_port()?, "a-token-of-tests");
    let text = format!("http://127.0.0.1:{port}|{BUCKET}|nobody|{token}");
    let mut command = Command::new("python3");
    command.arg(script(&home, "google.py", include_str!("google.py"))?).arg(&home);
    command.args([&port, BUCKET, token]);
    Server::start("google", home, &mut command, text)
}

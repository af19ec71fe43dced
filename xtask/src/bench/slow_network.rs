//! A network namespace whose loopback interface is as slow as a connection between sites.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::AsFd as _;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// The script of the namespace's first process. It ends, and with it the namespace, when its input
/// closes.
///
/// Packets have the maximum size of Ethernet.
const SET_UP: &str = "ip link set lo mtu 1500 up
tc qdisc add dev lo root tbf rate 100mbit burst 128kb latency 50ms
echo ready
exec cat";

/// A network namespace with 100 Mbit/s. It ends when this value is dropped.
pub(super) struct SlowNetwork(Child);

impl SlowNetwork {
    /// Creates the namespace with the programs in a `PATH`.
    pub(super) fn new(path: &str) -> Result<Self> {
        let mut command = Command::new("unshare");
        command.args(["--net", "sh", "-e", "-c", SET_UP]).env("PATH", path);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("cannot run unshare of util-linux")?;
        let output = child.stdout.take().context("unshare has no output")?;
        let network = Self(child);
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        ensure!(line == "ready\n", "a network namespace cannot be set up; see above");
        Ok(network)
    }

    /// Returns a command line that runs a shell script in the namespace.
    pub(super) fn run(&self, script: &str) -> String {
        format!("nsenter --net={} sh -e {script}", self.path())
    }

    /// Listens on a free port of the namespace's loopback.
    pub(super) fn listen(&self) -> Result<TcpListener> {
        let namespace = File::open(self.path()).context("the network namespace is gone")?;
        // Only the thread that enters the namespace is in it. The sockets that it opens stay in it.
        let listening = std::thread::spawn(move || {
            move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))?;
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        });
        match listening.join() {
            Ok(listener) => listener.context("cannot listen in the network namespace"),
            Err(_) => bail!("the thread in the network namespace panicked"),
        }
    }

    fn path(&self) -> String {
        format!("/proc/{}/ns/net", self.0.id())
    }
}

impl Drop for SlowNetwork {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

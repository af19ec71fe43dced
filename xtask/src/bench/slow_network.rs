//! A network namespace whose loopback is as slow as a line between sites.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::AsFd as _;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// What the namespace's first process runs. It ends, and the namespace with it, when its input
/// ends.
///
/// Packets are as large as on an Ethernet.
const SET_UP: &str = "ip link set lo mtu 1500 up
tc qdisc add dev lo root tbf rate 100mbit burst 128kb latency 50ms
echo ready
exec cat";

/// A network namespace of its own, with 100 Mbit/s. It ends with this value.
pub(super) struct SlowNetwork(Child);

impl SlowNetwork {
    /// Creates the namespace, by programs that are found on this path.
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

    /// Returns the command that runs a shell script in the namespace.
    pub(super) fn run(&self, script: &str) -> String {
        format!("nsenter --net={} sh -e {script}", self.path())
    }

    /// Listens on a free port of the namespace's loopback.
    pub(super) fn listen(&self) -> Result<TcpListener> {
        let namespace = File::open(self.path()).context("the network namespace is gone")?;
        // Only the thread that enters the namespace is in it; what it opens stays there.
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

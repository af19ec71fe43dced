//! The kinds of engine that tests run on, and how each is started.

use std::fmt;
use std::str::FromStr;

/// A kind of engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The system's own release of Docker: 20.10 on Debian 12.
    Docker,
    /// The system's own release of Podman, by its Docker-compatible socket.
    Podman,
    /// The newest Docker that Debian has, with its classic image store.
    MobyClassic,
    /// The newest Docker that Debian has, with containerd's image store.
    MobyContainerd,
    /// Docker of Debian 13 with containerd's image store, in which it can't list an image's
    /// manifests yet.
    TrixieContainerd,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] = [
        Self::Docker,
        Self::Podman,
        Self::MobyClassic,
        Self::MobyContainerd,
        Self::TrixieContainerd,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
            Self::MobyClassic => "moby-classic",
            Self::MobyContainerd => "moby-containerd",
            Self::TrixieContainerd => "trixie-containerd",
        }
    }

    /// Returns the names and contents of its configuration files.
    ///
    /// Where its folder is on an overlay, containerd's store can't lay another over it and has to
    /// copy instead. The other stores notice that themselves.
    pub(super) fn settings(self, on_overlay: bool) -> Vec<(&'static str, &'static str)> {
        match self {
            Self::Docker => vec![("containerd.toml", CONTAINERD), ("daemon.json", "{}\n")],
            Self::MobyClassic => {
                vec![("containerd.toml", CONTAINERD), ("daemon.json", CLASSIC_STORE)]
            }
            Self::MobyContainerd | Self::TrixieContainerd => {
                let daemon = if on_overlay { CONTAINERD_STORE_COPYING } else { CONTAINERD_STORE };
                vec![("containerd.toml", CONTAINERD), ("daemon.json", daemon)]
            }
            Self::Podman => vec![("containers.conf", CONTAINERS)],
        }
    }

    /// Returns the command line that starts it, as seen from inside its namespaces.
    pub(super) fn command(self) -> &'static [&'static str] {
        match self {
            Self::Docker | Self::MobyClassic | Self::MobyContainerd | Self::TrixieContainerd => &[
                "dockerd",
                "--config-file=/run/engine/daemon.json",
                "--data-root=/run/engine/data",
                "--exec-root=/run/engine/exec",
                "--pidfile=/run/engine/dockerd.pid",
                "--host=unix:///run/engine/engine.sock",
                "--containerd=/run/engine/containerd.sock",
                "--shutdown-timeout=3",
                // The network is the system's own: nothing in it may change.
                "--bridge=none",
                "--iptables=false",
                "--ip6tables=false",
                "--ip-forward=false",
            ],
            Self::Podman => &[
                "env",
                "CONTAINERS_CONF=/run/engine/containers.conf",
                "podman",
                "--root=/run/engine/data",
                "--runroot=/run/engine/exec",
                "system",
                "service",
                "--time=0",
                "unix:///run/engine/engine.sock",
            ],
        }
    }
}

/// The container plugin of Kubernetes opens ports and is of no use here.
const CONTAINERD: &str = r#"version = 2
root = "/run/engine/containerd"
state = "/run/engine/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "/run/engine/containerd.sock"
"#;

const CLASSIC_STORE: &str = r#"{"features": {"containerd-snapshotter": false}}
"#;

const CONTAINERD_STORE: &str = r#"{"features": {"containerd-snapshotter": true}}
"#;

const CONTAINERD_STORE_COPYING: &str = r#"{"features": {"containerd-snapshotter": true}, "storage-driver": "native"}
"#;

/// What works without systemd, and with cgroups of either version.
const CONTAINERS: &str = r#"[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
"#;

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| anyhow::anyhow!("no such engine: {name}"))
    }
}

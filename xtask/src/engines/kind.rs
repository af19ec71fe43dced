//! The kinds of engines that tests run on, and their command lines.

use std::fmt;
use std::str::FromStr;

/// A kind of engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Docker of the system's release: 20.10 on Debian 12.
    Docker,
    /// Podman of the system's release, with its Docker-compatible socket.
    Podman,
    /// The newest Docker in Debian, with its classic image store.
    MobyClassic,
    /// The newest Docker in Debian, with containerd's image store.
    MobyContainerd,
    /// Docker of Debian 13 with containerd's image store. This version cannot list the manifests of
    /// an image yet.
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
    /// If its folder is on an overlay file system, containerd's store cannot mount another overlay
    /// on it and has to copy instead. The other stores detect that themselves.
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

    /// Returns the command line of the engine, as seen from inside its namespaces.
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
                // The engine uses the system's network, which must not change.
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

/// The configuration of containerd. The plugin for Kubernetes is disabled, because it opens ports.
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

/// The configuration of Podman, which works without systemd and with both versions of cgroups.
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

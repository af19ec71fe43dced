//! What engines need to pull from a server without TLS.

use clap::ValueEnum;

/// An engine, or a cluster that has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Client {
    /// The Docker engine
    Docker,
    /// Podman, Buildah and skopeo
    Podman,
    /// containerd 1.5 and later, for kubelets and nerdctl
    Containerd,
    /// K3s
    K3s,
    /// RKE2
    Rke2,
}

impl Client {
    /// Returns where the config belongs, and what to do then.
    pub(crate) fn place(self, host: &str) -> String {
        match self {
            Self::Docker => "# merge into /etc/docker/daemon.json, then: systemctl reload docker".to_owned(),
            Self::Podman => "# /etc/containers/registries.conf.d/sealift.conf".to_owned(),
            Self::Containerd => format!(
                "# /etc/containerd/certs.d/{host}/hosts.toml; the config_path of the registry in \
                 /etc/containerd/config.toml must be /etc/containerd/certs.d"
            ),
            Self::K3s => {
                "# merge into /etc/rancher/k3s/registries.yaml, then: systemctl restart k3s"
                    .to_owned()
            }
            Self::Rke2 => {
                "# merge into /etc/rancher/rke2/registries.yaml, then: systemctl restart rke2-server"
                    .to_owned()
            }
        }
    }

    /// Returns the config by which the engine pulls from a host without TLS.
    pub(crate) fn config(self, host: &str) -> String {
        match self {
            Self::Docker => format!("{{\n  \"insecure-registries\": [\"{host}\"]\n}}\n"),
            Self::Podman => format!("[[registry]]\nlocation = \"{host}\"\ninsecure = true\n"),
            Self::Containerd => format!(
                "server = \"http://{host}\"\n\n\
                 [host.\"http://{host}\"]\n  capabilities = [\"pull\", \"resolve\"]\n"
            ),
            Self::K3s | Self::Rke2 => {
                format!("mirrors:\n  \"{host}\":\n    endpoint:\n      - \"http://{host}\"\n")
            }
        }
    }
}

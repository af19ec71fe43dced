//! The configuration with which engines pull from a server.

use clap::ValueEnum;

/// An engine, or a cluster that contains one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Client {
    Docker,
    // Podman, Buildah and skopeo.
    Podman,
    // containerd 1.5 and later, for kubelets and nerdctl.
    Containerd,
    K3s,
    Rke2,
}

/// The properties of a server that its clients need.
#[derive(Debug, Clone)]
pub(crate) struct ServerAccess {
    /// Host and port.
    pub(crate) host: String,
    /// The certificate that clients must trust, in PEM format; `None` without TLS.
    pub(crate) authority: Option<String>,
    pub(crate) needs_login: bool,
}

impl Client {
    /// Returns comments with the path of the configuration file and the next steps.
    pub(crate) fn place(self, server: &ServerAccess) -> String {
        let ServerAccess { host, authority, needs_login } = server;
        let is_tls = authority.is_some();
        let mut place = match self {
            Self::Docker if is_tls => format!("# /etc/docker/certs.d/{host}/ca.crt"),
            Self::Docker => "# merge into /etc/docker/daemon.json, then: systemctl reload docker".to_owned(),
            Self::Podman if is_tls => format!("# /etc/containers/certs.d/{host}/ca.crt"),
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
        };
        if let (true, Some(file)) = (is_tls, self.authority_file(host)) {
            place += &format!("\n# save the output of --print-config docker as {file}");
        }
        place += &match self {
            _ if !needs_login => String::new(),
            Self::Docker => format!("\n# then: docker login {host}"),
            Self::Podman => format!("\n# then: podman login {host}"),
            Self::Containerd => {
                format!("\n# then: nerdctl login {host}, or an imagePullSecret in Kubernetes")
            }
            Self::K3s | Self::Rke2 => "\n# replace USER and PASSWORD by a login".to_owned(),
        };
        place
    }

    /// Returns the configuration with which the engine pulls from the server.
    pub(crate) fn config(self, server: &ServerAccess) -> String {
        let ServerAccess { host, authority, needs_login } = server;
        let scheme = if authority.is_some() { "https" } else { "http" };
        match (self, authority) {
            (Self::Docker | Self::Podman, Some(authority)) => authority.clone(),
            (Self::Docker, None) => format!("{{\n  \"insecure-registries\": [\"{host}\"]\n}}\n"),
            (Self::Podman, None) => {
                format!("[[registry]]\nlocation = \"{host}\"\ninsecure = true\n")
            }
            (Self::Containerd, _) => {
                let url = format!("{scheme}://{host}");
                let mut config = format!(
                    "server = \"{url}\"\n\n\
                     [host.\"{url}\"]\n  capabilities = [\"pull\", \"resolve\"]\n"
                );
                if let (Some(_), Some(file)) = (authority, self.authority_file(host)) {
                    config += &format!("  ca = \"{file}\"\n");
                }
                config
            }
            (Self::K3s | Self::Rke2, _) => {
                let mut config = format!(
                    "mirrors:\n  \"{host}\":\n    endpoint:\n      - \"{scheme}://{host}\"\n"
                );
                if authority.is_some() || *needs_login {
                    config += &format!("configs:\n  \"{host}\":\n");
                }
                if let (Some(_), Some(file)) = (authority, self.authority_file(host)) {
                    config += &format!("    tls:\n      ca_file: {file}\n");
                }
                if *needs_login {
                    config += "    auth:\n      username: USER\n      password: PASSWORD\n";
                }
                config
            }
        }
    }

    /// Returns the path of the certificate in the configuration, if it contains one.
    fn authority_file(self, host: &str) -> Option<String> {
        match self {
            Self::Docker | Self::Podman => None,
            Self::Containerd => Some(format!("/etc/containerd/certs.d/{host}/ca.crt")),
            Self::K3s => Some("/etc/rancher/k3s/sealift-ca.crt".to_owned()),
            Self::Rke2 => Some("/etc/rancher/rke2/sealift-ca.crt".to_owned()),
        }
    }
}

/// Returns the last certificate in a PEM file, which is the nearest to the root of the chain.
///
/// It can be an intermediate certificate. All engines accept one as a root, because they are
/// written in Go, whose TLS library trusts any configured certificate.
pub(crate) fn last_certificate(pem: &str) -> Option<String> {
    const END: &str = "-----END CERTIFICATE-----";
    let begin = pem.rfind("-----BEGIN CERTIFICATE-----")?;
    let end = pem[begin..].find(END)?;
    Some(format!("{}\n", &pem[begin..begin + end + END.len()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_certificate_of_a_chain_is_found() {
        let one =
            |name| format!("-----BEGIN CERTIFICATE-----\n{name}\n-----END CERTIFICATE-----\n");
        assert_eq!(last_certificate(&(one("a") + "text\n" + &one("b") + "more")), Some(one("b")));
        assert_eq!(last_certificate("text"), None);
        assert_eq!(last_certificate("-----BEGIN CERTIFICATE-----\n"), None);
    }
}

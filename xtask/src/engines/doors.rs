//! Ways to an engine other than its socket: a port with TLS, and ssh to its host.
//!
//! All that a test needs to come by them is in the folder `doors` of the engine's home:
//!
//! - `tls/host` is the address of a port with TLS, and `tls/clients/*` are folders of certificates.
//! - `ssh/host` is the address of the host, and `ssh/bare-host` that of the same host where
//!   `docker` isn't found; `ssh/host_key.pub` is the key that it is known by. It takes
//!   `ssh/user_key`, and doesn't know `ssh/unknown_key`.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::certificates::{self, Shows};
use super::kind::Kind;

/// What the host consists of, beside its engine.
pub(crate) const SSH_PACKAGES: &[&str] = &["openssh-server", "openssh-client"];

/// Whether engines are started with the doors that they can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doors {
    /// They have sockets alone.
    Shut,
    /// On loopback, whoever has the keys can come in.
    Open,
}

/// A way to an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    Tls,
    Ssh,
}

impl Door {
    /// Returns the name of its folder.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tls => "tls",
            Self::Ssh => "ssh",
        }
    }
}

impl Kind {
    /// Lists what it has beside its socket.
    pub(crate) fn doors(self) -> &'static [Door] {
        match self {
            Self::Docker => &[Door::Tls, Door::Ssh],
            Self::MobyClassic | Self::MobyContainerd | Self::TrixieContainerd => &[Door::Tls],
            Self::Podman => &[],
        }
    }

    /// Returns the certificate that it presents. An engine has only one, and tests need several.
    fn shows(self) -> Shows {
        match self {
            Self::MobyClassic => Shows::Expired,
            Self::MobyContainerd => Shows::OfAnotherHost,
            Self::Docker | Self::Podman | Self::TrixieContainerd => Shows::Good,
        }
    }
}

/// What was prepared for an engine that isn't started yet.
#[derive(Debug, Default)]
pub(super) struct Prepared {
    /// What the engine has to be told.
    pub(super) arguments: Vec<String>,
    ports: Vec<u16>,
}

impl Prepared {
    /// Returns `true` if every port accepts a connection.
    pub(super) fn are_open(&self) -> bool {
        self.ports.iter().all(|&port| {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok()
        })
    }
}

/// Writes all that these doors need into the engine's home.
pub(super) fn prepare(kind: Kind, doors: &[Door], home: &Path) -> Result<Prepared> {
    let mut prepared = Prepared::default();
    for door in doors {
        let folder = home.join("doors").join(door.name());
        fs::create_dir_all(&folder)?;
        match door {
            Door::Tls => prepare_tls(kind, &folder, &mut prepared)?,
            Door::Ssh => prepare_ssh(&folder, &mut prepared)?,
        }
    }
    Ok(prepared)
}

fn prepare_tls(kind: Kind, folder: &Path, prepared: &mut Prepared) -> Result<()> {
    certificates::write(folder, kind.shows())?;
    let host = format!("tcp://127.0.0.1:{}", prepared.free_port()?);
    fs::write(folder.join("host"), &host)?;
    prepared.arguments.extend([
        format!("--host={host}"),
        "--tlsverify".to_owned(),
        "--tlscacert=/run/engine/doors/tls/ca.pem".to_owned(),
        "--tlscert=/run/engine/doors/tls/server.pem".to_owned(),
        "--tlskey=/run/engine/doors/tls/server-key.pem".to_owned(),
    ]);
    Ok(())
}

/// The keys are created when sshd starts, with the programs of its package.
fn prepare_ssh(folder: &Path, prepared: &mut Prepared) -> Result<()> {
    let (port, bare_port) = (prepared.free_port()?, prepared.free_port()?);
    fs::write(folder.join("host"), format!("ssh://root@127.0.0.1:{port}"))?;
    fs::write(folder.join("bare-host"), format!("ssh://root@127.0.0.1:{bare_port}"))?;
    // Nothing but keys opens it. Who may write to the folders on the way there is not what is
    // tested.
    let config = format!(
        "ListenAddress 127.0.0.1:{port}\n\
         ListenAddress 127.0.0.1:{bare_port}\n\
         HostKey /run/engine/doors/ssh/host_key\n\
         HostKey /run/engine/doors/ssh/second_host_key\n\
         AuthorizedKeysFile /run/engine/doors/ssh/authorized_keys\n\
         AuthenticationMethods publickey\n\
         PermitRootLogin prohibit-password\n\
         StrictModes no\n\
         UsePAM no\n\
         PidFile none\n\
         SetEnv PATH=/usr/sbin:/usr/bin:/sbin:/bin\n\
         Match LocalPort {bare_port}\n\
         SetEnv PATH=/nonexistent\n"
    );
    fs::write(folder.join("sshd_config"), config)?;
    Ok(())
}

impl Prepared {
    /// Finds a port that is free at the moment.
    fn free_port(&mut self) -> Result<u16> {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|it| it.local_addr());
        let port = free.context("there is no free port on loopback")?.port();
        self.ports.push(port);
        Ok(port)
    }
}

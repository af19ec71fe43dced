//! Addresses of an engine other than its socket: a port with TLS, and ssh to its host.
//!
//! The files that a test needs to use them are in the folder `doors` of the engine's home:
//!
//! - `tls/host` is the address of the port with TLS, and `tls/clients/*` are folders of
//!   certificates.
//! - `ssh/host` is the address of the host, and `ssh/bare-host` is that of the same host without
//!   `docker` in its `PATH`; `ssh/host_key.pub` is the public key of the host. It accepts
//!   `ssh/user_key`, and refuses `ssh/unknown_key`.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::certificates::{self, Shows};
use super::kind::Kind;

/// The packages of the host, in addition to its engine.
pub(crate) const SSH_PACKAGES: &[&str] = &["openssh-server", "openssh-client"];

/// Whether engines are started with their doors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doors {
    /// Engines have only sockets.
    Shut,
    /// Engines have all their doors, on the loopback interface.
    Open,
}

/// An address of an engine other than its socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    Tls,
    Ssh,
}

impl Door {
    /// Returns the name of the folder with its files.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tls => "tls",
            Self::Ssh => "ssh",
        }
    }
}

impl Kind {
    /// Returns the doors of the kind.
    pub(crate) fn doors(self) -> &'static [Door] {
        match self {
            Self::Docker => &[Door::Tls, Door::Ssh],
            Self::MobyClassic | Self::MobyContainerd | Self::TrixieContainerd => &[Door::Tls],
            Self::Podman => &[],
        }
    }

    /// Returns the certificate that it presents. An engine presents only one, and tests need
    /// several.
    fn shows(self) -> Shows {
        match self {
            Self::MobyClassic => Shows::Expired,
            Self::MobyContainerd => Shows::OfAnotherHost,
            Self::Docker | Self::Podman | Self::TrixieContainerd => Shows::Good,
        }
    }
}

/// The doors of an engine that is not started yet.
#[derive(Debug, Default)]
pub(super) struct Prepared {
    /// Arguments of the engine.
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

/// Writes the files of these doors into the engine's home.
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

/// Prepares ssh. The keys are created when sshd starts, by the programs of its package.
fn prepare_ssh(folder: &Path, prepared: &mut Prepared) -> Result<()> {
    let (port, bare_port) = (prepared.free_port()?, prepared.free_port()?);
    fs::write(folder.join("host"), format!("ssh://root@127.0.0.1:{port}"))?;
    fs::write(folder.join("bare-host"), format!("ssh://root@127.0.0.1:{bare_port}"))?;
    // Only keys are accepted. The permissions of the folders above are not part of the tests.
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
    /// Returns a port that is free at the moment.
    fn free_port(&mut self) -> Result<u16> {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|it| it.local_addr());
        let port = free.context("there is no free port on loopback")?.port();
        self.ports.push(port);
        Ok(port)
    }
}

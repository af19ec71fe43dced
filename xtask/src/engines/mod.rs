//! Engines for tests and the demo. They are set up in folders below `target/engines`, and stopped
//! after use.
//!
//! An engine that already runs is used if none can be set up. It is never changed or stopped.

pub(crate) mod api;
mod certificates;
mod doors;
mod kind;
pub(crate) mod packages;
mod session;
mod sources;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

pub(crate) use doors::{Door, Doors, SSH_PACKAGES};
pub(crate) use kind::Kind;
pub(crate) use session::Lifetime;

use crate::{run, say};
use session::Session;

/// Running engines. Those that were started for this value are stopped when it is dropped.
pub(crate) struct Engines(Vec<Engine>);

/// A running engine.
pub(crate) struct Engine {
    kind: Kind,
    /// The address, in the form of `DOCKER_HOST`.
    pub(crate) host: String,
    version: String,
    /// `None` if the engine ran before this task.
    session: Option<Session>,
    /// The folder that describes the engine's other addresses, if it has any.
    doors: Option<PathBuf>,
}

impl Engine {
    /// Returns `true` if the engine ran before this task.
    pub(crate) fn was_there_before(&self) -> bool {
        self.session.is_none()
    }

    fn has(&self, door: Door) -> bool {
        self.doors.as_ref().is_some_and(|doors| doors.join(door.name()).is_dir())
    }
}

impl Engines {
    /// Sets up engines. For each kind, the first of these is used: one that a task started before,
    /// a new one, an engine of the system.
    pub(crate) fn up(kinds: &[Kind], lifetime: Lifetime, doors: Doors) -> Result<Self> {
        let mut engines = Self(Vec::new());
        for &kind in kinds {
            match set_up(kind, lifetime, doors) {
                Ok(engine) => engines.0.push(engine),
                Err(error) => {
                    engines.give_up();
                    return Err(error);
                }
            }
        }
        Ok(engines)
    }

    /// Sets up as many kinds of engines as possible, and logs the others. In CI all kinds are
    /// required.
    pub(crate) fn up_where_possible(lifetime: Lifetime, doors: Doors) -> Result<Self> {
        if std::env::var_os("CI").is_some() {
            return Self::up(&Kind::ALL, lifetime, doors);
        }
        let mut engines = Vec::new();
        for kind in Kind::ALL {
            match set_up(kind, lifetime, doors) {
                Ok(engine) => engines.push(engine),
                Err(error) => say::step(format_args!("continuing without {kind}: {error:#}")),
            }
        }
        ensure!(!engines.is_empty(), "there is no engine to test on");
        Ok(Self(engines))
    }

    /// Stops the engines that were started here when this value is dropped, also those that were
    /// started for longer.
    fn give_up(&mut self) {
        for session in self.0.iter_mut().filter_map(|engine| engine.session.as_mut()) {
            session.give_up();
        }
    }

    /// Returns the missing kinds and doors, by the names of their test modules.
    pub(crate) fn missing(&self) -> Vec<String> {
        let mut missing = Vec::new();
        for kind in Kind::ALL {
            let module = kind.name().replace('-', "_");
            let engine = self.0.iter().find(|engine| engine.kind == kind);
            for door in kind.doors() {
                if !engine.is_some_and(|engine| engine.has(*door)) {
                    missing.push(format!("{module}_{}", door.name()));
                }
            }
            if engine.is_none() {
                missing.push(module);
            }
        }
        missing
    }

    /// Returns `name=address` pairs, in the form that tests read.
    pub(crate) fn variable(&self) -> String {
        let pairs: Vec<String> =
            self.0.iter().map(|engine| format!("{}={}", engine.kind, engine.host)).collect();
        pairs.join(",")
    }

    /// Returns `name=folder` pairs of the engines with doors, in the form that tests read.
    pub(crate) fn doors(&self) -> String {
        let folder =
            |engine: &Engine| Some(format!("{}={}", engine.kind, engine.doors.as_ref()?.display()));
        self.0.iter().filter_map(folder).collect::<Vec<_>>().join(",")
    }

    /// Returns the folder with the files for a door of an engine, if it has that door.
    pub(crate) fn door(&self, kind: Kind, door: Door) -> Option<PathBuf> {
        let engine = self.0.iter().find(|engine| engine.kind == kind && engine.has(door))?;
        Some(engine.doors.as_ref()?.join(door.name()))
    }

    /// Returns the addresses, in the order of the requested kinds.
    pub(crate) fn hosts(&self) -> Vec<String> {
        self.0.iter().map(|engine| engine.host.clone()).collect()
    }

    /// Returns the names and versions of the engines, for messages.
    pub(crate) fn names(&self) -> String {
        let names: Vec<String> =
            self.0.iter().map(|engine| format!("{} {}", engine.kind, engine.version)).collect();
        names.join(", ")
    }

    pub(crate) fn first(&self) -> Result<&Engine> {
        self.0.first().context("no engine was selected")
    }
}

/// Stops the engine of this kind, if a task started it. Returns `true` if it ran.
pub(crate) fn down(kind: Kind) -> Result<bool> {
    session::end(kind)
}

/// The packages of the system's Docker. The package of version 20.10 includes the client; later
/// ones only recommend it.
pub(crate) const DOCKER_PACKAGES: &[&str] = &["docker.io", "containerd", "runc"];

/// The packages of the system's Podman.
pub(crate) const PODMAN_PACKAGES: &[&str] =
    &["podman", "conmon", "runc", "netavark", "aardvark-dns"];

/// Returns the path of the `docker` command: that of the engine's packages, or else the system's.
pub(crate) fn docker_client(engine: &Engine) -> Option<PathBuf> {
    let packed = match engine.session {
        Some(_) => packages_of(engine.kind).unwrap_or_default(),
        None => Vec::new(),
    };
    let mut packed = packed.into_iter().map(|root| root.join("usr/bin/docker"));
    packed.find(|file| file.is_file()).or_else(|| run::find("docker"))
}

fn set_up(kind: Kind, lifetime: Lifetime, doors: Doors) -> Result<Engine> {
    let found = |host: String, doors| -> Result<Engine> {
        let version = api::version(&host)?;
        Ok(Engine { kind, host, version, session: None, doors })
    };
    if session::runs(kind) {
        let host = session::address(kind)?;
        if api::answers(&host) {
            say::step(format_args!("using {kind}, which runs at {host}"));
            return found(host, session::doors(kind)?);
        }
        session::end(kind)?;
    }
    let obstacle = match obstacle() {
        None => match start(kind, lifetime, doors) {
            Ok(engine) => return Ok(engine),
            Err(error) => error,
        },
        Some(reason) => anyhow::anyhow!(reason),
    };
    match already_there(kind) {
        Some(host) => {
            say::step(format_args!("using the {kind} at {host}: {obstacle:#}"));
            found(host, None)
        }
        None => Err(obstacle.context(match kind {
            Kind::Docker => "no docker: none answers at DOCKER_HOST or its default socket",
            Kind::Podman => "no podman: none answers at its default sockets",
            Kind::MobyClassic | Kind::MobyContainerd | Kind::TrixieContainerd => "no newer docker",
        })),
    }
}

fn start(kind: Kind, lifetime: Lifetime, doors: Doors) -> Result<Engine> {
    let started = Instant::now();
    let mut packages = packages_of(kind)?;
    let mut open = match doors {
        Doors::Open => kind.doors().to_vec(),
        Doors::Shut => Vec::new(),
    };
    if open.contains(&Door::Ssh) {
        match packages::of_the_system("openssh", SSH_PACKAGES) {
            Ok(root) => packages.push(root),
            Err(error) if std::env::var_os("CI").is_none() => {
                say::step(format_args!("continuing without ssh to {kind}: {error:#}"));
                open.retain(|door| *door != Door::Ssh);
            }
            Err(error) => return Err(error),
        }
    }
    let packed = started.elapsed();
    let session = Session::start(kind, &packages, &open, lifetime)?;
    let host = session::address(kind)?;
    let version = api::version(&host)?;
    say::step(format_args!(
        "{kind} {version} is up (packages {:.1} s, start {:.1} s)",
        packed.as_secs_f32(),
        (started.elapsed() - packed).as_secs_f32()
    ));
    Ok(Engine { kind, host, version, session: Some(session), doors: session::doors(kind)? })
}

/// Returns the reason why no engine can be started, if there is one.
fn obstacle() -> Option<&'static str> {
    if !cfg!(target_os = "linux") {
        return Some("engines can only be started on Linux");
    }
    if !rustix::process::geteuid().is_root() {
        return Some("only root can start engines");
    }
    packages::obstacle()
}

/// Returns the folders of the engine's unpacked packages, the uppermost first.
fn packages_of(kind: Kind) -> Result<Vec<PathBuf>> {
    match kind {
        Kind::Docker => packages::of_the_system("docker", DOCKER_PACKAGES).map(|root| vec![root]),
        Kind::Podman => packages::of_the_system("podman", PODMAN_PACKAGES).map(|root| vec![root]),
        Kind::MobyClassic | Kind::MobyContainerd => {
            // The newest runc would need a newer libc, so the system's runc is used.
            let mut roots = packages_of(Kind::Docker)?;
            roots.insert(0, newest_docker(&roots)?);
            Ok(roots)
        }
        Kind::TrixieContainerd => {
            let mut roots = packages_of(Kind::Docker)?;
            roots.insert(0, docker_of("trixie", &roots)?);
            Ok(roots)
        }
    }
}

/// Returns the newest Docker that runs on this system.
fn newest_docker(below: &[PathBuf]) -> Result<PathBuf> {
    let mut failure = anyhow::anyhow!("no suite has a newer release");
    for suite in ["sid", "trixie"] {
        match docker_of(suite, below) {
            Ok(root) => return Ok(root),
            Err(error) => {
                say::step(format_args!("cannot use docker of {suite}: {error:#}"));
                failure = error;
            }
        }
    }
    Err(failure)
}

/// Returns the folder with the Docker of another release of Debian, if it runs on this system.
fn docker_of(suite: &str, below: &[PathBuf]) -> Result<PathBuf> {
    let names = ["docker.io", "docker-cli", "containerd"];
    let root = packages::of_suite(suite, &format!("docker-{suite}"), &names)?;
    runs_here(root, below)
}

fn runs_here(root: PathBuf, below: &[PathBuf]) -> Result<PathBuf> {
    for program in ["usr/sbin/dockerd", "usr/bin/containerd"] {
        let mut command = std::process::Command::new(root.join(program));
        run::read(command.arg("--version").env("LD_LIBRARY_PATH", packages::libraries(below)?))?;
    }
    Ok(root)
}

/// Returns the address of an engine of this kind that the system runs.
fn already_there(kind: Kind) -> Option<String> {
    let hosts = match kind {
        Kind::Docker => vec![
            std::env::var("DOCKER_HOST").unwrap_or_default(),
            "unix:///var/run/docker.sock".to_owned(),
        ],
        Kind::Podman => {
            let runtime = std::env::var("XDG_RUNTIME_DIR").unwrap_or_default();
            vec![
                format!("unix://{runtime}/podman/podman.sock"),
                "unix:///run/podman/podman.sock".to_owned(),
            ]
        }
        Kind::MobyClassic | Kind::MobyContainerd | Kind::TrixieContainerd => Vec::new(),
    };
    hosts.into_iter().find(|host| api::answers(host))
}

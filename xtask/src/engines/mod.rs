//! Engines for tests and the demo: found, or set up in folders of our own, and stopped again.
//!
//! They are below `target/engines`. An engine that runs already is used if none can be set up; it
//! is never changed or stopped.

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

/// Engines that answer. Those that were started for it end with it.
pub(crate) struct Engines(Vec<Engine>);

/// An engine that answers.
pub(crate) struct Engine {
    kind: Kind,
    /// Its address, as in `DOCKER_HOST`.
    pub(crate) host: String,
    version: String,
    /// `None` if it ran before.
    session: Option<Session>,
    /// The folder that describes other ways to it than its socket, if there are any.
    doors: Option<PathBuf>,
}

impl Engine {
    /// Returns `true` if it ran before this task.
    pub(crate) fn was_there_before(&self) -> bool {
        self.session.is_none()
    }

    fn has(&self, door: Door) -> bool {
        self.doors.as_ref().is_some_and(|doors| doors.join(door.name()).is_dir())
    }
}

impl Engines {
    /// Sets up these engines: one of ours that runs, else a new one, else one that is there.
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

    /// Sets up as many kinds of engine as possible, and logs the others. In CI all kinds are
    /// required.
    pub(crate) fn up_where_possible(lifetime: Lifetime, doors: Doors) -> Result<Self> {
        if std::env::var_os("CI").is_some() {
            return Self::up(&Kind::ALL, lifetime, doors);
        }
        let mut engines = Vec::new();
        for kind in Kind::ALL {
            match set_up(kind, lifetime, doors) {
                Ok(engine) => engines.push(engine),
                Err(error) => say::step(format_args!("goes on without {kind}: {error:#}")),
            }
        }
        ensure!(!engines.is_empty(), "there is no engine to test on");
        Ok(Self(engines))
    }

    /// Lets those that were started here end with this value, whatever they were meant for.
    fn give_up(&mut self) {
        for session in self.0.iter_mut().filter_map(|engine| engine.session.as_mut()) {
            session.give_up();
        }
    }

    /// Returns the missing kinds and doors, as test modules are named.
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

    /// Returns `name=address` pairs, as tests read them.
    pub(crate) fn variable(&self) -> String {
        let pairs: Vec<String> =
            self.0.iter().map(|engine| format!("{}={}", engine.kind, engine.host)).collect();
        pairs.join(",")
    }

    /// Returns `name=folder` pairs of those with doors, as tests read them.
    pub(crate) fn doors(&self) -> String {
        let folder =
            |engine: &Engine| Some(format!("{}={}", engine.kind, engine.doors.as_ref()?.display()));
        self.0.iter().filter_map(folder).collect::<Vec<_>>().join(",")
    }

    /// Returns the folder with what it takes to reach an engine by this door, if it has it.
    pub(crate) fn door(&self, kind: Kind, door: Door) -> Option<PathBuf> {
        let engine = self.0.iter().find(|engine| engine.kind == kind && engine.has(door))?;
        Some(engine.doors.as_ref()?.join(door.name()))
    }

    /// Returns the addresses, in the order in which the engines were asked for.
    pub(crate) fn hosts(&self) -> Vec<String> {
        self.0.iter().map(|engine| engine.host.clone()).collect()
    }

    /// Names the engines with their versions, as people read them.
    pub(crate) fn names(&self) -> String {
        let names: Vec<String> =
            self.0.iter().map(|engine| format!("{} {}", engine.kind, engine.version)).collect();
        names.join(", ")
    }

    pub(crate) fn first(&self) -> Result<&Engine> {
        self.0.first().context("no engine was asked for")
    }
}

/// Ends the engine of this kind, if one of ours runs.
pub(crate) fn down(kind: Kind) -> Result<bool> {
    session::end(kind)
}

/// What the system's own Docker consists of. 20.10's package has the client in it; later ones only
/// recommend it.
pub(crate) const DOCKER_PACKAGES: &[&str] = &["docker.io", "containerd", "runc"];

/// What the system's own Podman consists of.
pub(crate) const PODMAN_PACKAGES: &[&str] =
    &["podman", "conmon", "runc", "netavark", "aardvark-dns"];

/// Finds docker's own client: the one that was packed with this engine, else the system's.
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
            say::step(format_args!("uses {kind}, which runs at {host}"));
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
            say::step(format_args!("uses the {kind} at {host}: {obstacle:#}"));
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
                say::step(format_args!("{kind} can't be reached by ssh: {error:#}"));
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
        return Some("engines of our own need Linux");
    }
    if !rustix::process::geteuid().is_root() {
        return Some("to start one of our own takes root");
    }
    packages::obstacle()
}

/// Returns the folders of unpacked packages that the engine needs, the uppermost first.
fn packages_of(kind: Kind) -> Result<Vec<PathBuf>> {
    match kind {
        Kind::Docker => packages::of_the_system("docker", DOCKER_PACKAGES).map(|root| vec![root]),
        Kind::Podman => packages::of_the_system("podman", PODMAN_PACKAGES).map(|root| vec![root]),
        Kind::MobyClassic | Kind::MobyContainerd => {
            // Its own runc would need a newer libc: the system's lies below it.
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
    let mut failure = anyhow::anyhow!("no newer release is known");
    for suite in ["sid", "trixie"] {
        match docker_of(suite, below) {
            Ok(root) => return Ok(root),
            Err(error) => {
                say::step(format_args!("no docker of {suite}: {error:#}"));
                failure = error;
            }
        }
    }
    Err(failure)
}

/// Returns the Docker of another release of Debian, if it runs on this system.
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

/// Finds an engine of this kind that somebody else runs.
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

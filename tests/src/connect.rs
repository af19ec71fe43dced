//! Connections to real engines: TLS by dockerd itself, a real sshd, contexts created by the docker
//! CLI, Podman's own socket. Only docker-machine is a stub, because no package contains it.

mod api_version;
mod contexts;
mod hosts;
mod machine;
mod permission;
mod sockets;
mod ssh;
mod tcp;
mod tls;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use sealift_testing::Engine;

use crate::command::{Place, Said, image_name, write_script};
use crate::http::Images;

/// A connection to an engine, and a place to use it from.
struct Way {
    engine: Engine,
    /// The folder with the files for the connection.
    folder: PathBuf,
    /// The address of the engine.
    host: String,
    place: Place,
    /// Further environment variables.
    variables: Vec<(&'static str, String)>,
}

impl Way {
    /// Returns the connection through this door, if the engine has it.
    fn by(engine: &str, door: &str) -> Option<Self> {
        let (engine, folder) = sealift_testing::engine_with_door(engine, door)?;
        let host = fs::read_to_string(folder.join("host")).unwrap();
        let place = Place::with_engine(&host);
        Some(Self { engine, folder, host, place, variables: Vec::new() })
    }

    fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.variables.retain(|(other, _)| *other != name);
        self.variables.push((name, value.into()));
    }

    /// Creates a program that is found before all others.
    fn put_program(&mut self, name: &str, script: &str) {
        let programs = self.place.dir.path().join("programs");
        fs::create_dir_all(&programs).unwrap();
        write_script(&programs.join(name), script);
        let path = std::env::var("PATH").unwrap();
        self.set("PATH", format!("{}:{path}", programs.display()));
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.place.command(arguments);
        for (name, value) in &self.variables {
            match value.as_str() {
                "" => command.env_remove(name),
                value => command.env(name, value),
            };
        }
        command
    }

    fn run(&self, arguments: &[&str]) -> Said {
        self.place.said(self.command(arguments).output().unwrap())
    }

    fn ok(&self, arguments: &[&str]) -> String {
        let said = self.run(arguments);
        assert_eq!(said.code, 0, "{arguments:?}: {said:?}");
        said.stdout
    }

    /// Returns the exit code and standard error of a command that must fail, without the parts that
    /// differ between runs.
    fn refusal(&self, arguments: &[&str]) -> String {
        let before = self.place.state();
        let said = self.run(arguments);
        assert_ne!(said.code, 0, "{arguments:?}: {said:?}");
        assert_eq!(self.place.state(), before, "{arguments:?}");
        let folder = self.folder.display().to_string();
        let words = said.stderr.replace(&folder, "FOLDER").replace(&self.host, "HOST");
        format!("[{}]\n{words}", said.code)
    }

    /// Builds an image with both builders, archives it, and loads it and a second version, all
    /// through this connection.
    fn goes_both_ways(&self) {
        let name = image_name();
        let images = Images { host: &self.engine.host, name: &name };
        let tag = format!("{name}:1.0.0.1");
        // More than the buffers of the connection can hold.
        let content: Vec<u8> = (0..3_000_000_u32).map(|n| (n.wrapping_mul(n) >> 7) as u8).collect();
        self.place.context(&content);
        for builder in ["buildkit", "classic"] {
            self.ok(&["build", &tag, "context", "--builder", builder]);
        }
        let saved = self.ok(&["update", &tag, "--compress"]);
        assert!(saved.contains("  saved  "), "{saved}");
        assert_eq!(self.place.files().len(), 1);
        self.ok(&["verify", "--deep"]);
        images.remove();
        let loaded = self.ok(&["load", &name]);
        assert!(loaded.contains("  loaded  "), "{loaded}");
        let unchanged = self.ok(&["update", &tag, "--compress"]);
        assert!(unchanged.contains("  unchanged  "), "{unchanged}");

        // Of the second version, only the new layer is sent.
        let second = format!("{name}:1.0.0.2");
        let dockerfile = format!("FROM {tag}\nCOPY Dockerfile /second\n");
        fs::write(self.place.dir.path().join("context/Dockerfile"), dockerfile).unwrap();
        self.ok(&["build", &second, "context", "--builder", "classic"]);
        self.ok(&["update", &second, "--compress"]);
        images.remove();
        self.ok(&["load", &tag]);
        let loaded = self.ok(&["load", &second]);
        assert!(loaded.ends_with(", 1 of 2 layers was there\n"), "{loaded}");
        let unchanged = self.ok(&["update", &second, "--compress"]);
        assert!(unchanged.contains("  unchanged  "), "{unchanged}");
    }
}

/// Returns the line of `sealift env` about this setting.
fn line_of(env: &str, setting: &str) -> String {
    let line = env.lines().find(|line| line.split(' ').next() == Some(setting));
    line.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

//! The sockets that are tried when no setting chooses an engine, with real engines.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::line_of;
use crate::command::Place;

/// A place with an empty `/run`, independent of the machine.
struct Empty {
    place: Place,
    runtime: PathBuf,
}

impl Empty {
    fn new() -> Self {
        let place = Place::new();
        let runtime = place.dir.path().join("runtime");
        Self { place, runtime }
    }

    /// Creates a link to the engine at the path of a default socket.
    fn link(&self, engine: &str, socket: &Path) {
        fs::create_dir_all(socket.parent().unwrap()).unwrap();
        symlink(engine.trim_start_matches("unix://"), socket).unwrap();
    }

    /// Runs `sealift env` after this script, which may put links into `/run`.
    fn env(&self, script: &str) -> String {
        let sealift = self.place.command(&["env"]);
        let mut command = Command::new("unshare");
        // A user other than root can be root in a user namespace.
        if fs::metadata("/proc/self").unwrap().uid() != 0 {
            command.arg("--map-root-user");
        }
        let script = format!("mount -t tmpfs run /run && {{ {script}; }} && exec \"$@\"");
        command.args(["--mount", "sh", "-euc", &script, "sh"]).arg(sealift.get_program());
        command.args(sealift.get_args()).current_dir(self.place.dir.path());
        for (name, value) in sealift.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.env_remove("DOCKER_HOST").env("XDG_RUNTIME_DIR", &self.runtime);
        let said = self.place.said(command.output().unwrap());
        assert_eq!(said.code, 0, "{said:?}");
        said.stdout
    }
}

mod on_engine {
    mod podman {
        use super::super::*;

        #[test]
        fn podmans_sockets_are_found_if_there_are_no_others() {
            let Some(podman) = sealift_testing::engine("podman") else { return };
            let here = Empty::new();
            here.link(&podman.host, &here.runtime.join("podman/podman.sock"));
            let env = here.env("true");
            insta::assert_snapshot!(line_of(&env, "host"), @"host unix://DIR/runtime/podman/podman.sock the first socket that exists");
            assert!(line_of(&env, "engine").contains("Podman"), "{env}");
            let socket = podman.host.trim_start_matches("unix://");
            let env =
                here.env(&format!("mkdir /run/podman; ln -s {socket} /run/podman/podman.sock"));
            insta::assert_snapshot!(line_of(&env, "host"), @"host unix:///run/podman/podman.sock the first socket that exists");
            assert!(line_of(&env, "engine").contains("Podman"), "{env}");
        }

        #[test]
        fn dockers_sockets_take_precedence_over_podmans() {
            let Some(podman) = sealift_testing::engine("podman") else { return };
            let Some(docker) = sealift_testing::engine("docker") else { return };
            let here = Empty::new();
            here.link(&podman.host, &here.runtime.join("podman/podman.sock"));
            here.link(&docker.host, &here.runtime.join("docker.sock"));
            let env = here.env("true");
            insta::assert_snapshot!(line_of(&env, "host"), @"host unix://DIR/runtime/docker.sock the first socket that exists");
            assert!(line_of(&env, "engine").contains("Docker"), "{env}");
            let socket = docker.host.trim_start_matches("unix://");
            let env = here.env(&format!("ln -s {socket} /run/docker.sock"));
            insta::assert_snapshot!(line_of(&env, "host"), @"host unix:///var/run/docker.sock the first socket that exists");
            assert!(line_of(&env, "engine").contains("Docker"), "{env}");
        }
    }
}

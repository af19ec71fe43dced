//! A real ssh and a real sshd, on a host with `docker`.
//!
//! ssh gets the user's home from the system and ignores HOME. To keep it away from the keys and
//! known hosts of the user who runs the tests, a script that precedes it in `PATH` passes a config
//! file.

use std::fs;
use std::path::PathBuf;

use super::{Way, line_of};

impl Way {
    /// Returns a connection by ssh to this address, with this key and without known hosts.
    pub(super) fn by_ssh(address: &str, key: &str) -> Option<Self> {
        let mut way = Self::by("docker", "ssh")?;
        let ssh = sealift_testing::program("ssh")?;
        way.host = fs::read_to_string(way.folder.join(address)).unwrap();
        way.set("DOCKER_HOST", way.host.clone());
        let config = way.place.dir.path().join("ssh_config");
        // Otherwise ssh would add further keys of the host to the known hosts.
        let text = format!(
            "UserKnownHostsFile {}\nGlobalKnownHostsFile /dev/null\nUpdateHostKeys yes\n\
             IdentityFile {}\nIdentitiesOnly yes\nIdentityAgent none\n",
            way.known_hosts().display(),
            way.folder.join(key).display(),
        );
        fs::write(&config, text).unwrap();
        let script = format!("exec '{}' -F '{}' \"$@\"\n", ssh.display(), config.display());
        way.put_program("ssh", &script);
        fs::write(way.known_hosts(), "").unwrap();
        Some(way)
    }

    fn known_hosts(&self) -> PathBuf {
        self.place.dir.path().join("known_hosts")
    }

    /// Adds this key of the host to the known hosts.
    pub(super) fn know(&self, key: &str) {
        let (_, port) = self.host.rsplit_once(':').unwrap();
        let key = fs::read_to_string(self.folder.join(key)).unwrap();
        fs::write(self.known_hosts(), format!("[127.0.0.1]:{port} {key}")).unwrap();
    }

    /// Returns the error of a refused connection, and asserts that the known hosts are unchanged.
    fn refusal_by_ssh(&self) -> String {
        let before = fs::read_to_string(self.known_hosts()).unwrap();
        let words = self.refusal(&["update", "web:1"]);
        assert_eq!(fs::read_to_string(self.known_hosts()).unwrap(), before);
        let (_, port) = self.host.rsplit_once(':').unwrap();
        words.replace(&format!("]:{port}"), "]:PORT")
    }
}

mod on_engine {
    mod docker_ssh {
        use super::super::*;

        #[test]
        fn an_image_goes_both_ways_to_a_known_host() {
            let Some(way) = Way::by_ssh("host", "user_key") else { return };
            way.know("host_key.pub");
            let known = fs::read_to_string(way.known_hosts()).unwrap();
            let env = way.ok(&["env"]);
            assert!(line_of(&env, "engine").contains("Docker"), "{env}");
            way.goes_both_ways();
            let after = fs::read_to_string(way.known_hosts()).unwrap();
            assert_eq!(after, known, "the known hosts are never changed");
        }

        #[test]
        fn a_socket_of_the_host_can_be_named() {
            let Some(mut way) = Way::by_ssh("host", "user_key") else { return };
            way.know("host_key.pub");
            way.set("DOCKER_HOST", format!("{}/run/engine/engine.sock", way.host));
            let env = way.ok(&["env"]);
            assert!(line_of(&env, "engine").contains("Docker"), "{env}");
            way.set("DOCKER_HOST", format!("{}/run/nobody.sock", way.host));
            let words = way.refusal_by_ssh();
            assert!(
                words.starts_with("[6]") && words.contains("dial unix /run/nobody.sock"),
                "{words}"
            );
        }

        #[test]
        fn an_unknown_host_is_refused_and_stays_unknown() {
            let Some(way) = Way::by_ssh("host", "user_key") else { return };
            insta::assert_snapshot!(way.refusal_by_ssh(), @"
            [6]
            error: cannot inspect `web:1` in the engine at HOST
              caused by: HOST (from DOCKER_HOST) cannot be reached: ssh failed with exit status: 255: No ED25519 host key is known for [127.0.0.1]:PORT and you have requested strict checking. Host key verification failed.
            hint: check that `docker version` runs there over ssh without prompting; the host key must be known
            ");
        }

        #[test]
        fn a_host_whose_key_has_changed_is_refused() {
            let Some(way) = Way::by_ssh("host", "user_key") else { return };
            way.know("unknown_key.pub");
            let words = way.refusal_by_ssh();
            // ssh prints more in between, such as the fingerprint of the received key.
            let (before, after) = words.split_once("HAS CHANGED! ").unwrap();
            let (_, after) = after.rsplit_once("Host key for ").unwrap();
            insta::assert_snapshot!(format!("{before}HAS CHANGED! … Host key for {after}"), @"
            [6]
            error: cannot inspect `web:1` in the engine at HOST
              caused by: HOST (from DOCKER_HOST) cannot be reached: ssh failed with exit status: 255: WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! … Host key for [127.0.0.1]:PORT has changed and you have requested strict checking. Host key verification failed.
            hint: check that `docker version` runs there over ssh without prompting; the host key must be known
            ");
        }

        #[test]
        fn a_key_that_the_host_refuses_has_its_own_error() {
            let Some(way) = Way::by_ssh("host", "unknown_key") else { return };
            way.know("host_key.pub");
            insta::assert_snapshot!(way.refusal_by_ssh(), @"
            [6]
            error: cannot inspect `web:1` in the engine at HOST
              caused by: HOST (from DOCKER_HOST) cannot be reached: ssh failed with exit status: 255: root@127.0.0.1: Permission denied (publickey).
            hint: check that `docker version` runs there over ssh without prompting; the host key must be known
            ");
        }

        #[test]
        fn a_host_without_docker_has_its_own_error() {
            let Some(way) = Way::by_ssh("bare-host", "user_key") else { return };
            way.know("host_key.pub");
            insta::assert_snapshot!(way.refusal_by_ssh(), @"
            [6]
            error: cannot inspect `web:1` in the engine at HOST
              caused by: HOST (from DOCKER_HOST) cannot be reached: ssh failed with exit status: 127: sh: 1: docker: not found
            hint: check that `docker version` runs there over ssh without prompting; the host key must be known
            ");
        }

        #[test]
        fn a_host_without_sshd_has_its_own_error() {
            let Some(mut way) = Way::by_ssh("host", "user_key") else { return };
            // No process gets such a low port by default.
            way.host = "ssh://root@127.0.0.1:1".to_owned();
            way.set("DOCKER_HOST", way.host.clone());
            insta::assert_snapshot!(way.refusal_by_ssh(), @"
            [6]
            error: cannot inspect `web:1` in the engine at HOST
              caused by: HOST (from DOCKER_HOST) cannot be reached: ssh failed with exit status: 255: ssh: connect to host 127.0.0.1 port 1: Connection refused
            hint: check that `docker version` runs there over ssh without prompting; the host key must be known
            ");
        }
    }
}

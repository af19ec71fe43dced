//! A real ssh and a real sshd, with a `docker` behind it.
//!
//! ssh asks the system for its user's folder, whatever HOME is. So that it has nothing to do with
//! the keys and the known hosts of whoever runs the tests, it gets a config file by a script before
//! it on the path.

use std::fs;
use std::path::PathBuf;

use super::{Way, line_of};

impl Way {
    /// Returns the way by ssh to this address, with this key, by somebody who knows no host yet.
    pub(super) fn by_ssh(address: &str, key: &str) -> Option<Self> {
        let mut way = Self::by("docker", "ssh")?;
        let ssh = sealift_testing::program("ssh")?;
        way.host = fs::read_to_string(way.folder.join(address)).unwrap();
        way.set("DOCKER_HOST", way.host.clone());
        let config = way.place.dir.path().join("ssh_config");
        // What else the host is known by would be added to what is known, if it went by this file
        // alone.
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

    /// Lets the host be known by this key.
    pub(super) fn know(&self, key: &str) {
        let (_, port) = self.host.rsplit_once(':').unwrap();
        let key = fs::read_to_string(self.folder.join(key)).unwrap();
        fs::write(self.known_hosts(), format!("[127.0.0.1]:{port} {key}")).unwrap();
    }

    /// Returns the words of a refusal, after which the known hosts are what they were.
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
            assert_eq!(after, known, "what is known is never changed");
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
            hint: does ssh run `docker version` there without a question? Known hosts are checked, and never added
            ");
        }

        #[test]
        fn a_host_whose_key_has_changed_is_refused() {
            let Some(way) = Way::by_ssh("host", "user_key") else { return };
            way.know("unknown_key.pub");
            let words = way.refusal_by_ssh();
            // ssh prints more between the two, with the fingerprint of the key that it was shown.
            let (before, after) = words.split_once("HAS CHANGED! ").unwrap();
            let (_, after) = after.rsplit_once("Host key for ").unwrap();
            insta::assert_snapshot!(format!("{before}HAS CHANGED! … Host key for {after}"), @"
            [6]
            error: cannot inspect `web:1` in the engine at HOST
              caused by: HOST (from DOCKER_HOST) cannot be reached: ssh failed with exit status: 255: WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! … Host key for [127.0.0.1]:PORT has changed and you have requested strict checking. Host key verification failed.
            hint: does ssh run `docker version` there without a question? Known hosts are checked, and never added
            ");
        }

        #[test]
        fn a_key_that_the_host_does_not_take_is_told_apart() {
            let Some(way) = Way::by_ssh("host", "unknown_key") else { return };
            way.know("host_key.pub");
            insta::assert_snapshot!(way.refusal_by_ssh(), @"
            [6]
            error: cannot inspect `web:1` in the engine at HOST
              caused by: HOST (from DOCKER_HOST) cannot be reached: ssh failed with exit status: 255: root@127.0.0.1: Permission denied (publickey).
            hint: does ssh run `docker version` there without a question? Known hosts are checked, and never added
            ");
        }

        #[test]
        fn a_host_without_docker_is_told_apart() {
            let Some(way) = Way::by_ssh("bare-host", "user_key") else { return };
            way.know("host_key.pub");
            insta::assert_snapshot!(way.refusal_by_ssh(), @"
            [6]
            error: cannot inspect `web:1` in the engine at HOST
              caused by: HOST (from DOCKER_HOST) cannot be reached: ssh failed with exit status: 127: sh: 1: docker: not found
            hint: does ssh run `docker version` there without a question? Known hosts are checked, and never added
            ");
        }

        #[test]
        fn a_host_where_nobody_listens_is_told_apart() {
            let Some(mut way) = Way::by_ssh("host", "user_key") else { return };
            // Nobody is given so low a port without asking for it.
            way.host = "ssh://root@127.0.0.1:1".to_owned();
            way.set("DOCKER_HOST", way.host.clone());
            insta::assert_snapshot!(way.refusal_by_ssh(), @"
            [6]
            error: cannot inspect `web:1` in the engine at HOST
              caused by: HOST (from DOCKER_HOST) cannot be reached: ssh failed with exit status: 255: ssh: connect to host 127.0.0.1 port 1: Connection refused
            hint: does ssh run `docker version` there without a question? Known hosts are checked, and never added
            ");
        }
    }
}

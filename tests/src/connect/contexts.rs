//! Contexts that the docker CLI itself created, in a temporary config folder.

use std::path::Path;
use std::process::Command;

use super::{Way, line_of};

impl Way {
    /// Runs the docker CLI in this config folder. The CLI is an old version if the system has no
    /// other.
    fn docker(&self, program: &Path, arguments: &[&str]) -> String {
        let mut docker = Command::new(program);
        docker.args(arguments).env("HOME", self.place.dir.path());
        for name in ["DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"] {
            docker.env_remove(name);
        }
        sealift_testing::output_of(docker.env("DOCKER_CONFIG", self.config()))
    }

    fn config(&self) -> String {
        self.place.dir.path().join("config").display().to_string()
    }

    /// Returns the lines of `sealift env` about the engine, with the settings that chose it.
    fn engine_in_use(&self, arguments: &[&str]) -> String {
        let env = self.ok(&[arguments, &["env"]].concat());
        let lines = ["host", "context", "certificates"].map(|setting| line_of(&env, setting));
        assert!(line_of(&env, "engine").contains("Docker"), "{env}");
        lines.join("\n").replace(&self.host, "HOST").replace(&self.engine.host, "SOCKET")
    }
}

mod on_engine {
    mod docker_tls {
        use super::super::*;

        #[test]
        fn a_context_of_the_docker_cli_can_be_selected_in_every_way() {
            let Some(mut way) = Way::by("docker", "tls") else { return };
            let Some(docker) = sealift_testing::program("docker") else { return };
            let file =
                |name: &str| way.folder.join("clients/good").join(name).display().to_string();
            let edge = format!(
                "host={},ca={},cert={},key={}",
                way.host,
                file("ca.pem"),
                file("cert.pem"),
                file("key.pem")
            );
            way.docker(&docker, &["context", "create", "edge", "--docker", &edge]);
            let here = format!("host={}", way.engine.host);
            way.docker(&docker, &["context", "create", "here", "--docker", &here]);
            way.set("DOCKER_HOST", "");
            way.set("DOCKER_CONFIG", way.config());

            let mut said = Vec::new();
            said.push(way.engine_in_use(&["--context", "edge"]));
            way.set("DOCKER_CONTEXT", "here");
            said.push(way.engine_in_use(&[]));
            way.set("DOCKER_CONTEXT", "edge");
            said.push(way.engine_in_use(&[]));
            way.set("DOCKER_CONTEXT", "");
            for name in ["here", "edge"] {
                way.docker(&docker, &["context", "use", name]);
                said.push(way.engine_in_use(&[]));
                // The docker CLI reaches the engine with it too.
                way.docker(&docker, &["version"]);
            }
            insta::assert_snapshot!(said.join("\n\n"), @"
            host HOST the context `edge`
            context edge --context
            certificates DIR/config/contexts/tls/a1cb100f57e971cacf269e7c26e4630a25a8e9d4bdd35e32df1a80b66b896254/docker the context `edge`

            host SOCKET the context `here`
            context here DOCKER_CONTEXT


            host HOST the context `edge`
            context edge DOCKER_CONTEXT
            certificates DIR/config/contexts/tls/a1cb100f57e971cacf269e7c26e4630a25a8e9d4bdd35e32df1a80b66b896254/docker the context `edge`

            host SOCKET the context `here`
            context here DIR/config/config.json


            host HOST the context `edge`
            context edge DIR/config/config.json
            certificates DIR/config/contexts/tls/a1cb100f57e971cacf269e7c26e4630a25a8e9d4bdd35e32df1a80b66b896254/docker the context `edge`
            ");
            way.goes_both_ways();

            let words = way.refusal(&["--context", "west", "update", "web:1"]);
            assert!(words.contains("available: `edge`, `here`"), "{words}");
        }

        #[test]
        fn a_context_without_verification_is_refused() {
            let Some(mut way) = Way::by("docker", "tls") else { return };
            let Some(docker) = sealift_testing::program("docker") else { return };
            let blind = format!("host={},skip-tls-verify=true", way.host);
            way.docker(&docker, &["context", "create", "blind", "--docker", &blind]);
            way.set("DOCKER_HOST", "");
            way.set("DOCKER_CONFIG", way.config());
            insta::assert_snapshot!(way.refusal(&["--context", "blind", "update", "web:1"]), @"
            [2]
            error: --context is `blind`, but it sets SkipTLSVerify, and TLS without verification is not supported; create it again without skip-tls-verify and with ca=FILE
            ");
        }
    }
}

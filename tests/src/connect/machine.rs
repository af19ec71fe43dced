//! docker-machine, as a stub, because no package contains it. The engine is real.

use super::{Way, line_of};

mod on_engine {
    mod docker_tls {
        use super::super::*;

        #[test]
        fn an_image_goes_both_ways_to_the_engine_of_a_machine() {
            let Some(mut way) = Way::by("docker", "tls") else { return };
            // The output of the real docker-machine.
            let script = format!(
                r#"# A stub of docker-machine with one machine.
if [ "$*" != "env --shell sh m1" ]; then
  echo "Docker machine \"$4\" does not exist. Use \"docker-machine ls\" to list machines." >&2
  exit 1
fi
echo 'export DOCKER_TLS_VERIFY="1"'
echo 'export DOCKER_HOST="{}"'
echo 'export DOCKER_CERT_PATH="{}"'
echo 'export DOCKER_MACHINE_NAME="m1"'
echo '# Run this command to configure your shell: '
echo '# eval $(docker-machine env --shell sh m1)'
"#,
                way.host,
                way.folder.join("clients/good").display()
            );
            way.put_program("docker-machine", &script);
            way.set("DOCKER_HOST", "");
            way.set("DOCKER_MACHINE_NAME", "m1");
            let env = way.ok(&["env"]);
            assert_eq!(line_of(&env, "machine"), "machine m1 DOCKER_MACHINE_NAME");
            assert!(line_of(&env, "engine").contains("Docker"), "{env}");
            way.goes_both_ways();
            way.set("DOCKER_MACHINE_NAME", "m2");
            insta::assert_snapshot!(way.refusal(&["update", "web:1"]), @r#"
            [2]
            error: DOCKER_MACHINE_NAME is `m2`, but docker-machine failed with exit status: 1: Docker machine "m2" does not exist. Use "docker-machine ls" to list machines.
            "#);
        }
    }
}

//! Base images that require a login, in a real registry on this host.

mod on_engine {
    use std::fs;
    use std::io::{BufRead as _, BufReader};
    use std::net::TcpListener;
    use std::path::Path;
    use std::process::{Child, Command, Stdio};

    use sealift_docker::{BuildRequest, Builder, Credentials, Settings};
    use sealift_testing::{output_of, program};

    use crate::on_engine::{Context, Stand};

    /// The password `sesame`, as `htpasswd -B` writes it.
    const USER: &str = "ann:$2b$04$KgzzFRIw2Zb7E56jWwyHEuZttDZsJ1ZE0D9ACydO4qp/4k8Y4BhMu\n";
    const LOGIN: &str = r#"{"auth": "YW5uOnNlc2FtZQ=="}"#;

    /// A registry that runs while this value exists.
    struct Registry {
        child: Child,
        address: String,
    }

    impl Drop for Registry {
        fn drop(&mut self) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    impl Registry {
        fn start(folder: &Path) -> Option<Self> {
            let program = program("docker-registry")?;
            // The registry cannot report the port that it chooses, so it gets the number of a free
            // one.
            let address =
                TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
            fs::write(folder.join("users"), USER).unwrap();
            let config = format!(
                "version: 0.1\nlog: {{level: info}}\nhttp: {{addr: \"{address}\"}}\n\
                 storage: {{filesystem: {{rootdirectory: {root}/data}}}}\n\
                 auth: {{htpasswd: {{realm: tests, path: {root}/users}}}}\n",
                root = folder.display()
            );
            fs::write(folder.join("config.yml"), config).unwrap();
            let mut command = Command::new(program);
            command.arg("serve").arg(folder.join("config.yml"));
            let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
            let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
            let listens = log.any(|line| line.unwrap().contains("listening on"));
            assert!(listens, "the registry does not listen");
            // The rest of its output must be read, because a full pipe would stop it.
            std::thread::spawn(move || log.for_each(drop));
            Some(Self { child, address })
        }
    }

    /// Returns the credentials of a config file.
    fn credentials(folder: &Path, config: &str, helpers: Option<&Path>) -> Credentials {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join("config.json"), config).unwrap();
        let path = folder.display().to_string();
        let mut settings =
            Settings::from_vars(|name| (name == "DOCKER_CONFIG").then(|| path.clone()));
        settings.credential_helpers = helpers.map(Path::to_owned);
        settings.credentials().unwrap()
    }

    async fn a_base_image_is_pulled_with_the_login_of_the_docker_cli(
        engine: &str,
        builder: Builder,
    ) {
        let Some(stand) = Stand::new(engine, &format!("login-{builder}")) else { return };
        let folder = tempfile::tempdir().unwrap();
        let Some(registry) = Registry::start(folder.path()) else { return };
        let Some(docker) = program("docker") else { return };
        let host = &registry.address;
        let auths = format!(r#"{{"auths": {{"http://{host}/v2/": {LOGIN}}}}}"#);
        let of_file = credentials(&folder.path().join("file"), &auths, None);
        let helpers = folder.path().join("helpers");
        fs::create_dir(&helpers).unwrap();
        crate::stub(
            &helpers,
            "docker-credential-stub",
            &format!(
                "case $1 in\nlist) echo '{{\"{host}\": \"ann\"}}' ;;\n\
                 get) read -r host; [ \"$host\" = '{host}' ] || {{ echo \"credentials not found in native \
                 keychain\"; exit 1; }}\necho '{{\"Username\": \"ann\", \"Secret\": \"sesame\"}}' ;;\nesac\n"
            ),
        );
        let store = r#"{"credsStore": "stub"}"#;
        let of_helper = credentials(&folder.path().join("store"), store, Some(&helpers));

        // A base image that exists only in the registry.
        let base = format!("{host}/{}:base", stand.tag("1").replace(':', "-"));
        let context = Context::new("FROM scratch\nCOPY Dockerfile /base\n");
        let mut request = BuildRequest::new(context.path(), &base);
        request.builder = Builder::Classic;
        stand.engine.build(request, &mut |_| {}).await.unwrap();
        let mut push = Command::new(docker);
        push.env("DOCKER_HOST", stand.host()).env("DOCKER_CONFIG", folder.path().join("file"));
        output_of(push.args(["push", "-q", &base]));
        assert!(stand.engine.remove(&base).await.unwrap());

        let context = Context::new(&format!("FROM {base}\nCOPY Dockerfile /\n"));
        for (credentials, is_let_in) in
            [(Credentials::default(), false), (of_file, true), (of_helper, true)]
        {
            let mut request = BuildRequest::new(context.path(), stand.tag("1"));
            request.builder = builder;
            request.pull = true;
            request.no_cache = true;
            request.credentials = credentials;
            let mut events = Vec::new();
            let built = stand.engine.build(request, &mut |event| events.push(event)).await;
            let words = built.as_ref().map_or_else(|error| crate::chain(error), |_| String::new());
            assert_eq!(built.is_ok(), is_let_in, "{words}");
            let all = format!("{words} {events:?}");
            assert!(!all.contains("sesame") && !all.contains("YW5uOnNlc2FtZQ"), "{all}");
        }
        assert!(stand.engine.remove(&stand.tag("1")).await.unwrap());
        let _ = stand.engine.remove(&base).await;
    }

    mod docker {
        #[tokio::test]
        async fn a_base_image_is_pulled_with_the_login_of_the_docker_cli() {
            let builder = super::Builder::Classic;
            super::a_base_image_is_pulled_with_the_login_of_the_docker_cli("docker", builder).await;
        }
    }

    mod moby_classic {
        #[tokio::test]
        async fn a_base_image_is_pulled_with_the_login_of_the_docker_cli() {
            let builder = super::Builder::BuildKit;
            super::a_base_image_is_pulled_with_the_login_of_the_docker_cli("moby-classic", builder)
                .await;
        }
    }

    mod moby_containerd {
        #[tokio::test]
        async fn a_base_image_is_pulled_with_the_login_of_the_docker_cli() {
            let builder = super::Builder::BuildKit;
            super::a_base_image_is_pulled_with_the_login_of_the_docker_cli(
                "moby-containerd",
                builder,
            )
            .await;
        }
    }
}

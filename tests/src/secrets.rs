//! No output and no file contains a secret: a canary is used in every place for a secret, and all
//! output at the highest verbosity and all new files are searched for it.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use sealift_testing::fault_proxy::{Action, FaultProxy};
use sealift_testing::layouts::{Image, pack};
use sealift_testing::{Nginx, WebServer};
use serde_json::json;

use crate::command::{Place, image_name, write_script};
use crate::http::Images;

/// The secret. Its characters are the same in every encoding of an address.
pub(crate) const CANARY: &str = "Sesame0penUp4Canary";

/// The filter for the most verbose log, including libraries.
pub(crate) const EVERYTHING: &str = "sealift=trace,bollard=trace,h2=trace,hyper=trace,hyper_util=trace,rustls=trace,tonic=trace,\
                          tower=trace,tokio=trace,mio=trace,want=trace";

/// The settings of a user, with a secret in every possible place.
struct Secrets {
    place: Place,
    config: PathBuf,
    path: OsString,
    /// The encodings of the secret.
    forms: Vec<String>,
}

impl Secrets {
    fn with_engine(host: &str) -> Self {
        let place = Place::with_engine(host);
        let config = place.dir.path().join("docker");
        fs::create_dir(&config).unwrap();
        let auth = base64::engine::general_purpose::STANDARD.encode(format!("ann:{CANARY}"));
        let settings = json!({
            "auths": {
                "file.example": {"auth": auth},
                "plain.example": {"username": "ann", "password": CANARY},
                "token.example": {"identitytoken": CANARY},
                "helper.example": {},
            },
            "credHelpers": {
                "helper.example": "good", "odd.example": "odd", "silent.example": "silent",
                "failing.example": "failing",
            },
            "HttpHeaders": {"X-Token": CANARY},
            "proxies": {"default": {"httpProxy": format!("http://ann:{CANARY}@proxy.example:3128")}},
        });
        fs::write(config.join("config.json"), settings.to_string()).unwrap();
        let helpers = place.dir.path().join("helpers");
        fs::create_dir(&helpers).unwrap();
        let answer = json!({"Username": "ann", "Secret": CANARY});
        for (helper, script) in [
            ("good", format!("cat > /dev/null; echo '{answer}'")),
            ("odd", format!("cat > /dev/null; echo '{CANARY} is no JSON'")),
            ("silent", format!("cat > /dev/null; echo {CANARY} >&2; exit 1")),
            ("failing", format!("cat > /dev/null; echo '{answer}'; exit 1")),
        ] {
            write_script(&helpers.join(format!("docker-credential-{helper}")), &script);
        }
        let mut path = helpers.into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        Self { place, config, path, forms: forms(CANARY) }
    }

    /// Runs the command at the highest verbosity, and searches its output. Returns its exit code.
    fn run<S: AsRef<OsStr> + std::fmt::Debug>(
        &self,
        arguments: &[S],
        variables: &[(&str, &str)],
    ) -> i32 {
        let mut command = self.place.command(arguments);
        command.env("DOCKER_CONFIG", &self.config).env("PATH", &self.path);
        command.env("SEALIFT_LOG", EVERYTHING).env("RUST_BACKTRACE", "full");
        command.envs(variables.iter().copied());
        let output = command.output().unwrap();
        for (stream, bytes) in [("output", &output.stdout), ("log", &output.stderr)] {
            self.search(&format!("the {stream} of {arguments:?}"), bytes);
        }
        output.status.code().unwrap()
    }

    fn search(&self, what: &str, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        for form in &self.forms {
            assert!(!text.contains(form), "{what} has `{form}` in it:\n{text}");
        }
    }

    /// Searches every file of the folder, including `.sealift` and archives.
    fn search_folder(&self) {
        let mut folders = vec![self.place.artifacts()];
        let mut count = 0;
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    self.search(&path.display().to_string(), &fs::read(&path).unwrap());
                    count += 1;
                }
            }
        }
        assert!(count > 1, "there is an archive and its record");
    }
}

/// Returns the secret, and the parts of its base64 encodings that do not depend on its position in
/// a text.
pub(crate) fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_owned()];
    for before in 0..3 {
        let text = format!("{}{secret}", "x".repeat(before));
        for encoded in [STANDARD_NO_PAD.encode(&text), URL_SAFE_NO_PAD.encode(&text)] {
            // The first group may include the text before, and the last one the text after.
            forms.push(encoded[4..encoded.len() - 4].to_owned());
        }
    }
    forms
}

#[test]
fn a_secret_is_found_in_every_form() {
    let secrets = forms(CANARY);
    for before in ["", "a:", "ann:", "{\"password\":\""] {
        let text = format!("{before}{CANARY}\"}}");
        for encoded in [STANDARD_NO_PAD.encode(&text), URL_SAFE_NO_PAD.encode(&text)] {
            assert!(secrets.iter().any(|form| encoded.contains(form)), "{before}");
        }
    }
}

#[test]
fn secrets_in_addresses_and_certificates_are_in_no_output() {
    let secrets = Secrets::with_engine("unix:///nonexistent/engine.sock");
    let certificates = secrets.place.dir.path().join("certificates");
    fs::create_dir(&certificates).unwrap();
    let key = format!("-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----\n");
    for name in ["ca.pem", "cert.pem", "key.pem"] {
        fs::write(certificates.join(name), &key).unwrap();
    }
    let ssh = format!("ssh://ann:{CANARY}@engine.invalid");
    let tcp = format!("tcp://ann:{CANARY}@127.0.0.1:1");
    let odd = format!("ftp://ann:{CANARY}@127.0.0.1:1");
    let certificates = certificates.to_str().unwrap();
    let tls = [
        ("DOCKER_HOST", "tcp://127.0.0.1:1"),
        ("DOCKER_TLS_VERIFY", "1"),
        ("DOCKER_CERT_PATH", certificates),
    ];
    let image = ["update", "web:1", "--progress", "plain"];
    for variables in
        [&tls[..], &[("DOCKER_HOST", &ssh)], &[("DOCKER_HOST", &tcp)], &[("DOCKER_HOST", &odd)]]
    {
        for arguments in [&image[..], &["env"], &["env", "--json"], &["env", "--shell", "sh"]] {
            assert_ne!(secrets.run(arguments, variables), 0, "{arguments:?} {variables:?}");
        }
    }
    for host in [&ssh, &tcp, &odd] {
        assert_ne!(secrets.run(&[&image[..], &["--host", host]].concat(), &[]), 0);
    }
}

#[test]
fn secrets_of_web_servers_and_proxies_are_in_no_output() {
    let secrets = Secrets::with_engine("unix:///nonexistent/engine.sock");
    let nowhere = "127.0.0.1:1".parse().unwrap();
    // The proxy refuses all requests, including CONNECT.
    let refusing = FaultProxy::new(nowhere, |_| Action::Answer(403, Vec::new(), Vec::new()));
    let other = refusing.address();
    let elsewhere = format!("http://ann:{CANARY}@{other}/x?sig={CANARY}");
    let answers: [(u16, Vec<(&'static str, String)>); 4] = [
        (401, vec![("www-authenticate", "Basic realm=\"vault\"".to_owned())]),
        (302, vec![("location", elsewhere.clone())]),
        (302, vec![("location", elsewhere.replace("http", "ftp"))]),
        (404, Vec::new()),
    ];
    let netrc = secrets.place.dir.path().join("netrc");
    fs::write(&netrc, format!("machine 127.0.0.1 login ann password {CANARY}")).unwrap();
    let proxy = format!("http://ann:{CANARY}@{other}");
    let socks = format!("socks5://ann:{CANARY}@127.0.0.1:1");
    for (status, headers) in answers {
        let server =
            FaultProxy::new(nowhere, move |_| Action::Answer(status, headers.clone(), Vec::new()));
        let url = format!("http://ann:{CANARY}@{}/images/?sig={CANARY}", server.address());
        let plain = server.url("/images/");
        let netrc = [("NETRC", netrc.to_str().unwrap())];
        for (url, variables) in [(&url, &[][..]), (&plain, &netrc)] {
            assert_ne!(secrets.run(&["fetch", url, "--json"], variables), 0, "{status}");
            assert_ne!(secrets.run(&["fetch", url, "--progress", "plain"], variables), 0);
        }
        assert!(!server.requests().is_empty());
    }
    for variables in [[("HTTPS_PROXY", &*proxy)], [("ALL_PROXY", &*socks)]] {
        let url = format!("https://ann:{CANARY}@127.0.0.1:1/images/?sig={CANARY}");
        assert_ne!(secrets.run(&["fetch", &url], &variables), 0);
    }
    assert!(refusing.requests().iter().any(|request| request.method == "CONNECT"));
    let odd = format!("https://ann:{CANARY}@127.0.0.1:1/ images/?sig={CANARY}");
    assert_ne!(secrets.run(&["fetch", &odd], &[]), 0);
}

/// Publishes and fetches with a secret in every possible place.
fn assert_no_secrets_of(secrets: &Secrets, to: &str, variables: &[(&str, &str)], succeeds: bool) {
    let calls: &[&[&str]] = &[
        &["publish", to, "--dry-run", "--json"],
        &["publish", to, "--progress", "plain"],
        &["publish", to, "--delete", "--json"],
        &["fetch", to, "--json"],
    ];
    for arguments in calls {
        assert_eq!(secrets.run(arguments, variables) == 0, succeeds, "{arguments:?}");
    }
}

#[test]
fn secrets_of_destinations_are_in_no_output_and_in_no_file() {
    let mut secrets = Secrets::with_engine("unix:///nonexistent/engine.sock");
    let image = secrets.place.dir.path().join("image.tar");
    fs::write(&image, pack(&Image::new("web:1", 1).podman())).unwrap();
    secrets.place.ok(&["add", image.to_str().unwrap(), "--compress", "-q"]);

    let login = Some(("ann", CANARY));
    if let Some(server) =
        WebServer::nginx(Nginx { uploads: true, lists: true, login, ..Nginx::default() })
    {
        let to = format!("http://ann:{CANARY}@{}/images/", server.address());
        assert_no_secrets_of(&secrets, &to, &[], true);
        for entry in fs::read_dir(server.files().join("images")).unwrap() {
            let path = entry.unwrap().path();
            secrets.search(&path.display().to_string(), &fs::read(&path).unwrap());
        }
        secrets.search_folder();
    }
    // A server whose answers repeat the request.
    let nowhere = "127.0.0.1:1".parse().unwrap();
    for status in [401, 403, 507] {
        let echo = FaultProxy::new(nowhere, move |request| {
            let text = format!("<Error><Code>Bad</Code><Signed>{request:?}</Signed></Error>");
            Action::Answer(status, Vec::new(), text.into_bytes())
        });
        let address = echo.address();
        let keys = [
            ("AWS_ENDPOINT_URL", &*format!("http://{address}")),
            ("AWS_ACCESS_KEY_ID", "ann"),
            ("AWS_SECRET_ACCESS_KEY", CANARY),
            ("AWS_SESSION_TOKEN", CANARY),
        ];
        let sas =
            format!("BlobEndpoint=http://{address}/ann;SharedAccessSignature=sv=1&sig={CANARY}");
        let places: [(&str, &[(&str, &str)]); 2] = [
            ("s3://images/web", &keys),
            ("az://images/web", &[("AZURE_STORAGE_CONNECTION_STRING", &sas)]),
        ];
        for (to, variables) in places {
            // Requests to buckets are repeated for minutes after other errors.
            if status < 500 {
                assert_no_secrets_of(&secrets, to, variables, false);
            }
        }
        let to = format!("http://ann:{CANARY}@{address}/images/?sig={CANARY}");
        assert_no_secrets_of(&secrets, &to, &[], false);
        assert!(!echo.requests().is_empty());
    }
    for (name, url) in [("s3", "AWS_ENDPOINT_URL"), ("azure", "")] {
        let Some(server) = sealift_testing::server(name) else { continue };
        let [server, bucket, user, secret] =
            server.split('|').collect::<Vec<_>>().try_into().unwrap();
        secrets.forms.push(secret.to_owned());
        let to = format!(
            "{}://{bucket}/secrets-{}",
            if url.is_empty() { "az" } else { "s3" },
            std::process::id()
        );
        let connection = format!("AccountName={user};AccountKey={secret};BlobEndpoint={server}");
        let variables = match name {
            "s3" => {
                vec![(url, server), ("AWS_ACCESS_KEY_ID", user), ("AWS_SECRET_ACCESS_KEY", secret)]
            }
            _ => vec![("AZURE_STORAGE_CONNECTION_STRING", &*connection)],
        };
        assert_no_secrets_of(&secrets, &to, &variables, true);
        secrets.search_folder();
    }
}

fn secrets_of_the_main_job_are_in_no_output(engine: &str, builders: &[&str]) {
    let Some(engine) = sealift_testing::engine(engine) else { return };
    let secrets = Secrets::with_engine(&engine.host);
    let name = image_name();
    let reference = format!("{name}:1");
    let context = secrets.place.context(b"content");
    let token = format!("TOKEN={CANARY}");
    for builder in builders {
        let build = |dockerfile: &str| {
            fs::write(context.join("Dockerfile"), dockerfile).unwrap();
            let built = [
                OsStr::new("build"),
                reference.as_ref(),
                context.as_os_str(),
                "--builder".as_ref(),
                builder.as_ref(),
                "--build-arg".as_ref(),
                token.as_ref(),
                "--progress".as_ref(),
                "plain".as_ref(),
            ];
            secrets.run(&built, &[])
        };
        assert_eq!(build("FROM scratch\nCOPY content /content\n"), 0);
        // Registries that do not exist, and credential helpers that fail.
        for registry in ["file", "plain", "token", "helper", "odd", "silent", "failing"] {
            assert_ne!(build(&format!("FROM {registry}.example/none:1\n")), 0, "{registry}");
        }
    }
    let main_job: &[&[&str]] = &[
        &["env"],
        &["env", "--json"],
        &["update", &reference, "--progress", "plain"],
        &["update", &reference, "--compress", "--clean", "--json"],
        &["verify", "--deep"],
        &["list", "--json"],
        &["config"],
        &["load", "--latest", "--json"],
    ];
    let images = Images { host: &engine.host, name: &name };
    for (n, arguments) in main_job.iter().enumerate() {
        if n + 1 == main_job.len() {
            images.remove();
        }
        assert_eq!(secrets.run(arguments, &[]), 0, "{arguments:?}");
        if secrets.place.artifacts().exists() {
            secrets.search_folder();
        }
    }
}

fn a_key_is_in_no_output(engine: &str) {
    let Some((engine, folder)) = sealift_testing::engine_with_door(engine, "tls") else { return };
    let host = fs::read_to_string(folder.join("host")).unwrap();
    let mut secrets = Secrets::with_engine(&host);
    let name = image_name();
    let images = Images { host: &engine.host, name: &name };
    let reference = format!("{name}:1");
    secrets.place.context(b"content");
    for client in ["good", "expired", "unknown", "misled"] {
        let client = folder.join("clients").join(client);
        let key = fs::read_to_string(client.join("key.pem")).unwrap();
        let lines = key.lines().filter(|line| !line.starts_with('-')).map(str::to_owned);
        secrets.forms.extend(lines);
        let variables =
            [("DOCKER_TLS_VERIFY", "1"), ("DOCKER_CERT_PATH", client.to_str().unwrap())];
        let is_good = client.ends_with("good");
        let commands: &[&[&str]] = &[
            &["env", "--json"],
            &["build", &reference, "context", "--progress", "plain"],
            &["update", &reference, "--progress", "plain"],
        ];
        for arguments in commands {
            assert_eq!(secrets.run(arguments, &variables) == 0, is_good, "{arguments:?}");
        }
    }
    secrets.search_folder();
    images.remove();
}

mod on_engine {
    mod docker {
        #[test]
        fn secrets_of_the_main_job_are_in_no_output() {
            super::super::secrets_of_the_main_job_are_in_no_output("docker", &["classic"]);
        }
    }

    mod docker_tls {
        #[test]
        fn a_key_is_in_no_output() {
            super::super::a_key_is_in_no_output("docker");
        }
    }

    mod podman {
        #[test]
        fn secrets_of_the_main_job_are_in_no_output() {
            super::super::secrets_of_the_main_job_are_in_no_output("podman", &["classic"]);
        }
    }

    mod moby_containerd {
        #[test]
        fn secrets_of_the_main_job_are_in_no_output() {
            let builders = &["classic", "buildkit"];
            super::super::secrets_of_the_main_job_are_in_no_output("moby-containerd", builders);
        }
    }
}

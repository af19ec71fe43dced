//! Logins: direct requests, `fetch`, and real engines over TLS.

use std::fs;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};
use sealift_testing::layouts::{Image, file, pack};
use serde_json::json;

use crate::command::{Place, image_name};
use crate::http::{Images, request, request_with};
use crate::secrets::{CANARY, EVERYTHING, forms};
use crate::serving::https::{Certificates, TLS};
use crate::serving::{Serving, add};

pub(super) const PASSWORD: &str = "a:long password";

/// Writes a file with the login of `ann`. Returns the arguments that name it.
pub(super) fn with_login(place: &Place) -> [&'static str; 2] {
    let hash = bcrypt::hash(PASSWORD, 4).unwrap().replace("$2b$", "$2y$");
    fs::write(place.dir.path().join("htpasswd"), format!("ann:{hash}\n")).unwrap();
    ["--auth", "htpasswd"]
}

fn login(user: &str, password: &str) -> String {
    format!("Authorization: Basic {}\r\n", BASE64_STANDARD.encode(format!("{user}:{password}")))
}

#[test]
fn everything_except_health_checks_needs_a_login() {
    let place = Place::new();
    add(&place, "web:1.0.0.1", 1);
    let serving = Serving::start_with(&place, &with_login(&place));
    assert_eq!(serving.start["needs_login"], true);
    let archive = format!("/{}", place.files()[0]);
    let right = login("ann", PASSWORD);
    for path in ["/v2/", "/v2/web/manifests/1.0.0.1", "/images.json", "/metrics", "/none", &archive]
    {
        for wrong in ["", &login("ann", "other"), &login("eve", PASSWORD), "Authorization: x\r\n"] {
            let answer = serving.ask("GET", path, wrong);
            assert_eq!(answer.status, 401, "{path}");
            assert_eq!(answer.header("www-authenticate"), Some("Basic realm=\"sealift\""));
        }
        let expected = if path == "/none" { 404 } else { 200 };
        let answer = serving.ask("GET", path, &right);
        assert_eq!(answer.status, expected, "{path}");
        // Content that requires a login must not be in shared caches.
        let control = answer.header("cache-control").unwrap();
        assert!(!control.contains("public"), "{path}: {control}");
    }
    let refused = serving.get("/v2/web/manifests/1.0.0.1");
    assert!(refused.text().starts_with(r#"{"errors":[{"code":"UNAUTHORIZED""#), "{refused:?}");
    assert_eq!(serving.ask("POST", "/v2/", "").status, 401);
    assert_eq!(serving.get("/healthz").status, 200);
    let (_, requests) = serving.stop();
    let users = requests.iter().filter(|request| request["status"] == 200);
    let users: Vec<_> = users.map(|request| request["user"].as_str()).collect();
    assert_eq!(users[0], Some("ann"));
    assert_eq!(users.last(), Some(&None));
    assert!(requests.iter().all(|request| request["status"] != 401 || request["user"].is_null()));
}

#[test]
fn passwords_and_their_hashes_are_in_no_output() {
    let place = Place::new();
    add(&place, "web:1.0.0.1", 1);
    let hash = bcrypt::hash(CANARY, 4).unwrap();
    let file = place.dir.path().join("htpasswd");
    fs::write(&file, format!("ann:{hash}\n")).unwrap();
    let serve = ["serve", "--listen", "127.0.0.1:0", "--json", "-v", "--auth", "htpasswd"];
    let mut command = place.command(&serve);
    let serving = Serving::run(command.env("SEALIFT_LOG", EVERYTHING));
    let right = login("ann", CANARY);
    assert_eq!(serving.ask("GET", "/images.json", &right).status, 200);
    let whole = format!("http://ann:{CANARY}@{}/v2/", serving.host);
    assert_eq!(serving.ask("GET", &whole, &right).status, 200);
    let odd = format!("Authorization: Basic {CANARY}\r\n");
    let bearer = format!("Authorization: Bearer {CANARY}\r\n");
    for wrong in [login("eve", CANARY), login(CANARY, CANARY), odd, bearer] {
        assert_eq!(serving.ask("GET", "/v2/", &wrong).status, 401);
    }
    fs::write(&file, format!("ann:{CANARY}\n{hash}\n")).unwrap();
    while !serving.errors.lock().unwrap().iter().any(|line| line.contains("line 1 has")) {
        serving.get("/v2/");
        serving.ask("GET", "/v2/", &right);
    }
    let errors = Arc::clone(&serving.errors);
    let (_, requests) = serving.stop();
    let printed = format!("{requests:?}{:?}", errors.lock().unwrap());
    assert!(printed.contains("/images.json"));
    let mut secrets = forms(CANARY);
    secrets.push(hash[7..].to_owned());
    for secret in secrets {
        assert!(!printed.contains(&secret), "{secret} is in {printed}");
    }
}

#[test]
fn a_changed_file_of_logins_is_used() {
    let place = Place::new();
    add(&place, "web:1.0.0.1", 1);
    let serving = Serving::start_with(&place, &with_login(&place));
    let status = |user| serving.ask("GET", "/v2/", &login(user, PASSWORD)).status;
    assert_eq!((status("ann"), status("bob")), (200, 401));
    let file = place.dir.path().join("htpasswd");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("ann:", "bob:")).unwrap();
    while status("bob") != 200 {
        std::thread::yield_now();
    }
    assert_eq!(status("ann"), 401);
    fs::write(&file, "broken").unwrap();
    while !serving.errors.lock().unwrap().iter().any(|line| line.contains("line 1 is not")) {
        assert_eq!(status("bob"), 200);
    }
}

#[test]
fn fetch_uses_the_login_in_netrc() {
    let place = Place::new();
    add(&place, "web:1.0.0.1", 1);
    let serving = Serving::start_with(&place, &with_login(&place));
    let url = format!("http://{}/", serving.host);
    assert_ne!(place.run(&["--dir", "other", "fetch", &url]).code, 0);
    let netrc = place.dir.path().join("netrc");
    fs::write(&netrc, format!("machine 127.0.0.1 login ann password \"{PASSWORD}\"")).unwrap();
    let fetched = place.command(&["--dir", "other", "fetch", &url]).env("NETRC", &netrc).output();
    let fetched = fetched.unwrap();
    assert!(fetched.status.success(), "{fetched:?}");
}

#[test]
fn passwords_without_tls_cause_a_warning_if_the_server_is_public() {
    let place = Place::new();
    add(&place, "web:1.0.0.1", 1);
    let auth = with_login(&place);
    Certificates::new(&place);
    let warnings = |listen: &str, more: &[&str]| {
        let serve = ["serve", "--listen", listen, "--json"];
        let serving = Serving::run(&mut place.command(&[&serve, more].concat()));
        let errors = Arc::clone(&serving.errors);
        assert_eq!(serving.stop().0, Some(0));
        errors.lock().unwrap().join("\n")
    };
    assert!(warnings("0.0.0.0:0", &auth).starts_with("warning: passwords are sent unencrypted"));
    assert_eq!(warnings("127.0.0.1:0", &auth), "");
    assert_eq!(warnings("0.0.0.0:0", &[&auth[..], &TLS].concat()), "");
}

fn pulls_with_a_login_over_tls(engine: &str) {
    let Some(engine) = sealift_testing::engine(engine) else { return };
    let name = image_name();
    let _images = Images { host: &engine.host, name: &name };
    let place = Place::with_engine(&engine.host);
    let mut image = Image::new(&format!("{name}:1.0.0.1"), 1);
    image.layers.push(pack(&[file("name", name.clone().into_bytes())]));
    let saved = place.dir.path().join("image.tar");
    fs::write(&saved, pack(&image.podman())).unwrap();
    place.ok(&["add", saved.to_str().unwrap(), "--compress", "-q"]);
    Certificates::new(&place);
    let serving = Serving::start_with(&place, &[&with_login(&place)[..], &TLS].concat());
    let host = &serving.host;

    let pull = |password: &str| {
        let login = json!({"username": "ann", "password": password, "serveraddress": host});
        let header = BASE64_URL_SAFE.encode(login.to_string());
        let path = match engine.name.as_str() {
            "podman" => {
                let image = format!("{host}/{name}:1.0.0.1&tlsVerify=false");
                format!("/v4.0.0/libpod/images/pull?reference={image}")
            }
            _ => format!("/v1.41/images/create?fromImage={host}/{name}&tag=1.0.0.1"),
        };
        let header = format!("X-Registry-Auth: {header}\r\n");
        let (_, answer) = request_with(&engine.host, "POST", &path, &header, "");
        let shown = format!("/v1.41/images/{host}/{name}:1.0.0.1/json");
        let (status, _) = request(&engine.host, "GET", &shown);
        (status == 200, answer)
    };
    let (is_there, answer) = pull("other");
    assert!(!is_there, "{answer}");
    let (is_there, answer) = pull(PASSWORD);
    assert!(is_there, "{answer}");
    if engine.name == "docker" {
        for (password, expected) in [(PASSWORD, "Login Succeeded"), ("other", "401 Unauthorized")] {
            let login = json!({"username": "ann", "password": password, "serveraddress": host});
            let header = "Content-Type: application/json\r\n";
            let (_, answer) =
                request_with(&engine.host, "POST", "/v1.41/auth", header, &login.to_string());
            assert!(answer.contains(expected), "{answer}");
        }
    }
}

mod on_engine {
    mod docker {
        #[test]
        fn pulls_with_a_login_over_tls() {
            super::super::pulls_with_a_login_over_tls("docker");
        }
    }

    mod podman {
        #[test]
        fn pulls_with_a_login_over_tls() {
            super::super::pulls_with_a_login_over_tls("podman");
        }
    }

    mod trixie_containerd {
        #[test]
        fn pulls_with_a_login_over_tls() {
            super::super::pulls_with_a_login_over_tls("trixie-containerd");
        }
    }
}

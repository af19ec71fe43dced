//! The settings, and the endpoints to which they resolve.

use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::Duration;

use sealift_docker::{Endpoint, SettingSource, Settings, Timeouts};

use crate::settings;

fn refusal(value: &str) -> String {
    Endpoint::resolve(&settings(&[("DOCKER_HOST", value)])).unwrap_err().to_string()
}

/// Returns the engine's address and the setting that chose it.
fn found(settings: &Settings) -> String {
    let endpoint = Endpoint::resolve(settings).unwrap();
    format!("{endpoint} ({})", endpoint.source)
}

/// Creates a config folder with the contexts `one`, `two` and `three`, whose hosts have the same
/// names.
fn config_folder(current: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["one", "two", "three"] {
        crate::cli_contexts::write(folder.path(), name, &format!("tcp://{name}:1"), "{}");
    }
    std::fs::write(folder.path().join("config.json"), current).unwrap();
    folder
}

#[test]
fn white_space_around_a_host_and_a_missing_scheme_are_accepted_as_in_docker() {
    for (host, expected) in [
        ("unix:///run/docker.sock ", "unix:///run/docker.sock"),
        ("\ttcp://build.example:2375\n", "tcp://build.example:2375"),
        ("localhost:2375", "tcp://localhost:2375"),
        (" 127.0.0.1:1234 ", "tcp://127.0.0.1:1234"),
        ("[::1]:2375", "tcp://[::1]:2375"),
    ] {
        let by_variable = settings(&[("DOCKER_HOST", host)]);
        assert_eq!(found(&by_variable), format!("{expected} (DOCKER_HOST)"));
        let by_flag = settings(&[]).with_host(Some(host.to_owned()), "--host");
        assert_eq!(found(&by_flag), format!("{expected} (--host)"));
    }
    assert_eq!(settings(&[("DOCKER_HOST", " ")]).docker_host, None);
}

#[test]
fn settings_that_choose_the_engine_have_an_order() {
    let config = config_folder(r#"{"auths": {}, "currentContext": "three"}"#);
    let stubs = tempfile::tempdir().unwrap();
    let machine = r#"echo 'export DOCKER_HOST="tcp://machine:1"'"#;
    let machine = crate::stub(stubs.path(), "docker-machine", machine);
    let all = [
        ("DOCKER_HOST", "tcp://variable:1"),
        ("DOCKER_CONTEXT", "two"),
        ("DOCKER_MACHINE_NAME", "m1"),
        ("DOCKER_CONFIG", config.path().to_str().unwrap()),
    ];
    let with = |skipped: usize| {
        let mut settings = settings(&all[skipped..]);
        settings.docker_machine_program = Some(machine.clone());
        settings
    };
    let context = |name: &str| with(0).with_context(Some(name.to_owned()), "--context");
    let table = [
        found(&context("one").with_host(Some("tcp://flag:1".to_owned()), "--host")),
        found(&context("one")),
        found(&with(0)),
        found(&with(1)),
        found(&with(2)),
        found(&with(3)),
        found(&settings(&[])),
        // The docker CLI's name for not using a context.
        found(&context("default")),
        found(&{
            let mut settings = context("default");
            settings.docker_host = None;
            settings
        }),
        found(&settings(&[("DOCKER_CONTEXT", "default"), all[2], all[3]])),
        // The variables that `docker-machine env` exports.
        found(&settings(&[all[0], all[2]])),
    ];
    let config = config.path().to_str().unwrap();
    insta::assert_snapshot!(table.join("\n").replace(config, "CONFIG"), @"
    tcp://flag:1 (--host)
    tcp://one:1 (the context `one`)
    tcp://variable:1 (DOCKER_HOST)
    tcp://two:1 (the context `two`)
    tcp://machine:1 (docker-machine's `m1`)
    tcp://three:1 (the context `three`)
    unix:///var/run/docker.sock (the default)
    tcp://variable:1 (DOCKER_HOST)
    unix:///var/run/docker.sock (the default)
    unix:///var/run/docker.sock (the default)
    tcp://variable:1 (DOCKER_HOST)
    ");
}

#[test]
fn a_config_file_without_a_context_is_ignored() {
    for content in ["{}", r#"{"currentContext": ""}"#, r#"{"currentContext": "default"}"#] {
        let config = config_folder(content);
        let settings = settings(&[("DOCKER_CONFIG", config.path().to_str().unwrap())]);
        assert_eq!(
            Endpoint::resolve(&settings).unwrap().source,
            SettingSource::Default,
            "{content}"
        );
    }
    let home = tempfile::tempdir().unwrap();
    let settings = settings(&[("HOME", home.path().to_str().unwrap())]);
    assert_eq!(Endpoint::resolve(&settings).unwrap().source, SettingSource::Default);
}

#[test]
fn the_default_config_folder_is_in_the_home_folder() {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join(".docker");
    crate::cli_contexts::write(&config, "edge", "unix:///run/edge.sock", "{}");
    std::fs::write(config.join("config.json"), r#"{"currentContext": "edge"}"#).unwrap();
    let home = home.path().to_str().unwrap();
    let endpoint = Endpoint::resolve(&settings(&[("HOME", home)])).unwrap();
    assert_eq!(endpoint.to_string(), "unix:///run/edge.sock");
    assert_eq!(endpoint.source, SettingSource::Context("edge".to_owned()));
    let context = endpoint.context.unwrap();
    assert_eq!(context.value, "edge");
    assert_eq!(context.source, SettingSource::ConfigFile(config.join("config.json")));
}

#[test]
fn a_config_file_that_cannot_be_read_is_an_error() {
    let refusals =
        ["{", r#"{"currentContext": 1}"#, r#"{"currentContext": "four"}"#].map(|content| {
            let config = config_folder(content);
            let settings = settings(&[("DOCKER_CONFIG", config.path().to_str().unwrap())]);
            let refusal = Endpoint::resolve(&settings).unwrap_err().to_string();
            refusal.replace(config.path().to_str().unwrap(), "CONFIG")
        });
    insta::assert_snapshot!(refusals.join("\n"), @"
    the docker CLI's config file is `CONFIG/config.json`, but it is not JSON: EOF while parsing an object at line 1 column 1
    the docker CLI's config file is `CONFIG/config.json`, but its `currentContext` is 1, which is not a name
    currentContext of CONFIG/config.json is `four`, but there is no such context in CONFIG/contexts; available: `one`, `three`, `two`
    ");
}

#[test]
fn the_first_existing_socket_is_used_if_nothing_is_set() {
    let usual = Settings::from_vars(|name| match name {
        "HOME" => Some("/home/ada".to_owned()),
        "XDG_RUNTIME_DIR" => Some("/run/user/1000".to_owned()),
        _ => None,
    });
    let usual: Vec<_> = usual.sockets.iter().map(|path| path.display().to_string()).collect();
    insta::assert_snapshot!(usual.join("\n"), @"
    /var/run/docker.sock
    /run/user/1000/docker.sock
    /home/ada/.docker/run/docker.sock
    /home/ada/.docker/desktop/docker.sock
    /run/podman/podman.sock
    /run/user/1000/podman/podman.sock
    ");

    let folder = tempfile::tempdir().unwrap();
    let [missing, file, first, second] =
        ["missing", "file", "first", "second"].map(|name| folder.path().join(name));
    std::fs::write(&file, "").unwrap();
    let _listeners = [&first, &second].map(|path| UnixListener::bind(path).unwrap());
    let mut settings = settings(&[]);
    settings.sockets = vec![missing, file, first.clone(), second];
    let endpoint = Endpoint::resolve(&settings).unwrap();
    assert_eq!(endpoint.address, sealift_docker::Address::Unix(first));
    assert_eq!(endpoint.source, SettingSource::FirstSocket);
    settings.sockets = vec![Path::new("/nonexistent").into()];
    assert_eq!(found(&settings), "unix:///var/run/docker.sock (the default)");
}

#[test]
fn addresses_are_parsed_as_by_the_docker_cli() {
    for (value, address) in [
        ("tcp://10.0.0.1", "tcp://10.0.0.1:2375"),
        ("http://build.example:80/", "tcp://build.example:80"),
        ("tcp://[fe80::1]:2375", "tcp://[fe80::1]:2375"),
        ("unix:///a b.sock", "unix:///a b.sock"),
        ("ssh://build.example", "ssh://build.example"),
        ("ssh://ci@[fe80::1]:2222/", "ssh://ci@[fe80::1]:2222"),
        ("ssh://host/run/podman/podman.sock", "ssh://host/run/podman/podman.sock"),
        ("ssh://ci@host:2222/run/x.sock", "ssh://ci@host:2222/run/x.sock"),
    ] {
        let endpoint = Endpoint::resolve(&settings(&[("DOCKER_HOST", value)])).unwrap();
        assert_eq!(endpoint.address.to_string(), address);
    }
}

#[test]
fn an_invalid_address_is_an_error_with_setting_value_and_reason() {
    let refusals = [
        "fd://",
        "/var/run/docker.sock",
        "unix://",
        "unix://run/docker.sock",
        "tcp://",
        "tcp://:2375",
        "tcp://host:http",
        "tcp://host:99999",
        "tcp://host:0",
        "tcp://host:2375/prefix",
        "tcp://[::1]2375",
        "tcp://me:secret@host:2375",
        "me:secret@host:2375",
        "localhost:http",
        "run/docker.sock:1",
        "tcp://the host",
        "https://",
        "ssh://",
        "ssh://@host",
        "ssh://me:secret@host",
        "ssh://host/run/$(touch).sock",
        "ssh://host:port/run/docker.sock",
        "ssh://-oProxyCommand=touch",
        "ssh://-oProxyCommand=touch@host",
        "ssh://$(touch)@host",
    ]
    .map(refusal);
    insta::assert_snapshot!(refusals.join("\n"), @"
    DOCKER_HOST is `fd://`, but the scheme `fd` is not supported; use unix, tcp, http, https or ssh
    DOCKER_HOST is `/var/run/docker.sock`, but an address must start with a scheme: unix:///PATH, tcp://HOST:PORT or ssh://USER@HOST
    DOCKER_HOST is `unix://`, but it contains no socket path; expected unix:///PATH
    DOCKER_HOST is `unix://run/docker.sock`, but the path of a socket must be absolute: unix:///run/docker.sock
    DOCKER_HOST is `tcp://`, but it contains no host; expected tcp://HOST:PORT
    DOCKER_HOST is `tcp://:2375`, but it contains no host; expected tcp://HOST:PORT
    DOCKER_HOST is `tcp://host:http`, but `http` is not a port
    DOCKER_HOST is `tcp://host:99999`, but `99999` is not a port
    DOCKER_HOST is `tcp://host:0`, but `0` is not a port
    DOCKER_HOST is `tcp://host:2375/prefix`, but only a host and a port are expected, not `/prefix`
    DOCKER_HOST is `tcp://[::1]2375`, but only a host and a port are expected, not `2375`
    DOCKER_HOST is `tcp://me:***@host:2375`, but only a host and a port are expected, not `me@`
    DOCKER_HOST is `me:***@host:2375`, but only a host and a port are expected, not `me@`
    DOCKER_HOST is `localhost:http`, but `http` is not a port
    DOCKER_HOST is `run/docker.sock:1`, but an address must start with a scheme: unix:///PATH, tcp://HOST:PORT or ssh://USER@HOST
    DOCKER_HOST is `tcp://the host`, but `the host` is not a host name
    DOCKER_HOST is `https://`, but it contains no host; expected https://HOST:PORT
    DOCKER_HOST is `ssh://`, but it contains no host; expected ssh://USER@HOST
    DOCKER_HOST is `ssh://@host`, but `` is not a user name
    DOCKER_HOST is `ssh://me:***@host`, but ssh addresses cannot contain a password
    DOCKER_HOST is `ssh://host/run/$(touch).sock`, but the socket path `/run/$(touch).sock` contains special characters; only letters, digits and `/._-+:,=` are supported
    DOCKER_HOST is `ssh://host:port/run/docker.sock`, but `port` is not a port
    DOCKER_HOST is `ssh://-oProxyCommand=touch`, but `-oProxyCommand=touch` is not a host name
    DOCKER_HOST is `ssh://-oProxyCommand=touch@host`, but `-oProxyCommand=touch` is not a user name
    DOCKER_HOST is `ssh://$(touch)@host`, but `$(touch)` is not a user name
    ");
}

#[test]
fn errors_name_the_option_of_the_caller() {
    let settings = Settings::default().with_host(Some("npipe:////./pipe/x".to_owned()), "--host");
    insta::assert_snapshot!(
        Endpoint::resolve(&settings).unwrap_err(),
        @"--host is `npipe:////./pipe/x`, but the scheme `npipe` is not supported; use unix, tcp, http, https or ssh"
    );
}

#[test]
fn tls_without_verification_is_refused() {
    let variables = [("DOCKER_HOST", "tcp://build.example:2376"), ("DOCKER_TLS", "1")];
    insta::assert_snapshot!(Endpoint::resolve(&settings(&variables)).unwrap_err(), @"DOCKER_TLS is `1`, but TLS without verification of the engine is not supported");
}

#[test]
fn a_local_socket_needs_no_tls() {
    let variables = [("DOCKER_HOST", "unix:///run/x.sock"), ("DOCKER_TLS_VERIFY", "1")];
    assert!(Endpoint::resolve(&settings(&variables)).unwrap().tls.is_none());
}

#[cfg(not(feature = "tls"))]
#[test]
fn an_address_with_tls_is_refused_without_the_feature() {
    let verify = ("DOCKER_TLS_VERIFY", "1");
    let refusals = ["tcp://build.example:2376", "https://build.example"].map(|host| {
        Endpoint::resolve(&settings(&[("DOCKER_HOST", host), verify])).unwrap_err().to_string()
    });
    insta::assert_snapshot!(refusals.join("\n"), @"
    DOCKER_HOST is `tcp://build.example:2376`, but it needs TLS, and this program was built without the feature `tls` of sealift-docker
    DOCKER_HOST is `https://build.example`, but it needs TLS, and this program was built without the feature `tls` of sealift-docker
    ");
}

#[test]
fn the_default_limit_for_silence_is_two_minutes() {
    for (variables, seconds) in [
        (&[][..], 120.0),
        (&[("GENVID_DOCKER_API_TIMEOUT", "300")], 300.0),
        (&[("GENVID_DOCKER_API_TIMEOUT", "300"), ("SEALIFT_API_TIMEOUT", "0.5")], 0.5),
    ] {
        let timeouts = Timeouts::resolve(&settings(variables)).unwrap();
        assert_eq!(timeouts.idle, Duration::from_secs_f64(seconds));
        assert!(timeouts.connect <= timeouts.idle && timeouts.ping_every <= timeouts.idle);
    }
}

#[test]
fn an_invalid_limit_is_refused() {
    let refusals = ["soon", "0", "-1", "inf", "NaN", "1e300"].map(|value| {
        let settings = settings(&[("SEALIFT_API_TIMEOUT", value)]);
        Timeouts::resolve(&settings).unwrap_err().to_string()
    });
    insta::assert_snapshot!(refusals.join("\n"), @"
    SEALIFT_API_TIMEOUT is `soon`, but a timeout must be a number of seconds above 0
    SEALIFT_API_TIMEOUT is `0`, but a timeout must be a number of seconds above 0
    SEALIFT_API_TIMEOUT is `-1`, but a timeout must be a number of seconds above 0
    SEALIFT_API_TIMEOUT is `inf`, but a timeout must be a number of seconds above 0
    SEALIFT_API_TIMEOUT is `NaN`, but a timeout must be a number of seconds above 0
    SEALIFT_API_TIMEOUT is `1e300`, but a timeout must be a number of seconds above 0
    ");
    let older = settings(&[("GENVID_DOCKER_API_TIMEOUT", "x")]);
    insta::assert_snapshot!(
        Timeouts::resolve(&older).unwrap_err(),
        @"GENVID_DOCKER_API_TIMEOUT is `x`, but a timeout must be a number of seconds above 0"
    );
}

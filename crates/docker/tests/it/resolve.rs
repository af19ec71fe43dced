//! Settings, and what they mean.

use std::time::Duration;

use sealift_docker::{Endpoint, Settings, Source, Timeouts};

fn settings(variables: &[(&str, &str)]) -> Settings {
    Settings::from_vars(|name| {
        variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    })
}

fn refusal(value: &str) -> String {
    Endpoint::resolve(&settings(&[("DOCKER_HOST", value)])).unwrap_err().to_string()
}

#[test]
fn the_flag_goes_before_the_variable_and_the_variable_before_the_default() {
    let variable = settings(&[("DOCKER_HOST", "tcp://build.example:2375")]);
    let flag = variable.clone().with_host(Some("unix:///run/x.sock".to_owned()));
    for (settings, address, source) in [
        (&flag, "unix:///run/x.sock", Source::Flag),
        (&variable, "tcp://build.example:2375", Source::DockerHost),
        (&settings(&[("DOCKER_HOST", "")]), "unix:///var/run/docker.sock", Source::Default),
    ] {
        let endpoint = Endpoint::resolve(settings).unwrap();
        assert_eq!((endpoint.address.to_string().as_str(), endpoint.source), (address, source));
    }
}

#[test]
fn a_machine_or_a_context_is_refused_unless_the_host_is_given_too() {
    let refusal = |variables| Endpoint::resolve(&settings(variables)).unwrap_err().to_string();
    insta::assert_snapshot!(
        refusal(&[("DOCKER_MACHINE_NAME", "m1")]),
        @"DOCKER_MACHINE_NAME is `m1`, but docker-machine is not asked; say which engine is meant by DOCKER_HOST"
    );
    insta::assert_snapshot!(
        refusal(&[("DOCKER_CONTEXT", "edge")]),
        @"DOCKER_CONTEXT is `edge`, but contexts are not read; say which engine is meant by DOCKER_HOST"
    );
    // As `docker-machine env` exports them.
    let both = settings(&[("DOCKER_MACHINE_NAME", "m1"), ("DOCKER_HOST", "tcp://10.0.0.1:2375")]);
    assert_eq!(Endpoint::resolve(&both).unwrap().source, Source::DockerHost);
    let default = settings(&[("DOCKER_CONTEXT", "default")]);
    assert_eq!(Endpoint::resolve(&default).unwrap().source, Source::Default);
}

#[test]
fn addresses_are_read_as_the_docker_cli_reads_them() {
    for (value, address) in [
        ("tcp://10.0.0.1", "tcp://10.0.0.1:2375"),
        ("http://build.example:80/", "tcp://build.example:80"),
        ("tcp://[fe80::1]:2375", "tcp://[fe80::1]:2375"),
        ("unix:///a b.sock", "unix:///a b.sock"),
    ] {
        let endpoint = Endpoint::resolve(&settings(&[("DOCKER_HOST", value)])).unwrap();
        assert_eq!(endpoint.address.to_string(), address);
    }
}

#[test]
fn what_is_no_address_is_refused_with_the_setting_its_value_and_the_reason() {
    let refusals = [
        "ssh://build@example",
        "/var/run/docker.sock",
        "unix://",
        "unix://run/docker.sock",
        "tcp://",
        "tcp://:2375",
        "tcp://host:http",
        "tcp://host:99999",
        "tcp://host:2375/prefix",
        "tcp://[::1]2375",
        "tcp://me:secret@host:2375",
    ]
    .map(refusal);
    insta::assert_snapshot!(refusals.join("\n"), @"
    DOCKER_HOST is `ssh://build@example`, but the scheme `ssh` is not spoken, only unix, tcp and http are
    DOCKER_HOST is `/var/run/docker.sock`, but an address starts with its scheme: unix:///PATH or tcp://HOST:PORT
    DOCKER_HOST is `unix://`, but it names no socket: unix:///PATH
    DOCKER_HOST is `unix://run/docker.sock`, but the path of a socket is absolute: unix:///run/docker.sock
    DOCKER_HOST is `tcp://`, but it names no host: tcp://HOST:PORT
    DOCKER_HOST is `tcp://:2375`, but it names no host: tcp://HOST:PORT
    DOCKER_HOST is `tcp://host:http`, but `http` is no port
    DOCKER_HOST is `tcp://host:99999`, but `99999` is no port
    DOCKER_HOST is `tcp://host:2375/prefix`, but there is more in it than a host and a port: `/prefix`
    DOCKER_HOST is `tcp://[::1]2375`, but there is more in it than a host and a port: `2375`
    DOCKER_HOST is `tcp://me:secret@host:2375`, but there is more in it than a host and a port: `me@`
    ");
}

#[test]
fn a_flag_is_named_as_a_flag() {
    let settings = Settings::default().with_host(Some("npipe:////./pipe/x".to_owned()));
    insta::assert_snapshot!(
        Endpoint::resolve(&settings).unwrap_err(),
        @"--host is `npipe:////./pipe/x`, but the scheme `npipe` is not spoken, only unix, tcp and http are"
    );
}

#[test]
fn an_engine_that_wants_encryption_is_not_reached_without_it() {
    let variables = [("DOCKER_HOST", "tcp://build.example:2376"), ("DOCKER_TLS_VERIFY", "1")];
    insta::assert_snapshot!(
        Endpoint::resolve(&settings(&variables)).unwrap_err(),
        @"DOCKER_TLS_VERIFY is `1`, but TLS is not spoken, and tcp://build.example:2376 would be reached without it"
    );
    // A socket is on this machine.
    let variables = [("DOCKER_HOST", "unix:///run/x.sock"), ("DOCKER_TLS_VERIFY", "1")];
    assert!(Endpoint::resolve(&settings(&variables)).is_ok());
}

#[test]
fn the_limit_for_silence_is_two_minutes_unless_it_is_set() {
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
fn a_limit_that_is_none_is_refused() {
    let refusals = ["soon", "0", "-1", "inf", "NaN", "1e300"].map(|value| {
        let settings = settings(&[("SEALIFT_API_TIMEOUT", value)]);
        Timeouts::resolve(&settings).unwrap_err().to_string()
    });
    insta::assert_snapshot!(refusals.join("\n"), @"
    SEALIFT_API_TIMEOUT is `soon`, but a timeout is a number of seconds above 0
    SEALIFT_API_TIMEOUT is `0`, but a timeout is a number of seconds above 0
    SEALIFT_API_TIMEOUT is `-1`, but a timeout is a number of seconds above 0
    SEALIFT_API_TIMEOUT is `inf`, but a timeout is a number of seconds above 0
    SEALIFT_API_TIMEOUT is `NaN`, but a timeout is a number of seconds above 0
    SEALIFT_API_TIMEOUT is `1e300`, but a timeout is a number of seconds above 0
    ");
    let older = settings(&[("GENVID_DOCKER_API_TIMEOUT", "x")]);
    insta::assert_snapshot!(
        Timeouts::resolve(&older).unwrap_err(),
        @"GENVID_DOCKER_API_TIMEOUT is `x`, but a timeout is a number of seconds above 0"
    );
}

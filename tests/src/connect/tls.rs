//! TLS by dockerd itself, with valid and invalid certificates of both sides.

use super::{Way, line_of};

/// Returns a connection by TLS, with the certificates of this kind of client.
fn way(engine: &str, client: &str) -> Option<Way> {
    let mut way = Way::by(engine, "tls")?;
    way.set("DOCKER_TLS_VERIFY", "1");
    way.set("DOCKER_CERT_PATH", way.folder.join("clients").join(client).to_str().unwrap());
    Some(way)
}

fn both_sides_are_proven(engine: &str) {
    let Some(way) = way(engine, "good") else { return };
    let env = way.ok(&["env"]);
    assert!(line_of(&env, "engine").contains("Docker"), "{env}");
    assert!(line_of(&env, "certificates").ends_with("DOCKER_CERT_PATH"), "{env}");
    way.goes_both_ways();
}

fn an_https_address_means_tls(engine: &str) {
    let Some(mut way) = way(engine, "good") else { return };
    way.set("DOCKER_TLS_VERIFY", "");
    way.set("DOCKER_HOST", way.host.replace("tcp:", "https:"));
    way.ok(&["env"]);
}

/// Returns the error for each kind of client that the engine refuses.
fn refused_clients(engine: &str) -> Option<String> {
    let mut words = String::new();
    for client in ["without", "expired", "unknown"] {
        words.push_str(&way(engine, client)?.refusal(&["update", "web:1"]));
    }
    Some(words)
}

mod on_engine {
    mod docker_tls {
        use super::super as all;

        #[test]
        fn an_image_goes_both_ways_if_both_certificates_are_valid() {
            all::both_sides_are_proven("docker");
        }

        #[test]
        fn an_https_address_means_tls() {
            all::an_https_address_means_tls("docker");
        }

        #[test]
        fn the_reason_for_refusing_a_client_is_printed() {
            let Some(words) = all::refused_clients("docker") else { return };
            insta::assert_snapshot!(words, @"
            [6]
            error: cannot inspect `web:1` in the engine at HOST
              caused by: the TLS connection to HOST (from DOCKER_HOST) failed: the engine requires a client certificate, but there is no cert.pem and key.pem in FOLDER/clients/without
              caused by: received fatal alert: BadCertificate
            hint: check the certificates of the engine; `sealift env` shows which ones are used, and why
            [6]
            error: cannot inspect `web:1` in the engine at HOST
              caused by: the TLS connection to HOST (from DOCKER_HOST) failed: the engine refused the client certificate FOLDER/clients/expired/cert.pem: it has expired
              caused by: received fatal alert: BadCertificate
            hint: check the certificates of the engine; `sealift env` shows which ones are used, and why
            [6]
            error: cannot inspect `web:1` in the engine at HOST
              caused by: the TLS connection to HOST (from DOCKER_HOST) failed: the engine refused the client certificate FOLDER/clients/unknown/cert.pem: it reported no reason, but the authority is not in FOLDER/clients/unknown/ca.pem either
              caused by: received fatal alert: BadCertificate
            hint: check the certificates of the engine; `sealift env` shows which ones are used, and why
            ");
        }

        #[test]
        fn an_engine_of_an_unknown_authority_is_refused() {
            let Some(way) = all::way("docker", "misled") else { return };
            insta::assert_snapshot!(way.refusal(&["update", "web:1"]), @"
            [6]
            error: cannot inspect `web:1` in the engine at HOST
              caused by: the TLS connection to HOST (from DOCKER_HOST) failed: the engine's certificate is from an authority that is not in FOLDER/clients/misled/ca.pem
              caused by: invalid peer certificate: UnknownIssuer
            hint: check the certificates of the engine; `sealift env` shows which ones are used, and why
            ");
        }

        #[test]
        fn an_engine_under_another_name_is_refused() {
            let Some(mut way) = all::way("docker", "good") else { return };
            way.host = way.host.replace("127.0.0.1", "localhost");
            way.set("DOCKER_HOST", way.host.clone());
            insta::assert_snapshot!(way.refusal(&["update", "web:1"]), @r#"
            [6]
            error: cannot inspect `web:1` in the engine at HOST
              caused by: the TLS connection to HOST (from DOCKER_HOST) failed: the engine's certificate is not for `localhost`, but for 127.0.0.1
              caused by: invalid peer certificate: certificate not valid for name "localhost"; certificate is only valid for IpAddress(127.0.0.1)
            hint: check the certificates of the engine; `sealift env` shows which ones are used, and why
            "#);
        }

        #[test]
        fn a_missing_tls_setting_is_recognized() {
            let Some(mut way) = all::way("docker", "good") else { return };
            way.set("DOCKER_TLS_VERIFY", "");
            insta::assert_snapshot!(way.refusal(&["update", "web:1"]), @"
            [1]
            error: cannot inspect `web:1` in the engine at HOST
              caused by: the engine reported: Client sent an HTTP request to an HTTPS server.
            hint: this port requires TLS: set DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH to the folder of the certificates
            ");
        }

        #[test]
        fn env_shows_the_problem_too() {
            let Some(way) = all::way("docker", "expired") else { return };
            let env = way.run(&["env"]);
            assert_eq!(env.code, 6, "{env:?}");
            assert_eq!(super::super::line_of(&env.stdout, "engine"), "engine does not answer");
            assert!(env.stderr.contains("the engine refused the client certificate"), "{env:?}");
        }
    }

    mod trixie_containerd_tls {
        use super::super as all;

        #[test]
        fn an_image_goes_both_ways_if_both_certificates_are_valid() {
            all::both_sides_are_proven("trixie-containerd");
        }

        #[test]
        fn the_reason_for_refusing_a_client_is_printed() {
            let Some(words) = all::refused_clients("trixie-containerd") else { return };
            insta::assert_snapshot!(words, @"
            [6]
            error: cannot inspect `web:1` in the engine at HOST
              caused by: the TLS connection to HOST (from DOCKER_HOST) failed: the engine requires a client certificate, but there is no cert.pem and key.pem in FOLDER/clients/without
              caused by: received fatal alert: CertificateRequired
            hint: check the certificates of the engine; `sealift env` shows which ones are used, and why
            [6]
            error: cannot inspect `web:1` in the engine at HOST
              caused by: the TLS connection to HOST (from DOCKER_HOST) failed: the engine refused the client certificate FOLDER/clients/expired/cert.pem: it has expired
              caused by: received fatal alert: CertificateExpired
            hint: check the certificates of the engine; `sealift env` shows which ones are used, and why
            [6]
            error: cannot inspect `web:1` in the engine at HOST
              caused by: the TLS connection to HOST (from DOCKER_HOST) failed: the engine refused the client certificate FOLDER/clients/unknown/cert.pem: the engine does not trust its authority
              caused by: received fatal alert: UnknownCA
            hint: check the certificates of the engine; `sealift env` shows which ones are used, and why
            ");
        }
    }

    mod moby_classic_tls {
        #[test]
        fn an_engine_with_an_expired_certificate_is_refused() {
            let Some(way) = super::super::way("moby-classic", "good") else { return };
            let words = way.refusal(&["update", "web:1"]);
            let (words, hint) = words.split_once("certificate expired: ").unwrap();
            let (_when, hint) = hint.split_once('\n').unwrap();
            insta::assert_snapshot!(format!("{words}certificate expired: WHEN\n{hint}"), @"
            [6]
            error: cannot inspect `web:1` in the engine at HOST
              caused by: the TLS connection to HOST (from DOCKER_HOST) failed: the engine's certificate has expired
              caused by: invalid peer certificate: certificate expired: WHEN
            hint: check the certificates of the engine; `sealift env` shows which ones are used, and why
            ");
        }
    }

    mod moby_containerd_tls {
        #[test]
        fn an_engine_with_a_certificate_for_another_host_is_refused() {
            let Some(way) = super::super::way("moby-containerd", "good") else { return };
            insta::assert_snapshot!(way.refusal(&["update", "web:1"]), @r#"
            [6]
            error: cannot inspect `web:1` in the engine at HOST
              caused by: the TLS connection to HOST (from DOCKER_HOST) failed: the engine's certificate is not for `127.0.0.1`, but for build.example
              caused by: invalid peer certificate: certificate not valid for name "127.0.0.1"; certificate is only valid for DnsName("build.example")
            hint: check the certificates of the engine; `sealift env` shows which ones are used, and why
            "#);
        }
    }
}

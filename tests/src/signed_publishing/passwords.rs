//! Passwords: prompted for on the terminal or by a program, and in no output.

use std::fs;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use sealift_testing::program;

use crate::command::{binary, write_script};
use crate::signed_publishing::{Publisher, files};

#[test]
fn a_passphrase_is_prompted_for_once_and_before_any_upload() {
    let Some(mut publisher) = Publisher::new() else { return };
    publisher.keygen(&["-q", "-p", "-N", "correct horse", "-f", "release"]);
    let asked = publisher.path("asked").display().to_string();
    let ask = publisher.path("ask");
    let answer = |answer: &str| write_script(&ask, &format!("echo >> '{asked}'; echo '{answer}'"));
    publisher.variables = vec![
        ("SSH_ASKPASS", ask.display().to_string()),
        ("SSH_ASKPASS_REQUIRE", "force".to_owned()),
    ];
    answer("wrong");
    let said = publisher.assert_refused(
        &["--sign", "release"],
        "could not sign with release: ssh-keygen failed with exit status: 255",
    );
    assert!(
        said.stderr.contains("incorrect passphrase supplied to decrypt private key"),
        "{said:?}"
    );
    assert!(!publisher.path("published").exists());
    fs::remove_file(&asked).unwrap();
    answer("correct horse");
    publisher.published(&["--sign", "release"]);
    assert_eq!(fs::read_to_string(&asked).unwrap(), "\n");
    publisher.assert_fetched("signers");
    // The public part of the key is enough to find that it has signed this already.
    publisher.published(&["--sign", "release"]);
    assert_eq!(fs::read_to_string(&asked).unwrap(), "\n");
}

/// The terminal is a real one, created by `script`.
#[test]
fn a_prompt_on_the_terminal_is_answered_or_interrupted() {
    let Some(script) = program("script") else { return };
    let Some(publisher) = Publisher::new() else { return };
    publisher.keygen(&["-q", "-p", "-N", "correct horse", "-f", "release"]);
    let on_terminal = |input: &[u8]| {
        let call = format!("{} publish published --sign release", binary().display());
        let mut command = Command::new(&script);
        command.args(["-qec", &call, "/dev/null"]).current_dir(publisher.place.dir.path());
        command.env("HOME", publisher.place.dir.path()).env_remove("DISPLAY");
        command.env_remove("SSH_ASKPASS").env_remove("SSH_AUTH_SOCK");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let mut shown = Vec::new();
        let mut byte = [0];
        let is_asked =
            |shown: &[u8]| shown.starts_with(b"Enter passphrase") && shown.ends_with(b": ");
        while !is_asked(&shown) {
            assert_eq!(stdout.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&shown));
            shown.extend(byte);
        }
        stdin.write_all(input).unwrap();
        stdout.read_to_end(&mut shown).unwrap();
        (child.wait().unwrap().code(), String::from_utf8(shown).unwrap())
    };
    let (code, shown) = on_terminal(b"\x03");
    assert_eq!(code, Some(130), "{shown}");
    assert!(shown.contains("interrupted; nothing was left half done"), "{shown}");
    assert!(!shown.contains("error: "), "{shown}");
    assert!(!publisher.path("published").exists());
    let (code, shown) = on_terminal(b"correct horse\n");
    assert_eq!(code, Some(0), "{shown}");
    assert!(!shown.contains("correct horse"), "{shown}");
    publisher.assert_fetched("signers");
}

#[test]
fn keys_and_passwords_are_in_no_output_and_no_file() {
    let Some(mut publisher) = Publisher::new() else { return };
    let canary = "Sesame0penUp4Canary";
    publisher.keygen(&["-q", "-p", "-N", canary, "-f", "release"]);
    publisher.make_key("pem", &["-t", "rsa", "-b", "2048", "-m", "PEM"]);
    let mut secrets = vec![canary.to_owned()];
    for key in ["release", "other", "pem"] {
        let key = fs::read_to_string(publisher.path(key)).unwrap();
        // The beginning of a private key is the same for all, and contains the public key.
        let lines = key.lines().filter(|line| !line.starts_with('-')).skip(3);
        secrets.extend(lines.filter(|line| line.len() > 16).map(str::to_owned));
    }
    assert!(secrets.len() > 10);
    let ask = publisher.path("ask");
    write_script(&ask, &format!("echo {canary}"));
    publisher.variables = vec![
        ("SSH_ASKPASS", ask.display().to_string()),
        ("SSH_ASKPASS_REQUIRE", "force".to_owned()),
        ("SEALIFT_LOG", "trace".to_owned()),
        ("RUST_BACKTRACE", "full".to_owned()),
    ];
    let assert_unseen = |what: &str, bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        for secret in &secrets {
            assert!(!text.contains(secret), "{what} has `{secret}` in it:\n{text}");
        }
    };
    for (options, code) in [
        (&["--sign", "release", "--json"][..], 0),
        (&["--sign", "other", "-v"], 1),
        (&["--sign", "pem", "-v", "--sign-existing"], 0),
        (&["--sign", "release", "--signed-by", "release"], 2),
        (&["--sign", "release", "--signed-by", "signers", "--revoked", "pem"], 2),
    ] {
        let output = publisher.command(&[&["publish", "published"], options].concat()).output();
        let output = output.unwrap();
        assert_eq!(output.status.code(), Some(code), "{options:?}: {output:?}");
        assert_unseen("the output", &output.stdout);
        assert_unseen("the log", &output.stderr);
    }
    for folder in ["published", "artifacts", "artifacts/.sealift"] {
        for (name, content) in files(&publisher.path(folder)) {
            assert_unseen(&name, &content);
        }
    }
}

//! A load into several engines at once. These engines are fakes; `connect::hosts` has real ones.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use sealift_testing::layouts::{Image, file, noise, pack};

use crate::command::{Place, Said, refused};
use crate::fake_engine::{FakeEngine, Load, shown};
use crate::relay::Relay;

const NOBODY: &str = "unix:///nonexistent/engine.sock";

fn web() -> Image {
    Image::new("web:1", 1)
}

/// Creates a folder with this image and without records.
fn place_with(image: &Image) -> Place {
    let place = Place::new();
    place.put(&format!("web_1_{}.docker", &image.id()[7..19]), &pack(&image.podman()));
    place
}

fn taking() -> FakeEngine {
    FakeEngine::loading(shown(&web()), Load::Takes)
}

/// Replaces each host with a letter, because hosts differ between runs.
fn lettered(said: &Said, hosts: &[&str]) -> String {
    let mut text = format!("[{}]\n{}--\n{}", said.code, said.stdout, said.stderr);
    for (host, letter) in hosts.iter().zip('A'..) {
        text = text.replace(host, &format!("unix://{letter}"));
    }
    text
}

#[test]
fn every_engine_and_image_has_a_line() {
    let (first, second) = (taking(), FakeEngine::having(shown(&web()), Load::Stalls));
    let place = place_with(&web());
    // One after the other, so that the lines have an order.
    let hosts = ["--host", &first.host, "--host", NOBODY, "--host", &second.host, "--jobs", "1"];
    let said = place.run(&[&["load", "web", "api"], &hosts[..]].concat());
    insta::assert_snapshot!(lettered(&said, &[&first.host, &second.host]), @"
    [3]
    unix://A  web:1  loaded     16.9 kB
    unix://B  web:1  unchanged
    --
    reading 1 archive
    error: no archive of `api` in artifacts
    hint: available: web
    unix://A  web:1  loading  14.3 kB
    HOST  error: no engine answers at HOST (from --host)
      caused by: No such file or directory (os error 2)
    hint: check that the engine is running; `sealift env` shows which one is used, and why
    1 loaded, 1 unchanged, 2 failed
    ");
    assert_eq!(first.whole_loads(), 1);
    let quiet = place.run(&[&["load", "web", "api", "-q"], &hosts[..]].concat());
    assert_eq!(quiet.stdout, "");
    assert!(!quiet.stderr.contains("unchanged") && quiet.stderr.contains("error: "), "{quiet:?}");
}

#[test]
fn an_engine_that_is_named_twice_is_loaded_into_once() {
    let engine = taking();
    let place = place_with(&web());
    let list = format!("# the only one\n{0}\n\n {0}  # again\n", engine.host);
    fs::write(place.dir.path().join("hosts.txt"), &list).unwrap();
    let loads = [
        place.run(&["load", "web", "--host", &engine.host, "--hosts", "hosts.txt"]),
        place.run_with_input(&["load", "web", "--hosts", "-"], &list),
    ];
    let [loaded, unchanged] = loads.map(|said| said.stdout.replace(&engine.host, "HOST"));
    assert!(loaded.starts_with("HOST  web:1  loaded  ") && loaded.lines().count() == 1, "{loaded}");
    assert_eq!(unchanged, "HOST  web:1  unchanged\n");
    assert_eq!(engine.whole_loads(), 1);
}

#[test]
fn other_engines_do_not_wait_for_a_slow_one() {
    let mut image = web();
    image.layers[0] = pack(&[file("noise", noise(3_000_000))]);
    let engines = [(); 3].map(|()| FakeEngine::loading(shown(&image), Load::Takes));
    let slow = Relay::new(&engines[0].host, 100_000);
    let place = place_with(&image);
    let hosts = ["--host", &slow.host, "--host", &engines[1].host, "--host", &engines[2].host];
    let mut child = place.spawn(&mut place.command(&[&["load", "web"], &hosts[..]].concat()));
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    // The slow engine has not received all bytes when the results of the others are printed.
    for line in lines.by_ref().take(2) {
        assert!(!line.contains(&slow.host) && line.contains("  loaded  "), "{line}");
    }
    slow.release();
    let last: Vec<String> = lines.collect();
    assert!(last.len() == 1 && last[0].starts_with(&slow.host), "{last:?}");
    assert!(child.wait().unwrap().success());
    assert!(engines.iter().all(|engine| engine.whole_loads() == 1));
}

#[test]
fn the_worst_failure_decides_the_exit_code_whatever_its_place() {
    let refusing = Load::Answers(0, 500, "{\"message\":\"no space left on device\"}".to_owned());
    let full = FakeEngine::loading(shown(&web()), refusing);
    let place = place_with(&web());
    for hosts in [[NOBODY, &full.host], [&full.host, NOBODY]] {
        let said = place.run(&["load", "web", "--host", hosts[0], "--host", hosts[1]]);
        assert_eq!(said.code, 1, "{said:?}");
        let said = place.run(&["load", "web", "none", "--host", hosts[0], "--host", hosts[1]]);
        assert_eq!(said.code, 3, "{said:?}");
    }
}

#[test]
fn an_archive_without_a_record_is_examined_once_for_all() {
    let engines = [(); 4].map(|()| taking());
    let hosts: Vec<_> = engines.iter().flat_map(|engine| ["--host", &engine.host]).collect();
    for selection in [&["web"][..], &["web:1"], &["--latest"], &["--all"]] {
        let place = place_with(&web());
        // Without a place for records, each engine's load would have to read the archive again.
        place.put(".sealift", b"a file");
        let said = place.run(&[&["load"], selection, &hosts[..]].concat());
        assert_eq!(said.code, 0, "{said:?}");
        assert_eq!(said.stderr.matches("reading 1 archive\n").count(), 1, "{said:?}");
    }
}

#[test]
fn a_pipe_is_read_and_verified_once_for_all() {
    let engines = [(); 3].map(|()| taking());
    let place = Place::new();
    fs::write(place.dir.path().join("web.tar"), pack(&web().podman())).unwrap();
    let hosts: Vec<_> = engines.iter().flat_map(|engine| ["--host", &engine.host]).collect();
    let tar = fs::File::open(place.dir.path().join("web.tar")).unwrap();
    let mut command = place.command(&[&["load", "-"], &hosts[..]].concat());
    let said = place.said(command.stdin(tar).output().unwrap());
    assert_eq!((said.code, said.stdout.matches("  loaded  ").count()), (0, 3), "{said:?}");
    assert_eq!(said.stderr.matches("/dev/stdin  reading").count(), 1, "{said:?}");
    assert!(engines.iter().all(|engine| engine.whole_loads() == 1));
}

#[test]
fn an_interrupt_reports_the_state_of_each_engine() {
    let has = FakeEngine::having(shown(&web()), Load::Stalls);
    let stalls = FakeEngine::loading(shown(&web()), Load::Stalls);
    let waits = taking();
    let place = place_with(&web());
    let hosts = [&has.host, &stalls.host, &waits.host].map(String::as_str);
    let mut arguments = vec!["load", "web", "--progress", "none", "--jobs", "1"];
    arguments.extend(hosts.iter().flat_map(|host| ["--host", host]));
    let interrupted = |arguments: &[&str]| {
        let child = place.spawn(&mut place.command(arguments));
        stalls.sent.recv().unwrap();
        place.interrupted(child)
    };
    let said = interrupted(&arguments);
    insta::assert_snapshot!(lettered(&said, &hosts), @"
    [130]
    unix://A  web:1  unchanged
    --
    unix://B  web  interrupted
    unix://C  web  interrupted
    interrupted; nothing was left half done
    1 unchanged, 2 interrupted
    ");
    arguments.push("--json");
    let said = interrupted(&arguments);
    let documents: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(documents[0]["loaded"], false, "{documents}");
    for (place, host) in [(1, &stalls.host), (2, &waits.host)] {
        assert_eq!(documents[place]["host"], host.as_str(), "{documents}");
        assert_eq!(documents[place]["error"]["code"], "interrupted", "{documents}");
    }
    assert_eq!((stalls.whole_loads(), waits.whole_loads()), (0, 0));
}

#[test]
fn an_interrupt_ends_the_wait_for_a_list_of_hosts() {
    let place = place_with(&web());
    let mut command = place.command(&["load", "web:1", "--hosts", "-", "--progress", "none"]);
    let mut child = place.spawn(command.stdin(Stdio::piped()));
    let mut stdin = child.stdin.take().unwrap();
    // More than fits into a pipe. When it is written, the command is reading.
    stdin.write_all("# nobody\n".repeat(20_000).as_bytes()).unwrap();
    let said = place.interrupted(child);
    drop(stdin);
    assert_eq!((said.code, said.stdout.as_str()), (130, ""), "{said:?}");
    assert_eq!(said.stderr, "interrupted; nothing was left half done\n");
}

#[test]
fn lists_of_hosts_that_cannot_be_used_are_refused_before_anything_is_done() {
    let engine = taking();
    let place = place_with(&web());
    let write = |name: &str, content: &[u8]| {
        fs::write(place.dir.path().join(name), content).unwrap();
    };
    write("empty", b"# nobody\n\n");
    write("ansible", b"[edges]\nedge1 ansible_port=22\n");
    write("names", format!("{}\nedge1\n", engine.host).as_bytes());
    write("contexts", b"context:edge\n");
    write("binary", b"unix:///a\n\xff\xfe\n");
    write("many", "unix:///a\n".repeat(10_001).as_bytes());
    write("large", &vec![b'#'; (1 << 20) + 1]);
    let mut refusals = String::new();
    for name in ["empty", "ansible", "names", "contexts", "binary", "many", "large", "none", "."] {
        refusals += &refused(&place, &["load", "web", "--hosts", name]).refusal();
    }
    insta::assert_snapshot!(refusals, @"
    [2]
    error: empty contains no hosts
    [2]
    error: ansible has more than one word in line 2: `edge1 ansible_port=22`; expected HOST or context:NAME
    [2]
    error: names, line 2, is `edge1`, but an address must start with a scheme: unix:///PATH, tcp://HOST:PORT or ssh://USER@HOST
    [2]
    error: contexts, line 1, is `edge`, but there is no such context in DIR/.docker/contexts; there are none
    [2]
    error: binary is not a list of hosts: line 2 is not UTF-8 text
    [2]
    error: many has more than 10000 hosts; line 10001 exceeds the limit
    [2]
    error: large is larger than 1 MiB, too large for a list of hosts
    [2]
    error: cannot read the hosts in none
      caused by: No such file or directory (os error 2)
    [2]
    error: cannot read the hosts in .
      caused by: Is a directory (os error 21)
    ");
    assert_eq!(engine.whole_loads(), 0);
}

#[test]
fn options_for_engines_that_contradict_each_other_are_refused() {
    let place = place_with(&web());
    let calls: [&[&str]; 7] = [
        &["update", "web", "--host", "a", "--host", "b"],
        &["list", "--context", "a", "--context", "b"],
        &["--host", "a", "load", "web", "--host", "b"],
        &["load", "-", "--hosts", "-"],
        &["load", "web", "--jobs", "0"],
        &["load", "web", "--host", NOBODY, "--host", "edge1"],
        &["list", "--hosts", "hosts.txt"],
    ];
    let refusals = calls.map(|arguments| refused(&place, arguments).refusal()).concat();
    insta::assert_snapshot!(refusals, @"
    [2]
    error: --host is passed 2 times; only `load` and `fetch` accept several
    [2]
    error: --context is passed 2 times; only `load` and `fetch` accept several
    [2]
    error: --host is passed before and after the command
    hint: pass every --host after the command
    [2]
    error: standard input cannot be both an archive and a list of hosts
    [2]
    error: invalid value '0' for '--jobs <N>': 0 is not in 1..=256

    For more information, try '--help'.
    [2]
    error: --host is `edge1`, but an address must start with a scheme: unix:///PATH, tcp://HOST:PORT or ssh://USER@HOST
    [2]
    error: unexpected argument '--hosts' found

      tip: a similar argument exists: '--host'

    Usage: sealift list [OPTIONS] [DEST|IMAGE[:VERSION]]...

    For more information, try '--help'.
    ");
}

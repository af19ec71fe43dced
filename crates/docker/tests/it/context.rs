//! The context that a build sends, as the fake engine receives it.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::sync::{Arc, Mutex};

use sealift_docker::{
    BuildEvent, BuildRequest, Built, ContextError, Error, ErrorKind, Failure, LeftOut,
};
use tempfile::TempDir;

use crate::fake::{Call, Fake};
use crate::received::Recorder;

/// Creates a folder to build from.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Dockerfile"), "FROM scratch\n").unwrap();
    folder
}

/// Builds on a fake engine, and returns the bytes that it received.
async fn build(request: BuildRequest) -> (Fake, Result<Built, Error>, Vec<BuildEvent>, Vec<u8>) {
    let received = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&received);
    let fake = Fake::start(move |mut call: Call| {
        let keep = Arc::clone(&keep);
        async move {
            if call.path().starts_with("GET") {
                return call.answer("200 OK", "{\"Id\":\"sha256:0123012301230123012301230123012301230123012301230123012301230123\"}").await;
            }
            let body = call.read_chunks().await;
            *keep.lock().unwrap() = body;
            call.answer("200 OK", "{\"aux\":{\"ID\":\"sha256:0123012301230123012301230123012301230123012301230123012301230123\"}}\r\n").await;
        }
    });
    let mut events = Vec::new();
    let built = fake.engine().build(request, &mut |event| events.push(event)).await;
    let received = received.lock().unwrap().clone();
    (fake, built, events, received)
}

/// Lists the entries of a tar: type, mode, owner, name, link, content.
fn entries(tar: &[u8]) -> Vec<String> {
    let mut archive = tar::Archive::new(tar);
    let mut lines = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let header = entry.header().clone();
        let link = entry.link_name().unwrap();
        let link = link.map(|link| format!(" -> {}", link.display())).unwrap_or_default();
        let name = entry.path().unwrap().display().to_string();
        let mut content = String::new();
        entry.read_to_string(&mut content).unwrap();
        lines.push(format!(
            "{:?} {:o} {}:{} {name}{link} {content:?}",
            header.entry_type(),
            header.mode().unwrap(),
            header.uid().unwrap(),
            header.gid().unwrap(),
        ));
    }
    lines
}

#[tokio::test]
async fn entries_are_sorted_and_owned_by_root_and_keep_their_modes() {
    let folder = folder();
    let path = folder.path();
    fs::create_dir(path.join("b")).unwrap();
    fs::set_permissions(path.join("b"), fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(path.join("b/tool"), "run").unwrap();
    // A user with the permission to do so changes the owner. In the build, root owns the file
    // anyway.
    let _ = std::os::unix::fs::chown(path.join("b/tool"), Some(1234), Some(1234));
    fs::set_permissions(path.join("b/tool"), fs::Permissions::from_mode(0o4755)).unwrap();
    fs::set_permissions(path.join("Dockerfile"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("../nowhere", path.join("a")).unwrap();
    let (_, built, _, tar) = build(BuildRequest::new(path, "web:1")).await;
    assert_eq!(
        built.unwrap().id.to_string(),
        "sha256:0123012301230123012301230123012301230123012301230123012301230123"
    );
    insta::assert_snapshot!(entries(&tar).join("\n"), @r#"
    Regular 640 0:0 Dockerfile "FROM scratch\n"
    Symlink 777 0:0 a -> ../nowhere ""
    Directory 700 0:0 b ""
    Regular 4755 0:0 b/tool "run"
    "#);
}

#[tokio::test]
async fn long_names_long_targets_and_large_files_are_sent_completely() {
    let folder = folder();
    let deep = folder.path().join("d".repeat(200)).join("e".repeat(200));
    fs::create_dir_all(&deep).unwrap();
    fs::write(deep.join("file"), "x").unwrap();
    symlink("t".repeat(300), folder.path().join("z")).unwrap();
    // More than the channels and buffers on the way can hold.
    fs::write(folder.path().join("large"), "0123456789abcdef".repeat(128 << 10)).unwrap();
    let (_, built, _, tar) = build(BuildRequest::new(folder.path(), "web:1")).await;
    built.unwrap();
    let entries = entries(&tar);
    assert_eq!(entries.len(), 6);
    let name = format!("{}/{}/file", "d".repeat(200), "e".repeat(200));
    assert!(entries[3].contains(&name), "{}", entries[3]);
    assert!(entries[4].contains(&"0123456789abcdef".repeat(128 << 10)));
    assert!(entries[5].contains(&"t".repeat(300)));
}

#[tokio::test]
async fn symlinks_keep_their_targets_and_hard_links_are_links() {
    let folder = folder();
    let path = folder.path();
    let long = format!("./{}", "t".repeat(99));
    for (name, target) in [("a", "./x//y/"), ("b", "."), ("c", &long)] {
        symlink(target, path.join(name)).unwrap();
    }
    fs::hard_link(path.join("Dockerfile"), path.join("d")).unwrap();
    let (_, built, _, tar) = build(BuildRequest::new(path, "web:1")).await;
    built.unwrap();
    let mut archive = tar::Archive::new(&tar[..]);
    let link = |entry: std::io::Result<tar::Entry<'_, &[u8]>>| {
        let entry = entry.unwrap();
        let target = String::from_utf8(entry.link_name_bytes()?.into_owned()).unwrap();
        Some((entry.header().entry_type(), target))
    };
    let links: Vec<_> = archive.entries().unwrap().filter_map(link).collect();
    let symlinks = ["./x//y/", ".", &long].map(|link| (tar::EntryType::Symlink, link.to_owned()));
    assert_eq!(links[..3], symlinks);
    assert_eq!(links[3..], [(tar::EntryType::Link, "Dockerfile".to_owned())]);
}

#[tokio::test]
async fn the_options_are_in_the_request() {
    let folder = folder();
    let mut request = BuildRequest::new(folder.path(), "localhost:5000/web:1");
    request.build_args.insert("A".to_owned(), "1 + 2".to_owned());
    request.labels.insert("l".to_owned(), "m".to_owned());
    request.target = Some("final".to_owned());
    request.network_mode = Some("none".to_owned());
    request.platform = Some("linux/arm64".parse().unwrap());
    request.extra_hosts = vec!["a:1.2.3.4".to_owned(), "b:::1".to_owned()];
    request.cache_from = vec!["web:0".to_owned()];
    (request.pull, request.no_cache, request.quiet) = (true, true, true);
    (request.rm, request.forcerm) = (false, false);
    request.shm_size = Some(8 << 30);
    request.memory_swap = Some(-1);
    request.cpu_quota = Some(50_000);
    let (fake, built, ..) = build(request).await;
    built.unwrap();
    let asked = fake.asked()[0].clone();
    let asked = percent_encoding::percent_decode_str(&asked).decode_utf8().unwrap().into_owned();
    insta::assert_snapshot!(asked.replace(['?', '&'], "\n"), @r#"
    POST /v1.41/build
    t=localhost:5000/web:1
    dockerfile=Dockerfile
    rm=0
    forcerm=0
    nocache=1
    q=1
    version=1
    target=final
    networkmode=none
    platform=linux/arm64
    shmsize=8589934592
    memswap=-1
    cpuquota=50000
    pull=1
    buildargs={"A":"1 + 2"}
    labels={"l":"m"}
    cachefrom=["web:0"]
    extrahosts=a:1.2.3.4
    extrahosts=b:::1
    "#);
}

/// Returns the error of a build that fails before or while the context is sent.
async fn refusal(path: &Path, change: impl FnOnce(&mut BuildRequest)) -> String {
    let mut request = BuildRequest::new(path, "web:1");
    change(&mut request);
    let (fake, built, ..) = build(request).await;
    let error = built.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input);
    fake.chain(&error).replace(path.to_str().unwrap(), "/FOLDER")
}

#[tokio::test]
async fn a_context_that_cannot_be_sent_is_an_error_with_the_reason() {
    let folder = folder();
    let path = folder.path();
    let empty = tempfile::tempdir().unwrap();
    let refusals = [
        refusal(empty.path(), |_| {}).await,
        refusal(path, |request| request.dockerfile = Some("missing/Dockerfile".to_owned())).await,
        refusal(&path.join("missing"), |_| {}).await,
        refusal(&path.join("Dockerfile"), |_| {}).await,
    ];
    insta::assert_snapshot!(refusals.join("\n"), @"
    cannot build `web:1` in the engine at unix:///SOCKET
      caused by: there is no Dockerfile or dockerfile in /FOLDER
    cannot build `web:1` in the engine at unix:///SOCKET
      caused by: there is no missing/Dockerfile in /FOLDER
    cannot build `web:1` in the engine at unix:///SOCKET
      caused by: cannot read /FOLDER for the build
      caused by: No such file or directory (os error 2)
    cannot build `web:1` in the engine at unix:///SOCKET
      caused by: the build context /FOLDER is not a folder
    ");
}

#[tokio::test]
async fn a_context_that_cannot_be_sent_never_looks_complete() {
    let folder = folder();
    let last = folder.path().join("z");
    fs::write(&last, "").unwrap();
    // More than the channels and buffers on the way can hold, so that the request has begun.
    fs::write(folder.path().join("large"), vec![0; 8 << 20]).unwrap();
    let (sender, received) = tokio::sync::oneshot::channel();
    let sender = Mutex::new(Some(sender));
    let fake = Fake::start(move |mut call: Call| {
        let sender = sender.lock().unwrap().take();
        let last = last.clone();
        async move {
            call.read_until("large").await;
            fs::remove_file(last).unwrap();
            let _ = sender.unwrap().send(call.read_to_end().await);
        }
    });
    let request = BuildRequest::new(folder.path(), "web:1");
    let error = fake.engine().build(request, &mut |_| {}).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input);
    assert!(!received.await.unwrap().ends_with(b"\r\n0\r\n\r\n"));
}

#[tokio::test]
async fn a_file_that_changes_while_it_is_sent_is_named() {
    const SIZE: u64 = 8 << 20;
    for changed_size in [100, SIZE + 1] {
        let folder = folder();
        let large = folder.path().join("large");
        fs::write(&large, vec![0; usize::try_from(SIZE).unwrap()]).unwrap();
        let file = fs::File::options().write(true).open(&large).unwrap();
        let file = Arc::new(file);
        let fake = Fake::start(move |mut call: Call| {
            let file = Arc::clone(&file);
            async move {
                // The beginning of the file was read, and its end was not: it is larger than the
                // channels and buffers on the way.
                call.read_until("large").await;
                file.set_len(changed_size).unwrap();
                call.read_to_end().await;
            }
        });
        let request = BuildRequest::new(folder.path(), "web:1");
        let error = fake.engine().build(request, &mut |_| {}).await.unwrap_err();
        let is_named = matches!(error.failure(),
            Failure::Context(ContextError::Changed { path }) if *path == large);
        assert!(is_named, "{}", fake.chain(&error));
    }
}

#[tokio::test]
async fn oversized_and_special_ignore_files_are_refused_before_anything_is_sent() {
    let lines = ["a\n".repeat(10_001), format!("{}\n", "a".repeat(1 << 20))];
    let said = lines.map(|text| {
        let folder = folder();
        fs::write(folder.path().join(".dockerignore"), text).unwrap();
        folder
    });
    let mut messages = Vec::new();
    for folder in &said {
        let (_, built, _, received) = build(BuildRequest::new(folder.path(), "web:1")).await;
        assert!(received.is_empty());
        let error = std::error::Error::source(&built.unwrap_err()).unwrap().to_string();
        messages.push(error.replace(&folder.path().display().to_string(), "."));
    }
    insta::assert_snapshot!(messages.join("\n"), @"
    ./.dockerignore is larger than the limit of 10,000 lines
    ./.dockerignore is larger than the limit of 1 MiB
    ");
}

/// Returns the paths that were left out, and the reasons.
fn left_out(events: &[BuildEvent]) -> Vec<(String, LeftOut)> {
    let of = |event: &BuildEvent| match event {
        BuildEvent::LeftOut { path, reason } => Some((path.display().to_string(), *reason)),
        _ => None,
    };
    events.iter().filter_map(of).collect()
}

#[tokio::test]
async fn sockets_and_pipes_are_left_out_and_reported() {
    let folder = folder();
    let path = folder.path();
    fs::create_dir(path.join("git")).unwrap();
    fs::create_dir(path.join("ignored")).unwrap();
    let bind = |name: &str| std::os::unix::net::UnixListener::bind(path.join(name)).unwrap();
    let _listeners = [bind("git/monitor"), bind("ignored/monitor")];
    let pipe = std::process::Command::new("mkfifo").arg(path.join("pipe")).status().unwrap();
    assert!(pipe.success());
    fs::write(path.join(".dockerignore"), "ignored\n").unwrap();
    let (_, built, events, tar) = build(BuildRequest::new(path, "web:1")).await;
    built.unwrap();
    insta::assert_snapshot!(entries(&tar).join("\n"), @r#"
    Regular 644 0:0 .dockerignore "ignored\n"
    Regular 644 0:0 Dockerfile "FROM scratch\n"
    Directory 755 0:0 git ""
    "#);
    let expected = [("git/monitor", LeftOut::Socket), ("pipe", LeftOut::Pipe)];
    assert_eq!(left_out(&events), expected.map(|(path, reason)| (path.to_owned(), reason)));
}

#[tokio::test]
async fn excluded_paths_are_never_sent() {
    let folder = folder();
    let path = folder.path();
    fs::create_dir_all(path.join("out/archives/.sealift")).unwrap();
    fs::write(path.join("out/archives/web_1_0123456789ab.zip"), "").unwrap();
    symlink("out/archives", path.join("link")).unwrap();
    let send = async |ignore: &str, exclude: &[&Path]| {
        fs::write(path.join(".dockerignore"), ignore).unwrap();
        let mut request = BuildRequest::new(path, "web:1");
        request.exclude = exclude.iter().map(|path| (*path).to_owned()).collect();
        let (_, built, events, tar) = build(request).await;
        built.unwrap();
        let names = entries(&tar).iter().any(|entry| entry.contains("0:0 out/archives"));
        (names, left_out(&events))
    };
    let reported = vec![("out/archives".to_owned(), LeftOut::Excluded)];
    // With any path to the folder, and even if an exception in the ignore file matches.
    for (ignore, exclude) in [
        ("", path.join("out/archives")),
        ("", path.join("link")),
        ("*\n!out\n!out/archives/*.zip\n", path.join("out/archives")),
    ] {
        assert_eq!(send(ignore, &[&exclude]).await, (false, reported.clone()), "{ignore}");
    }
    // Paths that are ignored anyway are not reported.
    assert_eq!(send("out\n", &[&path.join("out/archives")]).await, (false, Vec::new()));
    // Paths outside of the context, missing paths and the context itself have no effect.
    let elsewhere = tempfile::tempdir().unwrap();
    let exclude = [elsewhere.path(), &path.join("missing"), path];
    let (is_sent, left_out) = send("link\n", &exclude).await;
    assert!(is_sent && left_out.is_empty());
}

#[tokio::test]
async fn a_lower_case_dockerfile_is_found_if_there_is_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let recorder = Recorder::start();
    file("dockerfile", "FROM scratch\n");
    file("dockerfile.dockerignore", "ignored\n");
    file("ignored", "");
    let received = recorder.build(BuildRequest::new(folder.path(), "web:1")).await.unwrap();
    assert_eq!(received.dockerfile(), "dockerfile");
    assert!(!received.entries().iter().any(|entry| entry.name == "ignored"));
    file("Dockerfile", "FROM scratch\n");
    let received = recorder.build(BuildRequest::new(folder.path(), "web:1")).await.unwrap();
    assert_eq!(received.dockerfile(), "Dockerfile");
    assert!(received.entries().iter().any(|entry| entry.name == "ignored"));
}

#[tokio::test]
async fn a_dockerfile_outside_of_the_context_is_sent_with_it() {
    let around = tempfile::tempdir().unwrap();
    let context = around.path().join("context");
    fs::create_dir(&context).unwrap();
    fs::write(context.join("file"), "").unwrap();
    fs::write(context.join(".dockerignore"), "*.log\n").unwrap();
    fs::write(context.join("a.log"), "").unwrap();
    let outside = around.path().join("Dockerfile.prod");
    fs::write(&outside, "FROM scratch\n# \u{e9}\n").unwrap();
    symlink(&outside, context.join("link")).unwrap();
    let recorder = Recorder::start();
    let send = async |dockerfile: &str| {
        let mut request = BuildRequest::new(&context, "web:1");
        request.dockerfile = Some(dockerfile.to_owned());
        recorder.build(request).await.unwrap()
    };
    for dockerfile in ["../Dockerfile.prod", outside.to_str().unwrap(), "link"] {
        let received = send(dockerfile).await;
        let name = received.dockerfile();
        assert!(name.starts_with(".dockerfile."), "{name}");
        let content = |name: &str| {
            let entries = received.entries();
            let entry = entries.iter().find(|entry| entry.name == name).unwrap();
            String::from_utf8(entry.content.clone()).unwrap()
        };
        assert_eq!(content(&name), "FROM scratch\n# \u{e9}\n");
        // The engine removes the Dockerfile from the context, and keeps the ignore file, which is a
        // file of the folder.
        assert_eq!(content(".dockerignore"), format!("*.log\n\n{name}\n"));
        assert!(!received.entries().iter().any(|entry| entry.name == "a.log"));
    }
    // An ignore file of the Dockerfile applies, and is not part of the build.
    fs::write(around.path().join("Dockerfile.prod.dockerignore"), "file\n").unwrap();
    let received = send("../Dockerfile.prod").await;
    let names: Vec<String> = received.entries().into_iter().map(|entry| entry.name).collect();
    let name = received.dockerfile();
    assert_eq!(names, [&name, ".dockerignore", "a.log", "link"]);
}

/// A shell passes such a path for `<(…)`.
#[tokio::test]
async fn a_dockerfile_can_be_a_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let (reader, mut writer) = std::io::pipe().unwrap();
    std::io::Write::write_all(&mut writer, b"FROM scratch\n").unwrap();
    drop(writer);
    let recorder = Recorder::start();
    let mut request = BuildRequest::new(folder.path(), "web:1");
    let number = std::os::fd::AsRawFd::as_raw_fd(&reader);
    request.dockerfile = Some(format!("/dev/fd/{number}"));
    let received = recorder.build(request).await.unwrap();
    assert_eq!(received.entries()[0].content, b"FROM scratch\n");
}

#[tokio::test]
async fn progress_counts_the_bytes_of_the_context() {
    let folder = folder();
    fs::write(folder.path().join("large"), vec![0; 1 << 20]).unwrap();
    let (_, built, events, tar) = build(BuildRequest::new(folder.path(), "web:1")).await;
    built.unwrap();
    let mut counts = events.iter().filter_map(|event| match event {
        BuildEvent::Sending { bytes } => Some(*bytes),
        _ => None,
    });
    assert!(counts.by_ref().take(5).is_sorted_by(|a, b| a < b));
    assert_eq!(counts.next_back(), Some(tar.len() as u64));
    let last = BuildEvent::Sent { bytes: tar.len() as u64 };
    assert_eq!(events.last(), Some(&last));
}

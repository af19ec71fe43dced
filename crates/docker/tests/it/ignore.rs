//! The effect of ignore files on the context that the fake engine receives.

mod on_engine;

use std::fs;
use std::path::Path;

use sealift_docker::{BuildRequest, ErrorKind};
use tempfile::TempDir;

use crate::received::{Recorder, names};

/// Creates a folder to build from, with empty files.
fn folder(files: &[&str], ignore: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Dockerfile"), "FROM scratch\n").unwrap();
    for file in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }
    for (name, text) in ignore {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// Returns the names that are sent for a folder.
async fn sent(folder: &Path) -> Vec<String> {
    let recorder = Recorder::start();
    names(&recorder.build(BuildRequest::new(folder, "web:1")).await.unwrap())
}

#[tokio::test]
async fn ignored_files_are_not_sent() {
    let files = ["keep/a", "keep/b.log", "logs/c.log", "target/debug/web", "secret"];
    let ignore = "# build results\n/target\n**/*.log\n!logs/c.log\nsecret\n";
    let folder = folder(&files, &[(".dockerignore", ignore)]);
    let expected = [".dockerignore", "Dockerfile", "keep/", "keep/a", "logs/", "logs/c.log"];
    assert_eq!(sent(folder.path()).await, expected);
}

#[tokio::test]
async fn an_ignored_folder_is_read_only_if_an_exception_can_match_inside() {
    let files = ["a/b/c", "a/b/d", "e/c"];
    let folder = folder(&files, &[(".dockerignore", "*\n!a/b/c\n!**/d\n")]);
    // Ignored files that cannot be read or sent are no problem.
    let _listener = std::os::unix::net::UnixListener::bind(folder.path().join("e/f")).unwrap();
    assert_eq!(sent(folder.path()).await, [".dockerignore", "Dockerfile", "a/b/c", "a/b/d"]);
}

#[tokio::test]
async fn the_dockerfile_and_the_ignore_file_are_always_sent() {
    let folder = folder(&["a/b/Dockerfile", "c"], &[(".dockerignore", "**\n")]);
    assert_eq!(sent(folder.path()).await, [".dockerignore", "Dockerfile"]);
    let recorder = Recorder::start();
    let mut request = BuildRequest::new(folder.path(), "web:1");
    request.dockerfile = Some("./a//b/Dockerfile".to_owned());
    let build = recorder.build(request).await.unwrap();
    assert_eq!(names(&build), [".dockerignore", "a/b/Dockerfile"]);
    assert_eq!(build.dockerfile(), "a/b/Dockerfile");
}

#[tokio::test]
async fn a_dockerfile_that_is_a_link_is_sent_as_its_target() {
    let folder = folder(&["a/real"], &[(".dockerignore", "*\n")]);
    std::os::unix::fs::symlink("a/real", folder.path().join("link")).unwrap();
    let recorder = Recorder::start();
    let mut request = BuildRequest::new(folder.path(), "web:1");
    request.dockerfile = Some("link".to_owned());
    let build = recorder.build(request).await.unwrap();
    assert_eq!(names(&build), [".dockerignore", "a/real"]);
    assert_eq!(build.dockerfile(), "a/real");
}

#[tokio::test]
async fn the_ignore_file_of_the_dockerfile_replaces_the_common_one() {
    let files = ["a", "b", "c"];
    let ignore = [(".dockerignore", "a\n"), ("Dockerfile.dockerignore", "b\n*.dockerignore")];
    let folder = folder(&files, &ignore);
    let recorder = Recorder::start();
    let build = recorder.build(BuildRequest::new(folder.path(), "web:1")).await.unwrap();
    assert_eq!(names(&build), [".dockerignore", "Dockerfile", "a", "c"]);
    let text = String::from_utf8(build.entries()[0].content.clone()).unwrap();
    assert_eq!(text, "b\n*.dockerignore\n.dockerignore\n");
}

#[tokio::test]
async fn without_patterns_everything_is_sent() {
    let files = ["a/b", ".c"];
    for text in ["", "\n# nothing\n \n", "!a\n"] {
        let folder = folder(&files, &[(".dockerignore", text)]);
        assert_eq!(sent(folder.path()).await, [".c", ".dockerignore", "Dockerfile", "a/", "a/b"]);
    }
    assert_eq!(sent(folder(&files, &[]).path()).await, [".c", "Dockerfile", "a/", "a/b"]);
}

#[tokio::test]
async fn an_invalid_pattern_is_an_error_and_nothing_is_sent() {
    let mut refusals = Vec::new();
    for (name, text) in [
        (".dockerignore", "# logs\n*.log\nsrc/[a-z\n"),
        ("Dockerfile.dockerignore", "!\n"),
        (".dockerignore", "/target/debug\\qa.log"),
    ] {
        let folder = folder(&[], &[(name, text)]);
        let recorder = Recorder::start();
        let request = BuildRequest::new(folder.path(), "web:1");
        let error = recorder.build(request).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input);
        assert!(recorder.asked().is_empty());
        let text = recorder.chain(&error);
        refusals.push(text.replace(folder.path().to_str().unwrap(), "/FOLDER"));
    }
    let folder = folder(&[], &[]);
    fs::create_dir(folder.path().join(".dockerignore")).unwrap();
    let recorder = Recorder::start();
    let error = recorder.build(BuildRequest::new(folder.path(), "web:1")).await.unwrap_err();
    let text = recorder.chain(&error);
    refusals.push(text.replace(folder.path().to_str().unwrap(), "/FOLDER"));
    insta::assert_snapshot!(refusals.join("\n"), @r"
    cannot build `web:1` in the engine at unix:///SOCKET
      caused by: line 3 of /FOLDER/.dockerignore is not a pattern: `src/[a-z`
      caused by: a `[` has no `]`
    cannot build `web:1` in the engine at unix:///SOCKET
      caused by: line 1 of /FOLDER/Dockerfile.dockerignore is not a pattern: `!`
      caused by: nothing follows the `!`
    cannot build `web:1` in the engine at unix:///SOCKET
      caused by: line 1 of /FOLDER/.dockerignore is not a pattern: `target/debug\qa.log`
      caused by: `\q` does not stand for a character (folders are separated by `/`)
    cannot build `web:1` in the engine at unix:///SOCKET
      caused by: cannot read /FOLDER/.dockerignore for the build
      caused by: Is a directory (os error 21)
    ");
}

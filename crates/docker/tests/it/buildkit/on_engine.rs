//! Builds by the BuildKit of real engines, which must receive the same as from `docker buildx
//! build`.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::Command;

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use sealift_docker::{
    BuildEvent, BuildRequest, Builder, ContextError, ErrorKind, Failure, LeftOut, StepEnd,
};
use sealift_testing::{output_of, program};

use crate::folders::{lines, make, nodes};
use crate::on_engine::{Context, Stand};

/// The number of folders that are compared on each engine.
const FOLDERS: usize = 6;

/// Defines every test for every Docker engine.
macro_rules! on_docker {
    ($($test:ident,)*) => {
        on_docker! { @ docker "docker": $($test)* }
        on_docker! { @ moby_classic "moby-classic": $($test)* }
        on_docker! { @ moby_containerd "moby-containerd": $($test)* }
        on_docker! { @ trixie_containerd "trixie-containerd": $($test)* }
    };
    (@ $module:ident $engine:literal: $($test:ident)*) => {
        mod $module {
            $(#[tokio::test]
            async fn $test() {
                super::$test($engine).await;
            })*
        }
    };
}

on_docker! {
    buildkit_is_chosen_if_the_engine_prefers_it,
    stages_mounts_and_here_documents_are_built,
    only_changed_files_are_sent_again,
    a_failed_step_has_its_number_exit_code_and_last_lines,
    a_dockerfile_can_be_outside_of_the_context,
    a_context_that_cannot_be_sent_is_named,
    sockets_pipes_and_excluded_paths_are_left_out,
    a_dockerfile_in_lower_case_or_outside_of_the_context_is_found,
    an_image_is_the_same_as_one_built_by_buildx,
    one_platform_has_no_provenance,
}

fn request(stand: &Stand, tag: &str, path: impl AsRef<Path>) -> BuildRequest {
    let mut request = BuildRequest::new(path.as_ref(), stand.tag(tag));
    request.builder = Builder::BuildKit;
    request.network_mode = Some("host".to_owned());
    request
}

/// Builds, and returns the layers of the image and the events.
async fn built(stand: &Stand, request: BuildRequest) -> (Vec<String>, Vec<BuildEvent>) {
    let mut events = Vec::new();
    let built = stand.engine.build(request, &mut |event| events.push(event)).await;
    let built = built.unwrap_or_else(|error| panic!("{}\n{events:#?}", crate::chain(&error)));
    let image = stand.engine.inspect(&built.id.to_string()).await.unwrap().unwrap();
    (image.diff_ids.iter().map(ToString::to_string).collect(), events)
}

async fn buildkit_is_chosen_if_the_engine_prefers_it(engine: &str) {
    let Some(stand) = Stand::new(engine, "bk-auto") else { return };
    let context = Context::new("FROM scratch\nCOPY Dockerfile /\n");
    let mut request = BuildRequest::new(context.path(), stand.tag("1"));
    request.builder = Builder::Auto;
    let (_, events) = built(&stand, request.clone()).await;
    let is_buildkit = events.iter().any(|event| matches!(event, BuildEvent::Started { .. }));
    // BuildKit is Docker's default builder since version 23.
    assert_eq!(is_buildkit, engine != "docker", "{events:#?}");

    // Only the classic builder applies limits.
    let mut limited = request;
    limited.memory = Some(64 << 20);
    let (_, events) = built(&stand, limited).await;
    assert!(events.iter().any(|event| matches!(event, BuildEvent::Step { .. })), "{events:#?}");
    assert!(stand.engine.remove(&stand.tag("1")).await.unwrap());
}

async fn stages_mounts_and_here_documents_are_built(engine: &str) {
    let Some(stand) = Stand::new(engine, "bk-stages") else { return };
    // Docker 20.10 has the frontend of its time, without here-documents. It supports mounts only
    // with another frontend from a registry.
    let (mount, end) = if engine == "docker" {
        ("", "echo one > /out/one\n")
    } else {
        ("--mount=type=cache,target=/cache ", "<<END\necho one > /out/one\nEND\n")
    };
    let context = Context::with_shell(&format!(
        "COPY sh /bin/mkdir\nRUN /bin/mkdir /out\nRUN {mount}{end}\
         FROM scratch AS other\nCOPY Dockerfile /other\n\
         FROM scratch\nCOPY --from=0 /out/one /one\nCOPY --from=other /other /other\n"
    ));
    let (layers, events) = built(&stand, request(&stand, "1", context.path())).await;
    assert_eq!(layers.len(), 2);
    let names: Vec<&str> = events
        .iter()
        .filter_map(|event| match event {
            BuildEvent::Started { name, .. } => Some(name.as_str()),
            _ => None,
        })
        .collect();
    assert!(names.iter().any(|name| name.starts_with("[other 1/1] COPY")), "{names:#?}");
    let has_ended = |event: &BuildEvent| {
        matches!(event, BuildEvent::Ended { end: StepEnd::Done(_) | StepEnd::Cached, .. })
    };
    assert_eq!(events.iter().filter(|event| has_ended(event)).count(), names.len());
    assert!(stand.engine.remove(&stand.tag("1")).await.unwrap());
}

/// Returns the number of bytes of the context that were sent.
fn sent(events: &[BuildEvent]) -> u64 {
    let of_context = |event: &BuildEvent| match event {
        BuildEvent::Part { what, bytes, .. } if what.starts_with("transferring context") => *bytes,
        _ => 0,
    };
    events.iter().map(of_context).sum()
}

async fn only_changed_files_are_sent_again(engine: &str) {
    let Some(stand) = Stand::new(engine, "bk-again") else { return };
    let context = Context::new("FROM scratch\nCOPY big small /\n");
    fs::write(context.path().join("big"), vec![b'x'; 3 << 20]).unwrap();
    fs::write(context.path().join("unused"), vec![b'x'; 3 << 20]).unwrap();
    fs::write(context.path().join("small"), "one").unwrap();
    let (first, events) = built(&stand, request(&stand, "1", context.path())).await;
    // Files that no instruction copies are not sent.
    assert!((3 << 20..4 << 20).contains(&sent(&events)), "{events:#?}");
    fs::write(context.path().join("small"), "another").unwrap();
    let (second, events) = built(&stand, request(&stand, "1", context.path())).await;
    assert!(sent(&events) < 1 << 20, "{events:#?}");
    assert_ne!(first, second);
    assert!(stand.engine.remove(&stand.tag("1")).await.unwrap());
}

async fn a_failed_step_has_its_number_exit_code_and_last_lines(engine: &str) {
    let Some(stand) = Stand::new(engine, "bk-failed") else { return };
    let context = Context::with_shell("RUN echo one; echo two >&2; exit 7\n");
    let request = request(&stand, "1", context.path());
    let error = stand.engine.build(request, &mut |_| {}).await.unwrap_err();
    let Failure::Step(step) = error.failure() else { panic!("{}", crate::chain(&error)) };
    assert_eq!((step.number, step.total, step.exit_code), (2, 2, Some(7)));
    assert_eq!(step.text, "RUN echo one; echo two >&2; exit 7");
    let mut output = step.output.clone();
    output.sort();
    assert_eq!(output, ["one", "two"]);
    assert!(stand.engine.inspect(&stand.tag("1")).await.unwrap().is_none());
}

async fn a_dockerfile_can_be_outside_of_the_context(engine: &str) {
    let Some(stand) = Stand::new(engine, "bk-text") else { return };
    let context = Context::new("nothing that could be built\n");
    fs::write(context.path().join("file"), "one").unwrap();
    fs::write(context.path().join(".dockerignore"), "Dockerfile\n").unwrap();
    let text = "FROM scratch\nCOPY . /\n";
    let mut layers = Vec::new();
    for builder in [Builder::BuildKit, Builder::Classic] {
        let mut request = request(&stand, "1", context.path());
        request.builder = builder;
        request.dockerfile_text = Some(text.to_owned());
        layers.push(built(&stand, request).await.0);
        let names = stand.files("1").await;
        // The classic builder removes the files that were added to the context.
        assert_eq!(names, [".dockerignore", "file"], "{builder}");
    }
    assert!(stand.engine.remove(&stand.tag("1")).await.unwrap());
}

async fn a_context_that_cannot_be_sent_is_named(engine: &str) {
    let Some(stand) = Stand::new(engine, "bk-bad") else { return };
    let context = Context::new("FROM scratch\nCOPY . /\n");
    let odd = context.path().join(std::ffi::OsStr::from_bytes(b"odd\xff"));
    fs::write(&odd, "").unwrap();
    let asked = request(&stand, "1", context.path());
    let error = stand.engine.build(asked.clone(), &mut |_| {}).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input);
    assert!(matches!(error.failure(),
        Failure::Context(ContextError::NotUtf8 { path, .. }) if *path == odd));
    // An ignored file is no problem.
    fs::write(context.path().join(".dockerignore"), "odd*\n").unwrap();
    built(&stand, asked).await;
    assert!(stand.engine.remove(&stand.tag("1")).await.unwrap());
}

async fn sockets_pipes_and_excluded_paths_are_left_out(engine: &str) {
    let Some(stand) = Stand::new(engine, "bk-left-out") else { return };
    let context = Context::new("FROM scratch\nCOPY . /\nCOPY .git /git\n");
    let path = context.path();
    fs::create_dir(path.join(".git")).unwrap();
    fs::write(path.join(".git/config"), "").unwrap();
    let _listener = std::os::unix::net::UnixListener::bind(path.join(".git/monitor.ipc")).unwrap();
    assert!(Command::new("mkfifo").arg(path.join("pipe")).status().unwrap().success());
    fs::create_dir_all(path.join("artifacts/.sealift")).unwrap();
    let mut request = request(&stand, "1", &path);
    request.exclude = vec![path.join("artifacts")];
    let (_, events) = built(&stand, request).await;
    let mut left_out: Vec<(&Path, LeftOut)> = events
        .iter()
        .filter_map(|event| match event {
            BuildEvent::LeftOut { path, reason } => Some((path.as_path(), *reason)),
            _ => None,
        })
        .collect();
    left_out.sort_unstable_by_key(|(path, _)| path.to_owned());
    let expected = [
        (".git/monitor.ipc", LeftOut::Socket),
        ("artifacts", LeftOut::Excluded),
        ("pipe", LeftOut::Pipe),
    ];
    assert_eq!(left_out, expected.map(|(path, reason)| (Path::new(path), reason)));
    let names = stand.files("1").await;
    assert!(!names.iter().any(|name| name.starts_with("artifacts")), "{names:?}");
    assert!(stand.engine.remove(&stand.tag("1")).await.unwrap());
}

async fn a_dockerfile_in_lower_case_or_outside_of_the_context_is_found(engine: &str) {
    let Some(stand) = Stand::new(engine, "bk-where") else { return };
    let around = tempfile::tempdir().unwrap();
    let context = around.path().join("context");
    fs::create_dir(&context).unwrap();
    for file in ["a", "b"] {
        fs::write(context.join(file), "").unwrap();
    }
    let text = "FROM scratch\nCOPY . /\n";
    fs::write(context.join("dockerfile"), text).unwrap();
    built(&stand, request(&stand, "1", &context)).await;
    assert_eq!(stand.files("1").await, ["a", "b", "dockerfile"]);
    fs::write(around.path().join("other"), text).unwrap();
    fs::write(around.path().join("other.dockerignore"), "a\ndockerfile\n").unwrap();
    let mut request = request(&stand, "1", &context);
    request.dockerfile = Some("../other".to_owned());
    for builder in [Builder::BuildKit, Builder::Classic] {
        request.builder = builder;
        built(&stand, request.clone()).await;
        assert_eq!(stand.files("1").await, ["b"], "{builder}");
    }
    assert!(stand.engine.remove(&stand.tag("1")).await.unwrap());
}

/// Compares the contexts that sealift and buildx send to the same BuildKit. BuildKit finds the
/// layers of one in the cache of the other only if all names, modes, links, attributes and contents
/// are the same.
async fn an_image_is_the_same_as_one_built_by_buildx(engine: &str) {
    let Some(stand) = Stand::new(engine, "bk-same") else { return };
    let Some(program) = program("docker-buildx") else { return };
    let mut runner = TestRunner::deterministic();
    let mut compared = 0;
    while compared < FOLDERS {
        let (nodes, lines) = (nodes(), lines()).new_tree(&mut runner).unwrap().current();
        let context = Context::new("FROM scratch\nCOPY . /\n");
        make(&context.path(), &nodes, &mut None);
        remove_what_is_no_text(&context.path());
        fs::write(context.path().join(".dockerignore"), lines.join("\n")).unwrap();
        let asked = request(&stand, "ours", context.path());
        let Ok(ours) = stand.engine.build(asked, &mut |_| {}).await else { continue };
        let ours = stand.engine.inspect(&ours.id.to_string()).await.unwrap().unwrap();
        let mut buildx = Command::new(&program);
        buildx.args(["build", "--provenance=false", "-q", "-t", &stand.tag("theirs")]);
        output_of(buildx.arg(context.path()).env("DOCKER_HOST", stand.host()));
        let theirs = stand.engine.inspect(&stand.tag("theirs")).await.unwrap().unwrap();
        assert_eq!(ours.diff_ids, theirs.diff_ids, "{lines:#?}\n{nodes:#?}");
        compared += 1;
    }
    for tag in ["ours", "theirs"] {
        stand.engine.remove(&stand.tag(tag)).await.unwrap();
    }
}

fn remove_what_is_no_text(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let metadata = path.symlink_metadata().unwrap();
        if path.to_str().is_none() {
            if metadata.is_dir() {
                fs::remove_dir_all(&path).unwrap();
            } else {
                fs::remove_file(&path).unwrap();
            }
        } else if metadata.is_dir() {
            remove_what_is_no_text(&path);
        }
    }
}

/// Provenance would change with every build, and with it the id that a containerd store shows.
async fn one_platform_has_no_provenance(engine: &str) {
    let Some(stand) = Stand::new(engine, "bk-plain") else { return };
    let context = Context::new("FROM scratch\nCOPY Dockerfile /\n");
    let asked = request(&stand, "1", context.path());
    let first = stand.engine.build(asked.clone(), &mut |_| {}).await.unwrap();
    let second = stand.engine.build(asked, &mut |_| {}).await.unwrap();
    assert_eq!(first.id, second.id);
    assert!(stand.members("1").await.iter().filter(|name| name.starts_with("blobs/")).count() <= 6);
    assert!(stand.engine.remove(&stand.tag("1")).await.unwrap());
}

//! The behaviour of real engines.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::stream;
use sealift_docker::{
    BuildEvent, BuildRequest, Endpoint, Engine, Error, ErrorKind, Failure, Settings, Timeouts,
};
use tempfile::TempDir;

/// An engine for a test, and a name for the test's images.
pub(crate) struct Stand {
    pub(crate) engine: Engine,
    /// `sealift-docker-<test>`, which is different for each test.
    image: String,
    #[cfg_attr(
        not(feature = "buildkit"),
        expect(dead_code, reason = "the value only has to exist")
    )]
    turn: sealift_testing::Engine,
}

impl Stand {
    pub(crate) fn new(engine: &str, image: &str) -> Option<Self> {
        let turn = sealift_testing::engine(engine)?;
        let settings = Settings::default().with_host(Some(turn.host.clone()), "--host");
        let endpoint = Endpoint::resolve(&settings).unwrap();
        let engine = Engine::new(endpoint, Timeouts::default());
        Some(Self { engine, image: format!("sealift-docker-{image}"), turn })
    }

    pub(crate) fn tag(&self, tag: &str) -> String {
        format!("{}:{tag}", self.image)
    }

    /// Builds an image of one small file, from scratch.
    pub(crate) async fn build(&self, tag: &str, content: &str) -> String {
        let context = Context::new("FROM scratch\nCOPY file /file\nCMD [\"/file\"]\n");
        fs::write(context.path().join("file"), content).unwrap();
        let request = BuildRequest::new(context.path(), self.tag(tag));
        self.engine.build(request, &mut |_| {}).await.unwrap().id.to_string()
    }

    pub(crate) async fn save(&self, tag: &str) -> Vec<Bytes> {
        let mut stream = self.engine.save(&self.tag(tag), None).await.unwrap();
        let mut chunks = Vec::new();
        while let Some(chunk) = stream.next_chunk().await.unwrap() {
            chunks.push(chunk);
        }
        chunks
    }
}

/// Methods that only the tests of BuildKit use.
#[cfg(feature = "buildkit")]
impl Stand {
    /// Returns the engine's address.
    pub(crate) fn host(&self) -> &str {
        &self.turn.host
    }

    /// Returns the names of the files in the only layer of an image.
    pub(crate) async fn files(&self, tag: &str) -> Vec<String> {
        let archive = self.save(tag).await.concat();
        let mut files = BTreeSet::new();
        for entry in tar::Archive::new(&archive[..]).entries().unwrap() {
            let mut layer = Vec::new();
            entry.unwrap().read_to_end(&mut layer).unwrap();
            // Docker's containerd store compresses layers. A layer that is not a tar has no
            // entries.
            if layer.starts_with(&[0x1f, 0x8b]) {
                let packed = std::mem::take(&mut layer);
                flate2::read::MultiGzDecoder::new(&packed[..]).read_to_end(&mut layer).unwrap();
            }
            for entry in tar::Archive::new(&layer[..]).entries().into_iter().flatten().flatten() {
                files.insert(entry.path().unwrap().display().to_string());
            }
        }
        files.into_iter().collect()
    }

    /// Returns the names of the files in an image's archive.
    pub(crate) async fn members(&self, tag: &str) -> BTreeSet<String> {
        members(&self.save(tag).await)
    }
}

pub(crate) struct Context(TempDir);

impl Context {
    pub(crate) fn new(dockerfile: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("Dockerfile"), dockerfile).unwrap();
        Self(folder)
    }

    /// Creates a context whose image can run commands, without a registry.
    pub(crate) fn with_shell(dockerfile: &str) -> Self {
        let context = Self::new(&format!("FROM scratch\nCOPY sh /bin/sh\n{dockerfile}"));
        let busybox = sealift_testing::program("busybox").expect("tests have busybox");
        fs::copy(busybox, context.path().join("sh")).unwrap();
        context
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().to_owned()
    }
}

fn members(archive: &[Bytes]) -> BTreeSet<String> {
    let bytes = archive.concat();
    let mut archive = tar::Archive::new(&bytes[..]);
    let name = |entry: std::io::Result<tar::Entry<'_, &[u8]>>| {
        entry.unwrap().path().unwrap().display().to_string()
    };
    archive.entries().unwrap().map(name).collect()
}

/// Defines every test for both engines.
macro_rules! on_both {
    ($($test:ident,)*) => {
        mod docker {
            $(#[tokio::test]
            async fn $test() {
                super::$test("docker").await;
            })*
        }

        mod podman {
            $(#[tokio::test]
            async fn $test() {
                super::$test("podman").await;
            })*
        }
    };
}

on_both! {
    an_engine_reports_its_name_and_version,
    an_image_is_built_inspected_listed_tagged_and_removed,
    a_saved_image_loads_back_as_the_same_image,
    an_image_without_a_name_is_loaded_by_its_id,
    a_missing_image_is_not_found,
    an_invalid_archive_is_refused_with_the_engines_message,
    an_interrupted_archive_does_not_become_an_image,
    a_failed_step_has_its_exit_code_and_last_lines,
    an_invalid_dockerfile_is_refused_with_the_engines_message,
    build_options_reach_the_engine,
    a_quiet_build_returns_the_id,
    ignored_files_are_not_in_the_image,
    the_ignore_file_of_a_dockerfile_takes_precedence,
}

async fn an_engine_reports_its_name_and_version(engine: &str) {
    let Some(stand) = Stand::new(engine, "version") else { return };
    stand.engine.ping().await.unwrap();
    let version = stand.engine.version().await.unwrap();
    assert_eq!(version.name.to_lowercase(), engine);
    assert_eq!(version.os, "linux");
    assert!(!version.arch.is_empty() && version.api_version.contains('.'), "{version:?}");
}

async fn an_image_is_built_inspected_listed_tagged_and_removed(engine: &str) {
    let Some(stand) = Stand::new(engine, "life") else { return };
    let id = stand.build("1", "life").await;
    let image = stand.engine.inspect(&stand.tag("1")).await.unwrap().unwrap();
    assert_eq!(image.id.to_string(), id);
    assert!(id.starts_with("sha256:") && id.len() == 71, "{id}");
    assert!(image.repo_tags.iter().any(|tag| tag.ends_with(&stand.tag("1"))), "{image:?}");
    assert_eq!((image.platform.os.as_str(), image.diff_ids.len()), ("linux", 1));
    assert_eq!(image.config["Cmd"], serde_json::json!(["/file"]));
    assert!(image.created.is_some() && image.size > 0);

    stand.engine.tag(&stand.tag("1"), &stand.image, "2").await.unwrap();
    let listed = stand.engine.list().await.unwrap();
    let listed = listed.iter().find(|summary| summary.id.to_string() == id).unwrap();
    for tag in ["1", "2"] {
        assert!(listed.repo_tags.iter().any(|name| name.ends_with(&stand.tag(tag))), "{listed:?}");
    }
    assert!(listed.created_unix > 0);

    for tag in ["2", "1"] {
        assert!(stand.engine.remove(&stand.tag(tag)).await.unwrap());
        assert!(!stand.engine.remove(&stand.tag(tag)).await.unwrap());
    }
    assert_eq!(stand.engine.inspect(&id).await.unwrap(), None);
}

async fn a_saved_image_loads_back_as_the_same_image(engine: &str) {
    let Some(stand) = Stand::new(engine, "back") else { return };
    let id = stand.build("1.0_x", "back").await;
    let archive = stand.save("1.0_x").await;
    assert!(members(&archive).contains("manifest.json"));
    assert!(stand.engine.remove(&stand.tag("1.0_x")).await.unwrap());
    assert_eq!(stand.engine.inspect(&id).await.unwrap(), None);

    let loaded = stand.engine.load(stream::iter(archive.into_iter().map(Ok::<_, Error>))).await;
    let loaded = loaded.unwrap();
    let [reference] = &loaded.references[..] else { panic!("{loaded:?}") };
    assert!(reference.ends_with(&stand.tag("1.0_x")), "{loaded:?}");
    let image = stand.engine.inspect(reference).await.unwrap().unwrap();
    assert_eq!(image.id.to_string(), id);
    assert!(stand.engine.remove(reference).await.unwrap());
}

async fn an_image_without_a_name_is_loaded_by_its_id(engine: &str) {
    let Some(stand) = Stand::new(engine, "nameless") else { return };
    let id = stand.build("1", "nameless").await;
    // A save by id loses the names, which is what this test needs.
    let mut stream = stand.engine.save(&id, None).await.unwrap();
    let mut archive = Vec::new();
    while let Some(chunk) = stream.next_chunk().await.unwrap() {
        archive.push(chunk);
    }
    assert!(stand.engine.remove(&stand.tag("1")).await.unwrap());
    let loaded = stand.engine.load(stream::iter(archive.into_iter().map(Ok::<_, Error>))).await;
    assert_eq!(loaded.unwrap().ids, [id.as_str()]);
    assert!(stand.engine.remove(&id).await.unwrap());
}

async fn a_missing_image_is_not_found(engine: &str) {
    let Some(stand) = Stand::new(engine, "missing") else { return };
    let missing = stand.tag("1");
    assert_eq!(stand.engine.inspect(&missing).await.unwrap(), None);
    assert!(!stand.engine.remove(&missing).await.unwrap());
    for error in [
        stand.engine.save(&missing, None).await.unwrap_err(),
        stand.engine.tag(&missing, &stand.image, "2").await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
        assert!(error.failure().engine_message().is_some_and(|words| !words.is_empty()));
    }
}

async fn an_invalid_archive_is_refused_with_the_engines_message(engine: &str) {
    let Some(stand) = Stand::new(engine, "garbage") else { return };
    // One size is small enough to be sent before the engine reads it, and the other is large enough
    // for the engine to answer in the middle.
    for pieces in [1, 1024] {
        let garbage = stream::iter((0..pieces).map(|_| Ok::<_, Error>(Bytes::from(vec![7; 8192]))));
        let error = stand.engine.load(garbage).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused, "{}", crate::chain(&error));
        let words = error.failure().engine_message().unwrap().to_owned();
        assert!(words.contains("invalid tar header"), "{words}");
    }
}

async fn an_interrupted_archive_does_not_become_an_image(engine: &str) {
    let Some(stand) = Stand::new(engine, "broken") else { return };
    let id = stand.build("1", "broken").await;
    let archive = stand.save("1").await;
    assert!(stand.engine.remove(&stand.tag("1")).await.unwrap());
    // Everything except the end of the tar is sent. Docker 20.10 accepts that as a complete archive
    // if the request ends properly.
    let bytes = Bytes::from(archive.concat());
    let all_but_the_end = bytes.slice(..bytes.len() - 1024);
    let items = [Ok(all_but_the_end), Err(std::io::Error::other("the disk broke"))];
    let error = stand.engine.load(stream::iter(items)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Upload);
    assert_eq!(stand.engine.inspect(&id).await.unwrap(), None);
}

async fn a_failed_step_has_its_exit_code_and_last_lines(engine: &str) {
    let Some(stand) = Stand::new(engine, "failing") else { return };
    let context = Context::with_shell("RUN echo to out; echo to err >&2; exit 7\n");
    let mut request = BuildRequest::new(context.path(), stand.tag("1"));
    request.network_mode = Some("none".to_owned());
    let error = stand.engine.build(request, &mut |_| {}).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    let Failure::Step(step) = error.into_failure() else { panic!("no step failed") };
    assert_eq!((step.number, step.total, step.exit_code), (3, 3, Some(7)));
    let output: BTreeSet<&str> = step.output.iter().map(String::as_str).collect();
    assert_eq!(output, BTreeSet::from(["to err", "to out"]));
    assert_eq!(stand.engine.inspect(&stand.tag("1")).await.unwrap(), None);
}

async fn an_invalid_dockerfile_is_refused_with_the_engines_message(engine: &str) {
    let Some(stand) = Stand::new(engine, "nonsense") else { return };
    let context = Context::new("FROM scratch\nFROB x\n");
    let request = BuildRequest::new(context.path(), stand.tag("1"));
    let error = stand.engine.build(request, &mut |_| {}).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    let words = error.failure().engine_message().unwrap().to_lowercase();
    assert!(words.contains("unknown instruction"), "{words}");
}

async fn build_options_reach_the_engine(engine: &str) {
    let Some(stand) = Stand::new(engine, "options") else { return };
    let context = Context::with_shell(concat!(
        "ARG WORD=none\n",
        "RUN echo \"word $WORD\"; while read line; do echo \"hosts $line\"; done < /etc/hosts\n",
        "FROM scratch AS later\nCOPY nowhere /\n",
    ));
    fs::rename(context.path().join("Dockerfile"), context.path().join("build.txt")).unwrap();
    let dockerfile = fs::read_to_string(context.path().join("build.txt")).unwrap();
    let dockerfile = dockerfile.replacen("FROM scratch", "FROM scratch AS first", 1);
    fs::write(context.path().join("build.txt"), dockerfile).unwrap();
    let mut request = BuildRequest::new(context.path(), stand.tag("1"));
    request.dockerfile = Some("build.txt".to_owned());
    request.build_args.insert("WORD".to_owned(), "a & b".to_owned());
    request.labels.insert("of".to_owned(), "a test".to_owned());
    request.target = Some("first".to_owned());
    request.network_mode = Some("host".to_owned());
    request.extra_hosts = vec!["one.example:1.2.3.4".to_owned(), "two.example:5.6.7.8".to_owned()];
    request.no_cache = true;
    request.shm_size = Some(64 << 20);
    let mut events = Vec::new();
    stand.engine.build(request, &mut |event| events.push(event)).await.unwrap();
    let heard = |text: &str| {
        let is_it =
            |event: &&BuildEvent| matches!(event, BuildEvent::Log(line) if line.contains(text));
        events.iter().any(|event| is_it(&event))
    };
    assert!(heard("word a & b"), "{events:?}");
    assert!(heard("1.2.3.4") && heard("5.6.7.8"), "{events:?}");
    let first = events.iter().find(|event| matches!(event, BuildEvent::Step { .. })).unwrap();
    assert!(matches!(first, BuildEvent::Step { number: 1, .. }), "{first:?}");
    let image = stand.engine.inspect(&stand.tag("1")).await.unwrap().unwrap();
    assert_eq!(image.config["Labels"]["of"], "a test");
    assert!(stand.engine.remove(&stand.tag("1")).await.unwrap());
}

async fn a_quiet_build_returns_the_id(engine: &str) {
    let Some(stand) = Stand::new(engine, "quiet") else { return };
    let context = Context::new("FROM scratch\nCOPY Dockerfile /quiet\n");
    let mut request = BuildRequest::new(context.path(), stand.tag("1"));
    request.quiet = true;
    let built = stand.engine.build(request, &mut |_| {}).await.unwrap();
    let image = stand.engine.inspect(&stand.tag("1")).await.unwrap().unwrap();
    assert_eq!(built.id, image.id);
    assert!(stand.engine.remove(&stand.tag("1")).await.unwrap());
}

/// Builds an image of the complete context of a folder, and returns the names in it.
async fn names_in_image(stand: &Stand, ignore: &[(&str, &str)]) -> BTreeSet<String> {
    let context = Context::new("FROM scratch\nCOPY . /\n");
    for file in ["kept", "sub/kept", "sub/left", "left/left", "left/kept"] {
        let path = context.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, file).unwrap();
    }
    for (name, text) in ignore {
        fs::write(context.path().join(name), text).unwrap();
    }
    let request = BuildRequest::new(context.path(), stand.tag("1"));
    stand.engine.build(request, &mut |_| {}).await.unwrap();
    let archive = stand.save("1").await.concat();
    assert!(stand.engine.remove(&stand.tag("1")).await.unwrap());
    let read = |name: &str| {
        let mut archive = tar::Archive::new(&archive[..]);
        let mut entries = archive.entries().unwrap().map(Result::unwrap);
        let mut entry = entries.find(|entry| entry.path().unwrap() == Path::new(name)).unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        Bytes::from(content)
    };
    let manifest: serde_json::Value = serde_json::from_slice(&read("manifest.json")).unwrap();
    let layers = manifest[0]["Layers"].as_array().unwrap();
    layers.iter().flat_map(|layer| members(&[read(layer.as_str().unwrap())])).collect()
}

async fn ignored_files_are_not_in_the_image(engine: &str) {
    let Some(stand) = Stand::new(engine, "ignore") else { return };
    let ignore = "# none of these\n*/left\n/left/\n!left/kept\nDocker*\n.docker*\n";
    let names = names_in_image(&stand, &[(".dockerignore", ignore)]).await;
    let expected = ["kept", "left/", "left/kept", "sub/", "sub/kept"];
    assert_eq!(names, BTreeSet::from(expected.map(str::to_owned)));
}

async fn the_ignore_file_of_a_dockerfile_takes_precedence(engine: &str) {
    let Some(stand) = Stand::new(engine, "ignore-own") else { return };
    let ignore =
        [(".dockerignore", "kept\nsub\n"), ("Dockerfile.dockerignore", "**/left\nDocker*")];
    let names = names_in_image(&stand, &ignore).await;
    let expected = ["kept", "sub/", "sub/kept"];
    assert_eq!(names, BTreeSet::from(expected.map(str::to_owned)));
}

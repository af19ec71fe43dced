//! The environment of a test on an engine: the engine, a folder, and images that are removed
//! afterwards.

use std::path::{Path, PathBuf};
use std::slice::from_ref;
use std::sync::{Arc, Mutex};

use sealift_workflow::archive::ExamineOptions;
use sealift_workflow::catalog::Query;
use sealift_workflow::docker::{BuildRequest, Builder, Endpoint, Engine, Settings, Timeouts};
use sealift_workflow::filename::{Reference, Repository, Version};
use sealift_workflow::oci::Identity;
use sealift_workflow::store::Store;
use sealift_workflow::{
    Cancel, Event, ImageUpdate, LoadRequest, LoadedImage, Reporter, Run, Selection, UpdateOptions,
    Updated, load, update,
};
use tempfile::TempDir;

/// Runs a test on an engine. The test is skipped if the engine is not available.
pub(crate) fn on(engine: &str, test: impl AsyncFnOnce(Stand)) {
    let Some(found) = sealift_testing::engine(engine) else { return };
    let name = std::thread::current().name().unwrap_or("test").to_owned();
    let image: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .collect::<String>()
        .split('-')
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("-");
    let stand = Stand {
        engine: connect(&found.host),
        folder: tempfile::tempdir().unwrap(),
        image: format!("sealift-test-{image}"),
    };

    let leftovers = (stand.engine.clone(), stand.image.clone());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let result = runtime.block_on(async {
        let local = std::panic::AssertUnwindSafe(test(stand));
        futures_util::FutureExt::catch_unwind(local).await
    });
    runtime.block_on(remove_all(&leftovers.0, &leftovers.1));
    drop(found);
    if let Err(panic) = result {
        std::panic::resume_unwind(panic);
    }
}

/// Connects to an engine by its address.
pub(crate) fn connect(host: &str) -> Engine {
    let settings = Settings::from_vars(|_| None).with_host(Some(host.to_owned()), "--host");
    Engine::new(Endpoint::resolve(&settings).unwrap(), Timeouts::default())
}

/// Connects to the same engine with another version of the API.
pub(crate) fn with_api(engine: &Engine, version: &str) -> Engine {
    let mut settings = Settings::from_vars(|_| None)
        .with_host(Some(engine.endpoint().address.to_string()), "--host");
    settings.docker_api_version = Some(version.to_owned());
    Engine::new(Endpoint::resolve(&settings).unwrap(), Timeouts::default())
}

/// Removes all tags of a test's image, including those with a registry that the engine added.
pub(crate) async fn remove_all(engine: &Engine, image: &str) {
    for found in engine.list().await.unwrap_or_default() {
        for tag in found.repo_tags.iter().filter(|tag| tag.contains(image)) {
            let _ = engine.remove(tag).await;
        }
    }
}

pub(crate) struct Stand {
    pub(crate) engine: Engine,
    pub(crate) folder: TempDir,
    /// The name of the test's image.
    pub(crate) image: String,
}

impl Stand {
    /// Creates a stand on another engine, with an empty folder.
    pub(crate) fn elsewhere(&self, engine: Engine) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { engine, folder, image: self.image.clone() }
    }

    /// Creates a stand on the same engine, with a copy of another stand's archives.
    pub(crate) fn with_folder_of(&self, other: &Self) -> Self {
        let copy = self.elsewhere(self.engine.clone());
        let root = copy.store().root().to_owned();
        for name in other.files() {
            let from = other.folder.path().join("artifacts").join(&name);
            std::fs::copy(from, root.join(&name)).unwrap();
        }
        copy
    }

    pub(crate) fn store(&self) -> Store {
        Store::create(self.folder.path().join("artifacts")).unwrap()
    }

    pub(crate) fn repository(&self) -> Repository {
        Repository::parse(&self.image).unwrap()
    }

    pub(crate) fn reference(&self, version: &str) -> Reference {
        Reference::new(self.repository(), Some(Version::new(version))).unwrap()
    }

    /// Builds the test's image with this content.
    pub(crate) async fn build(&self, version: &str, content: &str) -> String {
        self.build_from(version, content, "FROM scratch\nCOPY content /content\n").await
    }

    /// Builds the test's image with this content and Dockerfile.
    pub(crate) async fn build_from(
        &self,
        version: &str,
        content: &str,
        dockerfile: &str,
    ) -> String {
        let context = self.context(content, dockerfile);
        let mut request = BuildRequest::new(&context, self.reference(version).to_string());
        // Every engine supports the classic builder. BuildKit has tests of its own.
        request.builder = Builder::Classic;
        sealift_workflow::build(&self.engine, request, &Run::default())
            .await
            .unwrap()
            .id
            .to_string()
    }

    /// Builds the test's image with BuildKit and additional options, through `docker-buildx`.
    /// Returns `false` if that is not available.
    pub(crate) fn build_by_buildkit(&self, version: &str, content: &str, options: &[&str]) -> bool {
        let Some(buildx) = sealift_testing::program("docker-buildx") else { return false };
        let dockerfile = "FROM scratch\nARG TARGETARCH\nCOPY content /content\n\
                          LABEL architecture=$TARGETARCH\n";
        let context = self.context(content, dockerfile);
        let mut command = std::process::Command::new(buildx);
        command
            .args(["build", "--network=host", "--tag", &self.reference(version).to_string()])
            .args(options)
            .arg(&context)
            .env("DOCKER_HOST", self.engine.endpoint().to_string())
            .env("DOCKER_CONFIG", self.folder.path().join("config"))
            .env_remove("DOCKER_CONTEXT");
        sealift_testing::output_of(&mut command);
        true
    }

    /// Writes a build context with one file.
    fn context(&self, content: &str, dockerfile: &str) -> PathBuf {
        let context = self.folder.path().join("context");
        std::fs::create_dir_all(&context).unwrap();
        std::fs::write(context.join("content"), content).unwrap();
        std::fs::write(context.join("Dockerfile"), dockerfile).unwrap();
        context
    }

    /// Returns all digests of an archive's image, from its content.
    pub(crate) fn identity_of(&self, archive: &impl AsRef<str>) -> Identity {
        let path = self.folder.path().join("artifacts").join(archive.as_ref());
        let options = ExamineOptions::new().with_decompress_layers(true);
        sealift_workflow::archive::examine_file(path, &options).unwrap().identity().clone()
    }

    pub(crate) async fn update(&self, version: &str, options: &UpdateOptions) -> Updated {
        self.try_update(version, options, &Run::default()).await.result.unwrap()
    }

    pub(crate) async fn try_update(
        &self,
        version: &str,
        options: &UpdateOptions,
        context: &Run,
    ) -> ImageUpdate {
        let references = [self.reference(version)];
        let store = self.store();
        // Boxed, because the future is large and tests await several of them.
        let report =
            Box::pin(update(&self.engine, &store, &references, options, |_| {}, context)).await;
        report.unwrap().images.remove(0)
    }

    pub(crate) async fn load_into(&self, engine: &Engine, version: &str) -> LoadedImage {
        let query = Query::new(self.repository(), Some(Version::new(version)));
        let loads = self.load_all(engine, Selection::Queries(vec![query])).await;
        loads.into_iter().next().unwrap()
    }

    /// Loads the selected archives into an engine.
    pub(crate) async fn load_all(&self, engine: &Engine, selection: Selection) -> Vec<LoadedImage> {
        let request = LoadRequest::default().with_folder((self.store(), selection));
        let loads = Box::pin(load(from_ref(engine), &request, |_| {}, &Run::default())).await;
        loads.unwrap().into_iter().map(|load| load.result.unwrap()).collect()
    }

    /// Returns the names of all files in the folder, except those in `.sealift`.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut names = Vec::new();
        list(self.store().root(), "", &mut names);
        names.sort();
        names
    }
}

fn list(folder: &Path, prefix: &str, names: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if name == ".sealift" {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            list(&entry.path(), &format!("{name}/"), names);
        } else {
            names.push(name);
        }
    }
}

/// A reporter that calls a function for each event.
pub(crate) struct At<F>(pub(crate) Mutex<F>);

impl<F: FnMut(&Event) + Send> Reporter for At<F> {
    fn report(&self, event: Event) {
        (self.0.lock().unwrap())(&event);
    }
}

/// Creates a run that calls a function for each event.
pub(crate) fn context_at(react: impl FnMut(&Event) + Send + 'static) -> Run {
    Run::new(Arc::new(At(Mutex::new(react))), Cancel::new())
}

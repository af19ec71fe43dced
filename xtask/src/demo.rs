//! `cargo xtask demo`: the main job on a real engine. Each command is printed before its output.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context as _, Result, ensure};

use crate::engines::{self, Doors, Engines, Kind, Lifetime, api};
use crate::{builds, run, say, workspace};

const IMAGE: &str = "hello:1.0.0.1";

pub(crate) fn run() -> Result<()> {
    let engines = run::beside(
        || Engines::up(&[Kind::Docker], Lifetime::OfTheTask, Doors::Shut),
        builds::command,
    )?;
    let engine = engines.first()?;
    ensure!(
        !api::has_image(&engine.host, IMAGE)?,
        "the engine at {} has an image {IMAGE}, which the demo would replace",
        engine.host
    );

    let folder = tempfile::tempdir().context("cannot create a folder for the demo")?;
    let project = folder.path().join("examples/hello");
    say::step("copying examples/hello and compiling its program");
    copy_project(&project)?;
    let demo = Demo {
        folder: folder.path(),
        host: &engine.host,
        sealift: workspace::target().join("debug/sealift"),
        docker: engines::docker_client(engine),
    };
    let result = demo.play();
    if engine.was_there_before() && api::has_image(&engine.host, IMAGE)? {
        api::remove_image(&engine.host, IMAGE)?;
    }
    result?;
    say::step(format_args!(
        "the demo ran on {}; all its files and images are removed",
        engines.names()
    ));
    Ok(())
}

struct Demo<'a> {
    folder: &'a Path,
    host: &'a str,
    sealift: PathBuf,
    /// The engine's client, if it is installed.
    docker: Option<PathBuf>,
}

impl Demo<'_> {
    fn play(&self) -> Result<()> {
        say::line(format_args!("\n$ export DOCKER_HOST={}", self.host));
        self.sealift(&["build", IMAGE, "examples/hello", "--network", "none"])?;
        self.sealift(&["update", IMAGE, "--compress"])?;
        self.sealift(&["list"])?;
        self.sealift(&["publish", "./public"])?;

        say::line("\n# The image leaves the engine, as if this were another machine.");
        match &self.docker {
            Some(docker) => self.show(docker, &["rmi", IMAGE])?,
            None => api::remove_image(self.host, IMAGE)?,
        }
        ensure!(!api::has_image(self.host, IMAGE)?, "the engine still has {IMAGE}");
        self.sealift(&["--dir", "edge", "fetch", "./public", "--load"])?;
        ensure!(api::has_image(self.host, IMAGE)?, "the engine has no {IMAGE} after the load");
        if let Some(docker) = &self.docker {
            self.show(docker, &["run", "--rm", "--network", "none", IMAGE])?;
        }

        say::line(
            "\n# Archives and images that exist are not saved, published, fetched or loaded again.",
        );
        let before = self.archives()?;
        self.sealift(&["update", IMAGE, "--compress"])?;
        self.sealift(&["publish", "./public"])?;
        self.sealift(&["--dir", "edge", "fetch", "./public", "--load"])?;
        ensure!(before == self.archives()?, "the second update changed the folder");
        Ok(())
    }

    fn sealift(&self, arguments: &[&str]) -> Result<()> {
        self.show(&self.sealift, arguments)
    }

    fn show(&self, program: &Path, arguments: &[&str]) -> Result<()> {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.folder).env("DOCKER_HOST", self.host);
        // These variables would select another engine or another folder.
        for name in ["SEALIFT_DIR", "ARTIFACTS_DIR", "DOCKER_CONTEXT", "DOCKER_MACHINE_NAME"] {
            command.env_remove(name);
        }
        say::line("");
        ensure!(run::shown(&mut command)?, "the demo stops, because this command failed");
        Ok(())
    }

    /// Returns the archives with the times of their last change.
    fn archives(&self) -> Result<BTreeMap<PathBuf, SystemTime>> {
        let mut archives = BTreeMap::new();
        for entry in fs::read_dir(self.folder.join("artifacts")).context("no archives")? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                archives.insert(entry.path(), entry.metadata()?.modified()?);
            }
        }
        ensure!(!archives.is_empty(), "the folder contains no archive");
        Ok(archives)
    }
}

/// Copies the example and compiles the program for its image.
fn copy_project(project: &Path) -> Result<()> {
    fs::create_dir_all(project)?;
    let source = workspace::root().join("examples/hello");
    for name in ["Dockerfile", "hello.rs"] {
        let file = source.join(name);
        fs::copy(&file, project.join(name)).with_context(|| file.display().to_string())?;
    }
    // The compiler of the same toolchain as the cargo that runs this task.
    let beside = std::env::var_os("CARGO").map(|cargo| Path::new(&cargo).with_file_name("rustc"));
    let rustc = beside.filter(|rustc| rustc.is_file()).unwrap_or_else(|| "rustc".into());
    let flags = ["-O", "-C", "strip=symbols", "-C", "target-feature=+crt-static", "hello.rs"];
    run::read(Command::new(rustc).args(flags).current_dir(project))
        .context("the example's program must be linked with a static C library")?;
    // The build context then contains only files of the image.
    fs::remove_file(project.join("hello.rs"))?;
    Ok(())
}

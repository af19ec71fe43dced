//! The command's own image. The command itself builds, archives and loads it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::machine::Machine;
use super::plan::{Release, made};
use super::{binary, licences, verify};
use crate::engines::{self, Doors, Engines, Kind, Lifetime, api, packages};
use crate::{run, say, workspace};

const NAME: &str = "sealift";

/// An engine, and its own client to run the image with, if there is one.
struct Place {
    host: String,
    docker: Option<PathBuf>,
    /// Whether the engine stays, so that the image must be removed from it.
    is_somebodys: bool,
    /// The engine, if it was started for this step: it stops with this value.
    _engines: Option<Engines>,
}

pub(crate) fn run(release: &Release) -> Result<()> {
    let sealift = binary::built(release)?;
    let stands_alone = binary::is_static(&sealift);
    if !stands_alone.as_ref().is_ok_and(|stands_alone| *stands_alone) {
        // An image of an earlier run does not belong to this release.
        forget(&release.layout.images())?;
        let reason = match stands_alone {
            Ok(_) => "the binary needs a C library, which an empty image does not have".to_owned(),
            Err(error) => error.to_string(),
        };
        say::line(format_args!("no image: {reason}"));
        return Ok(());
    }
    let place = place(release)?;
    let tag = format!("{NAME}:{}", release.image_version);
    ensure!(
        !api::has_image(&place.host, &tag)?,
        "the engine at {} has an image {tag}, which would be replaced",
        place.host
    );
    let work = Work { release, sealift: &sealift, place: &place, tag: &tag };
    let result = work.ship();
    // The engine can be the one that the next image is built in.
    if place.is_somebodys && api::has_image(&place.host, &tag)? {
        api::remove_image(&place.host, &tag)?;
    }
    result
}

fn place(release: &Release) -> Result<Place> {
    if let Some(host) = &release.host {
        return Ok(Place {
            host: host.clone(),
            docker: run::find("docker"),
            is_somebodys: true,
            _engines: None,
        });
    }
    let engines = Engines::up(&[Kind::Docker], Lifetime::OfTheTask, Doors::Shut)?;
    let engine = engines.first()?;
    Ok(Place {
        host: engine.host.clone(),
        docker: engines::docker_client(engine),
        is_somebodys: engine.was_there_before(),
        _engines: Some(engines),
    })
}

struct Work<'a> {
    release: &'a Release,
    sealift: &'a Path,
    place: &'a Place,
    tag: &'a str,
}

impl Work<'_> {
    fn ship(&self) -> Result<()> {
        let (version, context) = (self.release.version, self.context()?);
        let argument = format!("VERSION={version}");
        let context = context.to_str().context("the path of the build context is not UTF-8")?;
        let machine = self.machine()?;
        let platform = machine.platform();
        let platform = ["--platform", &platform];
        let build = ["build", self.tag, context, "--network", "none", "--build-arg", &argument];
        // The classic builder of older engines ignores the platform of an image without a base.
        let builder: &[&str] = match self.release.toolchain.is_emulated() {
            true => &["--builder", "buildkit"],
            false => &[],
        };
        self.sealift(&[&build[..], &platform, builder].concat())?;
        let update = ["update", self.tag, "--compress", "--clean"];
        self.sealift(&[&update[..], &platform].concat())?;
        self.write_config(machine)?;

        api::remove_image(&self.place.host, self.tag)?;
        self.sealift(&[&["load", self.tag][..], &platform].concat())?;
        if self.release.toolchain.is_emulated() {
            say::line(format_args!(
                "{} for {} is loaded, and not run: the engine cannot run it",
                self.tag, platform[1]
            ));
            return Ok(());
        }
        let Some(docker) = &self.place.docker else {
            say::line(format_args!(
                "{} is loaded, and not run: there is no docker client",
                self.tag
            ));
            return Ok(());
        };
        let run = |options: &[&str]| {
            let mut command = Command::new(docker);
            command.args(["run", "--rm", "--network", "none"]).args(options).arg(self.tag);
            command.env("DOCKER_HOST", &self.place.host);
            command
        };
        say::line(format_args!("$ docker run --rm --network none {} --version", self.tag));
        let printed = run::read(run(&[]).arg("--version"))?;
        say::line(printed.trim());
        ensure!(printed.trim() == format!("sealift {version}"), "the image has another version");
        let mut connect = run(&["--add-host", "engine.example:127.0.0.1"]);
        verify::expect_refusal(connect.args(verify::connect_to("engine.example")))
    }

    fn machine(&self) -> Result<Machine> {
        let target = self.release.layout.target();
        Machine::of_target(target).with_context(|| format!("{target} has no images"))
    }

    /// Copies the content of the image into a folder of its own.
    fn context(&self) -> Result<PathBuf> {
        let (layout, stage) = (&self.release.layout, self.release.layout.stage());
        let context = layout.context();
        fs::create_dir_all(&context)?;
        fs::write(context.join("Dockerfile"), include_str!("Dockerfile"))?;
        let source = layout.source();
        for file in [
            self.sealift.to_owned(),
            stage.join(licences::FILE),
            source.join("LICENSE-MIT"),
            source.join("LICENSE-APACHE"),
        ] {
            let name = file.file_name().unwrap_or_default();
            fs::copy(&file, context.join(name)).with_context(|| {
                format!("{} is missing: run the earlier steps first", file.display())
            })?;
        }
        fs::write(context.join("ca-certificates.crt"), certificates()?)?;
        Ok(context)
    }

    /// Writes the config for clusters, with the URL at which the release's files will be.
    ///
    /// A config has one platform, so each image has its own. It is next to the archives.
    fn write_config(&self, machine: Machine) -> Result<()> {
        let repository = env!("CARGO_PKG_REPOSITORY");
        let address = format!("{repository}/releases/download/{}/", self.release.version.tag());
        let config = ["config", &address, "--platform", &machine.platform()];
        let text = run::read(&mut self.command(&config))?;
        let file = self.release.layout.images().join(format!("config-{}.json", machine.deb()));
        fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
        made(&file)
    }

    fn sealift(&self, arguments: &[&str]) -> Result<()> {
        ensure!(run::shown(&mut self.command(arguments))?, "`sealift {}` failed", arguments[0]);
        Ok(())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.release.toolchain.command(self.sealift);
        command.args(arguments).current_dir(workspace::root());
        command.env("DOCKER_HOST", &self.place.host);
        command.env("SEALIFT_DIR", self.release.layout.images());
        // These would select another engine.
        for name in ["DOCKER_CONTEXT", "DOCKER_MACHINE_NAME"] {
            command.env_remove(name);
        }
        command
    }
}

/// Returns the certificates that Debian trusts, sorted by name.
fn certificates() -> Result<String> {
    let root = packages::of_suite("trixie", "ca-certificates", &["ca-certificates"])?;
    let folder = root.join("usr/share/ca-certificates/mozilla");
    let mut files: Vec<PathBuf> =
        fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.sort();
    ensure!(files.len() > 50, "{} contains only {} certificates", folder.display(), files.len());
    files.iter().map(|file| Ok(fs::read_to_string(file)?)).collect()
}

fn forget(images: &Path) -> Result<()> {
    match images.exists() {
        true => fs::remove_dir_all(images).with_context(|| images.display().to_string()),
        false => Ok(()),
    }
}

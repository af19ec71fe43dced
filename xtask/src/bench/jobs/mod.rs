//! The timed jobs, with their targets.

mod idle;
mod load;
mod outcome;
mod read;
mod remote;
mod save;
mod second_version;
mod serve;
mod shared_blocks;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use outcome::Outcome;

use super::contest::{Contestant, Times, run_alternately};
use super::inputs;
use super::report::JobRow;
use super::versions;
use crate::engines::api;
use crate::{run, say};

const IMAGE: &str = "sealift-bench";
const TAG: &str = "sealift-bench:1.0.0.1";
/// A second version of the image, with one more layer.
const SECOND: &str = "sealift-bench:1.0.0.2";
/// The folder of [`Bench::small_archive`].
const SMALL: &str = "small";
/// Number of tags of the image in one call.
const MANY: usize = 50;

/// The environment of the jobs.
pub(super) struct Bench {
    pub(super) folder: PathBuf,
    pub(super) sealift: PathBuf,
    pub(super) reference: PathBuf,
    /// The addresses of an engine with the classic store, and of one with the containerd store.
    pub(super) classic: String,
    pub(super) containerd: String,
    /// The address of another engine with the classic store. Images from it are sent to the first.
    pub(super) other: String,
    /// The folder with the files for ssh to the first engine.
    pub(super) ssh: PathBuf,
    pub(super) environment: Vec<(String, String)>,
    pub(super) rounds: usize,
    pub(super) names: usize,
}

type Job = (&'static str, fn(&Bench) -> Result<Outcome>);

const JOBS: &[Job] = &[
    ("update", Bench::update),
    ("update --compress", Bench::update_compress),
    ("compress what is there", Bench::compress),
    ("update --compress of compressed layers", Bench::compressed_layers),
    ("other ways to save", Bench::other_ways),
    ("blocks that two versions share", Bench::shared_blocks),
    ("nothing to do", Bench::nothing_to_do),
    ("list --latest", Bench::list),
    ("list --latest of ten times as many", Bench::list_more),
    ("1,000 archives with records", Bench::recorded),
    ("load from a zip", Bench::load),
    ("load of a second version", Bench::second_version),
    ("load of a second version at 100 Mbit/s", Bench::second_version_by_ssh),
    ("verify", Bench::verify),
    ("peak memory", Bench::memory),
    ("publish", Bench::publish),
    ("fetch", Bench::fetch),
    ("fetch of a zip", Bench::fetch_zip),
    ("fetch of the next version at 100 Mbit/s, 40 ms", Bench::fetch_next),
    ("fetch of 100 unchanged images", Bench::fetch_unchanged),
    ("peak memory, remote", Bench::remote_memory),
    ("serve a file", Bench::serve_a_file),
    ("serve a layer as gzip", Bench::serve_gzip),
    ("serve a pull", Bench::serve_pull),
    ("serve 50 pulls, peak memory", Bench::serve_memory),
    ("serve 10,000 archives", Bench::serve_start),
    ("start", Bench::start),
];

impl Bench {
    /// Runs the jobs whose names contain one of these words, or all if there are none. Returns the
    /// measurements and the names of failed jobs, so that one failure does not lose the other
    /// results.
    pub(super) fn run(&self, only: &[String]) -> Result<(Vec<JobRow>, Vec<&'static str>)> {
        self.prepare()?;
        let is_wanted = |job: &str| only.is_empty() || only.iter().any(|word| job.contains(word));
        let (mut rows, mut failed) = (Vec::new(), Vec::new());
        for &(name, job) in JOBS.iter().filter(|(name, _)| is_wanted(name)) {
            say::step(format_args!("job: {name}"));
            match job(self) {
                Ok((times, targets)) => rows.push(JobRow { job: name, times, targets }),
                Err(error) => {
                    say::step(format_args!("the job `{name}` failed: {error:#}"));
                    failed.push(name);
                }
            }
        }
        Ok((rows, failed))
    }

    fn prepare(&self) -> Result<()> {
        say::step("building an image of system files");
        let context = inputs::image_context(&self.folder)?;
        for host in [&self.classic, &self.containerd] {
            let mut build = Command::new(&self.sealift);
            build.args(["build", TAG]).arg(&context).args(["--host", host, "--progress", "none"]);
            run::read(&mut build)?;
        }
        std::fs::remove_dir_all(&context)?;
        // Archives in both formats, for the jobs that begin with one.
        for (folder, form) in [("plain", ""), ("zipped", "--compress")] {
            self.shell(&format!("{} --dir {folder} update {TAG} {form} -q", self.sealift()))?;
        }
        Ok(())
    }

    /// Removes the images and files of the jobs.
    pub(super) fn clean_up(&self) {
        for host in [&self.classic, &self.containerd, &self.other] {
            for tag in [SECOND, TAG] {
                let _ = api::remove_image(host, tag);
            }
        }
        for number in 0..MANY {
            let _ = api::remove_image(&self.classic, &format!("{IMAGE}-{number}:1.0.0.1"));
        }
        let _ = api::remove_image(&self.classic, &format!("{IMAGE}-small:latest"));
        let _ = std::fs::remove_dir_all(&self.folder);
    }

    fn contest(&self, contestants: &[Contestant]) -> Result<Vec<(String, Times)>> {
        self.contest_of(contestants, self.rounds)
    }

    fn contest_of(
        &self,
        contestants: &[Contestant],
        rounds: usize,
    ) -> Result<Vec<(String, Times)>> {
        let times = run_alternately(contestants, rounds, &self.variables(), &self.folder)?;
        Ok(contestants.iter().map(|contestant| contestant.name.clone()).zip(times).collect())
    }

    fn variables(&self) -> Vec<(String, String)> {
        let mut variables = self.environment.clone();
        variables.push(("DOCKER_HOST".to_owned(), self.classic.clone()));
        variables
    }

    fn shell(&self, script: &str) -> Result<String> {
        let mut command = Command::new("sh");
        command.args(["-e", "-c", script]).current_dir(&self.folder).envs(self.variables());
        run::read(&mut command)
    }

    fn call(&self, folder: &str, command: &str, rest: &str) -> String {
        format!("{} --dir {folder} -q {command} {rest}", self.sealift())
    }

    /// Creates the folder [`SMALL`] with one archive of a few kilobytes, version 2.0.0.0 of the
    /// image, as a zip or as a plain tar. Returns the name and the content of the archive.
    fn small_archive(&self, is_zip: bool) -> Result<(String, Vec<u8>)> {
        versions::write_small(&self.folder.join("small.tar"))?;
        let add = format!("add small.tar --name {IMAGE}:2.0.0.0");
        let form = if is_zip { "--compress" } else { "" };
        self.shell(&format!("rm -rf {SMALL}\n{}\n", self.call(SMALL, &add, form)))?;
        let name = self.only_file(SMALL)?;
        let content = std::fs::read(self.folder.join(SMALL).join(&name))?;
        Ok((name, content))
    }

    /// Returns the name of the one archive in a folder.
    fn only_file(&self, folder: &str) -> Result<String> {
        let names = self.shell(&format!("ls {}", quoted(&self.folder.join(folder))))?;
        Ok(names.lines().next().context("the folder is empty")?.to_owned())
    }

    fn path(&self) -> Result<&str> {
        let path = self.environment.iter().find(|(name, _)| name == "PATH");
        Ok(&path.context("there is no PATH")?.1)
    }

    fn sealift(&self) -> String {
        quoted(&self.sealift)
    }

    fn reference(&self) -> String {
        format!("python3 {}", quoted(&self.reference))
    }
}

fn quoted(path: &Path) -> String {
    format!("'{}'", path.display())
}

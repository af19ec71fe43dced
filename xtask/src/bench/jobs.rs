//! The jobs that are timed, with what each has to reach.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::contest::{Contestant, Times, run_alternately};
use super::inputs;
use super::report::{Limit, Row, Target};
use crate::engines::api;
use crate::{run, say};

const IMAGE: &str = "sealift-bench";
const TAG: &str = "sealift-bench:1.0.0.1";
/// How many tags of the image one call names.
const MANY: usize = 50;

/// What the jobs need.
pub(super) struct Bench {
    pub(super) folder: PathBuf,
    pub(super) sealift: PathBuf,
    pub(super) reference: PathBuf,
    /// The addresses of an engine with the classic store, and of one with the containerd store.
    pub(super) classic: String,
    pub(super) containerd: String,
    pub(super) environment: Vec<(String, String)>,
    pub(super) rounds: usize,
    pub(super) names: usize,
}

/// How long the contestants took, and what was to be reached.
type Outcome = (Vec<(String, Times)>, Vec<Target>);

type Job = (&'static str, fn(&Bench) -> Result<Outcome>);

const JOBS: &[Job] = &[
    ("update", Bench::update),
    ("update --compress", Bench::update_compress),
    ("compress what is there", Bench::compress),
    ("update --compress of compressed layers", Bench::compressed_layers),
    ("other ways to save", Bench::other_ways),
    ("nothing to do", Bench::nothing_to_do),
    ("list --latest", Bench::list),
    ("load from a zip", Bench::load),
    ("verify", Bench::verify),
    ("peak memory", Bench::memory),
    ("start", Bench::start),
];

impl Bench {
    /// Runs the jobs whose name has one of these words in it; all if there are none.
    pub(super) fn run(&self, only: &[String]) -> Result<Vec<Row>> {
        self.prepare()?;
        let is_wanted = |job: &str| only.is_empty() || only.iter().any(|word| job.contains(word));
        let mut rows = Vec::new();
        for &(name, job) in JOBS.iter().filter(|(name, _)| is_wanted(name)) {
            say::step(format_args!("job: {name}"));
            let outcome = job(self).with_context(|| format!("the job `{name}`"))?;
            rows.push(Row { job: name, times: outcome.0, targets: outcome.1 });
        }
        Ok(rows)
    }

    fn prepare(&self) -> Result<()> {
        say::step("makes an image of system files");
        let context = inputs::image_context(&self.folder)?;
        for host in [&self.classic, &self.containerd] {
            let mut build = Command::new(&self.sealift);
            build.args(["build", TAG]).arg(&context).args(["--host", host, "--progress", "none"]);
            run::read(&mut build)?;
        }
        std::fs::remove_dir_all(&context)?;
        // Archives in both forms, for the jobs that begin with one.
        for (folder, form) in [("plain", ""), ("zipped", "--compress")] {
            self.shell(&format!("{} --dir {folder} update {TAG} {form} -q", self.sealift()))?;
        }
        Ok(())
    }

    /// Takes away what the jobs have made.
    pub(super) fn clean_up(&self) {
        for host in [&self.classic, &self.containerd] {
            let _ = api::remove_image(host, TAG);
        }
        for number in 0..MANY {
            let _ = api::remove_image(&self.classic, &format!("{IMAGE}-{number}:1.0.0.1"));
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }

    fn update(&self) -> Result<Outcome> {
        let times = self.contest(&[
            Contestant::new("sealift update", "rm -rf new", self.call("new", "update", TAG)),
            Contestant::new(
                "docker save -o",
                "rm -f save.tar",
                format!("docker save -o save.tar {TAG}"),
            ),
        ])?;
        let ratio = ratio(&times, 0, 1);
        Ok((times, vec![at_most("× `docker save -o`", ratio, 1.15)]))
    }

    fn update_compress(&self) -> Result<Outcome> {
        let python = format!("{} update {IMAGE} 1.0.0.1 python --compress", self.reference());
        let times = self.contest(&[
            Contestant::new(
                "sealift update --compress",
                "rm -rf new",
                self.call("new", "update --compress", TAG),
            ),
            Contestant::new(
                "docker save -o",
                "rm -f save.tar",
                format!("docker save -o save.tar {TAG}"),
            ),
            Contestant::new("the Python way", "rm -rf python", python),
            // The lower limit for everybody: a classic store prepares the whole image first.
            Contestant::new(
                "docker save, up to its first byte",
                "",
                format!("docker save {TAG} | head -c 1 > first-byte"),
            ),
        ])?;
        let after = |index: usize| median(&times, index) - median(&times, 3);
        let after_first_byte = Target {
            what: "after the first byte, × `docker save -o`".to_owned(),
            value: after(0) / after(1),
            limit: Limit::None,
        };
        let size = |folder: &str| -> Result<f64> {
            let listed = self.shell(&format!("stat --format %s {folder}/*.zip"))?;
            Ok(listed.trim().parse()?)
        };
        let targets = vec![
            at_least("× as fast as the Python way", ratio(&times, 2, 0), 2.5),
            at_most("× `docker save -o`", ratio(&times, 0, 1), 1.8),
            at_most("size × zlib level 6", size("new")? / size("python")?, 1.03),
            after_first_byte,
        ];
        Ok((times, targets))
    }

    fn compress(&self) -> Result<Outcome> {
        let copy = "rm -rf new && cp -r --reflink=auto plain new";
        let python = format!("{} zip python.docker", self.reference());
        let times = self.contest(&[
            Contestant::new(
                "sealift update --compress",
                copy,
                self.call("new", "update --compress", TAG),
            ),
            Contestant::new(
                "Python's zip step",
                "rm -f python.*; cp plain/*.docker python.docker",
                python,
            ),
        ])?;
        let faster = ratio(&times, 1, 0);
        Ok((times, vec![at_least("× as fast", faster, 4.0)]))
    }

    fn compressed_layers(&self) -> Result<Outcome> {
        let host = format!("--host {}", self.containerd);
        let call = |options: &str| self.call("new", &format!("update {host} {options}"), TAG);
        let times = self.contest(&[
            Contestant::new("sealift update --compress", "rm -rf new", call("--compress")),
            Contestant::new("sealift update", "rm -rf new", call("")),
        ])?;
        let ratio = ratio(&times, 0, 1);
        let targets = vec![at_most("× `update` without", ratio, 1.15)];
        Ok((times, targets))
    }

    fn other_ways(&self) -> Result<Outcome> {
        let save = |through: &str| format!("docker save {TAG} | {through} > save.x");
        let skopeo = format!(
            "skopeo --insecure-policy copy --src-daemon-host {} docker-daemon:{TAG} \
             docker-archive:skopeo.tar:{TAG}",
            self.classic
        );
        let contestants = [
            Contestant::new(
                "sealift update --compress",
                "rm -rf new",
                self.call("new", "update --compress", TAG),
            ),
            Contestant::new(
                "sealift update --compress --level fast",
                "rm -rf new",
                self.call("new", "update --compress --level fast", TAG),
            ),
            Contestant::new("docker save | gzip", "rm -f save.x", save("gzip")),
            Contestant::new("docker save | pigz", "rm -f save.x", save("pigz")),
            Contestant::new("docker save | zstd", "rm -f save.x", save("zstd -q -T0")),
            Contestant::new("skopeo copy, not compressed", "rm -f skopeo.tar", skopeo),
        ];
        // They are there to be seen, not to be held against a limit.
        let times = self.contest_of(&contestants, self.rounds.div_ceil(3))?;
        Ok((times, Vec::new()))
    }

    fn nothing_to_do(&self) -> Result<Outcome> {
        let tag = |number: usize| format!("{IMAGE}-{number}:1.0.0.1");
        let archive = self.shell("ls zipped")?;
        let id = archive.trim().trim_start_matches(&format!("{IMAGE}_")).to_owned();
        let tags: Vec<String> = (0..MANY).map(tag).collect();
        let mut script = "rm -rf many; mkdir many\n".to_owned();
        for (number, tag) in tags.iter().enumerate() {
            script.push_str(&format!("docker tag {TAG} {tag}\n"));
            script.push_str(&format!("ln zipped/{IMAGE}_{id} many/{IMAGE}-{number}_{id}\n"));
        }
        script.push_str(&format!("{} --dir many config -q > many.json\n", self.sealift()));
        self.shell(&script)?;
        let python = format!("{} update {IMAGE} 1.0.0.1 zipped --compress", self.reference());
        let times = self.contest(&[
            Contestant::new("sealift update, one image", "", self.call("zipped", "update", TAG)),
            Contestant::new("the Python way, one image", "", python),
            Contestant::new(
                "sealift update, 50 images",
                "",
                self.call("many", "update", &tags.join(" ")),
            ),
        ])?;
        let targets = vec![
            at_least("× as fast as the Python way", ratio(&times, 1, 0), 10.0),
            at_most("50 images × one", ratio(&times, 2, 0), 3.0),
        ];
        Ok((times, targets))
    }

    fn list(&self) -> Result<Outcome> {
        inputs::names(&self.folder.join("names"), self.names)?;
        let times = self.contest(&[
            Contestant::new("sealift list --latest", "", self.call("names", "list --latest", "")),
            Contestant::new("ls -f", "", "ls -f names"),
        ])?;
        let ratio = ratio(&times, 0, 1);
        Ok((times, vec![at_most("× `ls -f`", ratio, 2.5)]))
    }

    fn load(&self) -> Result<Outcome> {
        let remove = format!("docker rmi -f {TAG}");
        let times = self.contest(&[
            Contestant::new("sealift load", remove.clone(), self.call("zipped", "load", IMAGE)),
            Contestant::new(
                "unzip -p | docker load",
                remove,
                "unzip -p zipped/*.zip | docker load",
            ),
        ])?;
        let ratio = ratio(&times, 0, 1);
        Ok((times, vec![at_most("× `unzip -p \\| docker load`", ratio, 1.1)]))
    }

    fn verify(&self) -> Result<Outcome> {
        self.shell(
            "rm -rf eight; mkdir eight; for n in 1 2 3 4 5 6 7 8; do \
             for f in plain/*.docker; do ln $f eight/copy-$n-$(basename $f); done; done",
        )?;
        // On one processor, and on all.
        let one = |call: String| format!("taskset -c 0 {call}");
        let times = self.contest(&[
            Contestant::new("sealift verify, recorded", "", self.call("plain", "verify", "")),
            Contestant::new(
                "openssl dgst -sha256",
                "",
                format!("openssl dgst -sha256 {}", self.shell("echo plain/*.docker")?.trim()),
            ),
            Contestant::new(
                "sealift verify --deep",
                "",
                one(self.call("plain", "verify --deep", "")),
            ),
            Contestant::new(
                "sealift verify --deep, 8 files, one processor",
                "",
                one(self.call("eight", "verify --deep", "")),
            ),
            Contestant::new(
                "sealift verify --deep, 8 files",
                "",
                self.call("eight", "verify --deep", ""),
            ),
        ])?;
        let targets = vec![
            at_most("recorded × `openssl dgst -sha256`", ratio(&times, 0, 1), 1.2),
            at_most("in full × that, one processor", ratio(&times, 2, 1), 2.4),
            at_least("8 files, × as fast on all processors", ratio(&times, 3, 4), 1.8),
        ];
        Ok((times, targets))
    }

    fn memory(&self) -> Result<Outcome> {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let limit = 48.0 + processors.saturating_sub(2) as f64;
        let mut targets = Vec::new();
        for (what, prepare, call) in [
            ("save", "rm -rf new", self.call("new", "update", TAG)),
            ("save and compress", "rm -rf new", self.call("new", "update --compress", TAG)),
            ("compress", "rm -rf new; cp -r plain new", self.call("new", "update --compress", TAG)),
            ("load", &format!("docker rmi -f {TAG}"), self.call("zipped", "load", IMAGE)),
            ("verify", "", self.call("zipped", "verify --deep", "")),
        ] {
            self.shell(prepare)?;
            let peak = self.shell(&format!("{} peak {call}", self.reference()))?;
            let mib = peak.trim().parse::<f64>().context("no peak was told")? / 1024.0;
            targets.push(at_most(&format!("{what}, MiB"), mib, limit));
        }
        Ok((Vec::new(), targets))
    }

    fn start(&self) -> Result<Outcome> {
        let times = self.contest(&[
            Contestant::new("sealift --version", "", format!("{} --version", self.sealift())),
            Contestant::new("docker --version", "", "docker --version"),
        ])?;
        let size = std::fs::metadata(&self.sealift)?.len() as f64 / 1e6;
        let targets = vec![
            at_most("× `docker --version`", ratio(&times, 0, 1), 0.5),
            at_most("binary, MB", size, 12.0),
        ];
        Ok((times, targets))
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

/// How many times as long one contestant takes as another.
fn ratio(times: &[(String, Times)], one: usize, other: usize) -> f64 {
    median(times, one) / median(times, other)
}

fn median(times: &[(String, Times)], index: usize) -> f64 {
    times.get(index).map_or(f64::NAN, |(_, times)| times.median)
}

fn at_most(what: &str, value: f64, limit: f64) -> Target {
    Target { what: what.to_owned(), value, limit: Limit::AtMost(limit) }
}

fn at_least(what: &str, value: f64, limit: f64) -> Target {
    Target { what: what.to_owned(), value, limit: Limit::AtLeast(limit) }
}

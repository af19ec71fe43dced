//! `cargo xtask bench`: compares sealift with other tools, as ratios within one run.

mod contest;
mod delay;
mod inputs;
mod jobs;
mod relay;
mod report;
mod slow_network;
mod versions;
mod web_server;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;

use crate::engines::{Door, Doors, Engines, Kind, Lifetime, packages};
use crate::{run, say, tools, workspace};
use jobs::Bench;

/// The page with the tables.
const REPORT: &str = "docs/benchmarks.md";
/// The lines of that file that enclose the tables.
const BEGIN: &str = "<!-- tables: begin -->\n";
const END: &str = "<!-- tables: end -->\n";

/// Arguments of `cargo xtask bench`.
#[derive(Debug, Args)]
pub(crate) struct BenchArguments {
    /// Words in the names of jobs; without one, all jobs
    #[arg(value_name = "JOB")]
    only: Vec<String>,
    /// Number of timed runs of each contestant
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Number of archives in the folder of many names
    #[arg(long, default_value_t = 100_000)]
    names: usize,
    /// Path of a built command, of another commit for example, instead of building it
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Write the tables to docs/benchmarks.md
    #[arg(long)]
    write: bool,
}

pub(crate) fn run(arguments: &BenchArguments) -> Result<()> {
    let kinds = [Kind::Docker, Kind::MobyContainerd, Kind::MobyClassic];
    let engines = Engines::up(&kinds, Lifetime::OfTheTask, Doors::Open)?;
    let sealift = match &arguments.binary {
        Some(file) => fs::canonicalize(file).with_context(|| file.display().to_string())?,
        None => build()?,
    };
    let path = run::path_with(&[tools::for_benchmarks()?])?;
    let path = path.into_string().ok().context("PATH is not UTF-8")?;
    let folder = workspace::engines().join("bench");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;

    let mut environment = vec![("PATH".to_owned(), path)];
    if !imports_docker() {
        let root = packages::of_the_system("bench-python3-docker", &["python3-docker"])?;
        let modules = root.join("usr/lib/python3/dist-packages").display().to_string();
        environment.push(("PYTHONPATH".to_owned(), modules));
    }
    let hosts = engines.hosts();
    let [classic, containerd, other] = &hosts[..] else { bail!("there should be three engines") };
    let bench = Bench {
        folder,
        sealift,
        reference: workspace::root().join("xtask/bench/reference.py"),
        classic: classic.clone(),
        containerd: containerd.clone(),
        other: other.clone(),
        ssh: engines.door(Kind::Docker, Door::Ssh).context("there is no sshd at the engine")?,
        environment,
        rounds: arguments.rounds as usize,
        names: arguments.names,
    };
    let result = bench.run(&arguments.only);
    bench.clean_up();
    let (rows, failed) = result?;
    let tables = format!("{}\n{}", machine(&engines, arguments)?, report::tables(&rows));
    say::line(&tables);
    ensure!(failed.is_empty(), "these jobs failed: {}", failed.join(", "));
    if arguments.write {
        write(&tables)?;
        say::step(format_args!("wrote {REPORT}"));
    }
    Ok(())
}

/// Builds the command with the profile of releases.
fn build() -> Result<PathBuf> {
    say::step("building the command with the profile of releases");
    let mut build = run::cargo(&["build", "--release", "--package", "sealift"]);
    ensure!(run::shown(&mut build)?, "the command does not build");
    Ok(workspace::target().join("release/sealift"))
}

fn imports_docker() -> bool {
    let output = Command::new("python3").args(["-c", "import docker"]).output();
    output.is_ok_and(|output| output.status.success())
}

/// Describes the machine on which the times were measured.
fn machine(engines: &Engines, arguments: &BenchArguments) -> Result<String> {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let model = model.trim_start_matches([' ', '\t', ':']);
    let kernel = run::read(Command::new("uname").arg("-r"))?;
    Ok(format!(
        "Taken with {processors} processors ({model}), Linux {}, {}; {} rounds, {} names.\n",
        kernel.trim(),
        engines.names(),
        arguments.rounds,
        arguments.names
    ))
}

fn write(tables: &str) -> Result<()> {
    let path = workspace::root().join(REPORT);
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let (before, rest) =
        text.split_once(BEGIN).context("the report has no marks for its tables")?;
    let (_, after) = rest.split_once(END).context("the report has no marks for its tables")?;
    fs::write(&path, format!("{before}{BEGIN}\n{tables}\n{END}{after}"))?;
    Ok(())
}

//! `cargo xtask bench`: sealift beside what people use today, as ratios of one run.

mod contest;
mod inputs;
mod jobs;
mod relay;
mod report;
mod slow_network;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::engines::{Door, Doors, Engines, Kind, Lifetime, packages};
use crate::{run, say, tools, workspace};
use jobs::Bench;

/// Where the tables go.
const REPORT: &str = "docs/benchmarks.md";
/// The lines of that file that enclose the tables.
const BEGIN: &str = "<!-- tables: begin -->\n";
const END: &str = "<!-- tables: end -->\n";

struct Options {
    rounds: usize,
    names: usize,
    writes: bool,
    /// A built command, instead of the one that is built here.
    binary: Option<PathBuf>,
    only: Vec<String>,
}

impl Options {
    fn parse(words: &[&str]) -> Result<Self> {
        let (rounds, names) = (10, 100_000);
        let mut options = Self { rounds, names, writes: false, binary: None, only: Vec::new() };
        let mut words = words.iter();
        while let Some(&word) = words.next() {
            let mut number = || -> Result<usize> {
                let value = words.next().with_context(|| format!("`{word}` needs a number"))?;
                value.parse().with_context(|| format!("`{word} {value}`"))
            };
            match word {
                "--rounds" => options.rounds = number()?.max(1),
                "--names" => options.names = number()?,
                "--write" => options.writes = true,
                "--binary" => {
                    let file = words.next().context("`--binary` needs a file")?;
                    options.binary =
                        Some(fs::canonicalize(file).with_context(|| (*file).to_owned())?);
                }
                _ if word.starts_with('-') => bail!("no such option: {word}"),
                _ => options.only.push(word.to_owned()),
            }
        }
        Ok(options)
    }
}

pub(crate) fn run(words: &[&str]) -> Result<()> {
    let options = Options::parse(words)?;
    let kinds = [Kind::Docker, Kind::MobyContainerd, Kind::MobyClassic];
    let engines = Engines::up(&kinds, Lifetime::OfTheTask, Doors::Open)?;
    let sealift = match &options.binary {
        Some(binary) => binary.clone(),
        None => build()?,
    };
    let path = run::path_with(&[tools::for_benchmarks()?])?;
    let path = path.into_string().ok().context("PATH is no text")?;
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
        rounds: options.rounds,
        names: options.names,
    };
    let result = bench.run(&options.only);
    bench.clean_up();
    let tables = format!("{}\n{}", machine(&engines, &options)?, report::tables(&result?));
    say::line(&tables);
    if options.writes {
        write(&tables)?;
        say::step(format_args!("wrote {REPORT}"));
    }
    Ok(())
}

/// Builds the command as it is released.
fn build() -> Result<PathBuf> {
    say::step("builds the command as it is released");
    let mut build = run::cargo(&["build", "--release", "--package", "sealift"]);
    ensure!(run::shown(&mut build)?, "it doesn't build");
    Ok(workspace::target().join("release/sealift"))
}

fn imports_docker() -> bool {
    let output = Command::new("python3").args(["-c", "import docker"]).output();
    output.is_ok_and(|output| output.status.success())
}

/// Describes the machine that the figures were taken on.
fn machine(engines: &Engines, options: &Options) -> Result<String> {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let model = model.trim_start_matches([' ', '\t', ':']);
    let kernel = run::read(Command::new("uname").arg("-r"))?;
    Ok(format!(
        "Taken with {processors} processors ({model}), Linux {}, {}; {} rounds, {} names.\n",
        kernel.trim(),
        engines.names(),
        options.rounds,
        options.names
    ))
}

fn write(tables: &str) -> Result<()> {
    let path = workspace::root().join(REPORT);
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let (before, rest) = text.split_once(BEGIN).context("the report has lost its marks")?;
    let (_, after) = rest.split_once(END).context("the report has lost its marks")?;
    fs::write(&path, format!("{before}{BEGIN}\n{tables}\n{END}{after}"))?;
    Ok(())
}

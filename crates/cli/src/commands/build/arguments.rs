//! The arguments of `sealift build`.

use std::path::PathBuf;

use clap::{ArgAction, Args};
use sealift_workflow::archive::Level;
use sealift_workflow::docker::Builder;
use sealift_workflow::oci::Platform;

use crate::arguments::completer;
use crate::commands::build::parse_size;

/// Build an image as `docker build` does
#[derive(Debug, Args)]
#[command(after_help = "\
The context is the folder PATH without what its .dockerignore leaves out, and
without the folder of archives. The image is tagged IMAGE:VERSION. Logins for
base images and proxies come from the docker CLI's config file.

Builds with secrets or ssh keys: run `docker buildx build --load -t
IMAGE:VERSION PATH`, then `sealift update IMAGE:VERSION`.

Examples:
  sealift build web:1.4.0.7 services/web
  sealift build web:1.4.0.7 services/web --update --compress
  sealift build -t web:1.4.0.7 -t web:latest services/web
  sealift build web:1.4.0.7 . -f - < Dockerfile")]
pub(crate) struct BuildArguments {
    /// What to call the image; without a version, `latest`
    #[arg(value_name = "IMAGE[:VERSION]", add = completer::engine_images())]
    #[arg(required_unless_present = "tags")]
    pub(crate) image: Option<String>,
    /// The folder to build from [default: .]
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<PathBuf>,
    /// A name for the image, instead of IMAGE; may be repeated
    #[arg(short, long = "tag", value_name = "IMAGE[:VERSION]")]
    pub(crate) tags: Vec<String>,
    /// The Dockerfile [default: Dockerfile or dockerfile in PATH]; - reads standard input
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: Option<String>,
    /// Which of the engine's builders to use: auto, classic or buildkit
    #[arg(long, value_name = "BUILDER", add = completer::one_of(&["auto", "classic", "buildkit"]), default_value_t = Builder::Auto, value_parser = builder)]
    pub(crate) builder: Builder,
    /// Set a build-time variable
    #[arg(long = "build-arg", value_name = "NAME[=VALUE]")]
    pub(crate) build_args: Vec<String>,
    /// Set a label on the image
    #[arg(long = "label", value_name = "NAME=VALUE")]
    pub(crate) labels: Vec<String>,
    /// Stop at this stage of the Dockerfile
    #[arg(long, value_name = "STAGE")]
    pub(crate) target: Option<String>,
    /// The network for RUN instructions
    #[arg(long, value_name = "MODE")]
    pub(crate) network: Option<String>,
    /// Build for this platform
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<Platform>,
    /// Don't use the cache
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Always try to pull a newer base image
    #[arg(long)]
    pub(crate) pull: bool,
    /// Take layers from this image where they fit
    #[arg(long, value_name = "IMAGE")]
    pub(crate) cache_from: Vec<String>,
    /// A line of /etc/hosts for RUN instructions
    #[arg(long, value_name = "NAME:ADDRESS")]
    pub(crate) add_host: Vec<String>,
    /// The size of /dev/shm, as in 64m
    #[arg(long, value_name = "SIZE", value_parser = parse_size::bytes)]
    pub(crate) shm_size: Option<u64>,
    /// Remove intermediate containers after a success (classic builder)
    #[arg(long, value_name = "BOOL", default_value_t = true, action = ArgAction::Set)]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) rm: bool,
    /// Remove them after a failure too (classic builder)
    #[arg(long, value_name = "BOOL", default_value_t = true, action = ArgAction::Set)]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) force_rm: bool,
    /// Not supported; prints how to build with secrets
    #[arg(long = "secret", value_name = "SECRET", hide = true)]
    pub(crate) secrets: Vec<String>,
    /// Not supported; prints how to build with ssh keys
    #[arg(long, value_name = "SSH", hide = true)]
    pub(crate) ssh: Vec<String>,
    /// Archive the result, as `sealift update` does
    #[arg(long)]
    pub(crate) update: bool,
    /// With --update: the archive is a zip
    #[arg(long, requires = "update")]
    pub(crate) compress: bool,
    /// With --update --compress: how hard, fast, default or best
    #[arg(long, value_name = "LEVEL", add = completer::one_of(&["fast", "default", "best"]), requires = "compress", default_value_t)]
    pub(crate) level: Level,
    /// With --update: remove the image's other versions and ids, also newer ones
    #[arg(long, requires = "update")]
    pub(crate) clean: bool,
    #[command(flatten)]
    pub(crate) limits: BuildLimits,
}

/// Limits that only the classic builder has; `--builder auto` chooses it if any is passed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits (classic builder)")]
pub(crate) struct BuildLimits {
    /// The memory of a RUN instruction, as in 512m
    #[arg(short, long, value_name = "SIZE", value_parser = parse_size::bytes)]
    pub(crate) memory: Option<u64>,
    /// Memory and swap together; -1 without a limit
    #[arg(long, value_name = "SIZE", allow_hyphen_values = true, value_parser = parse_size::bytes_or_none)]
    pub(crate) memory_swap: Option<i64>,
    /// CPU shares (relative weight, default 1024)
    #[arg(short, long, value_name = "NUMBER")]
    pub(crate) cpu_shares: Option<u64>,
    /// The processors to run on, as in 0-3 or 0,1
    #[arg(long, value_name = "LIST")]
    pub(crate) cpuset_cpus: Option<String>,
    /// The period of processor time in microseconds
    #[arg(long, value_name = "NUMBER")]
    pub(crate) cpu_period: Option<u64>,
    /// The processor time in a period in microseconds
    #[arg(long, value_name = "NUMBER")]
    pub(crate) cpu_quota: Option<u64>,
}

/// Parses the name of a builder. clap names the value and the argument, so the error names neither.
fn builder(text: &str) -> Result<Builder, &'static str> {
    text.parse().map_err(|_| "expected auto, classic or buildkit")
}

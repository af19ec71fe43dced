//! The arguments of `sealift build`.

use std::path::PathBuf;

use clap::{ArgAction, Args};
use sealift_workflow::archive::Level;
use sealift_workflow::docker::Builder;
use sealift_workflow::oci::Platform;

use crate::arguments::{completer, one_of};
use crate::commands::build::parse_size;

/// Build an image, as `docker build` does
#[derive(Debug, Args)]
#[command(after_help = "\
The build context is the folder PATH without the files that its .dockerignore
excludes, and without the folder of archives. The image is tagged IMAGE:VERSION.
Logins for base images and proxies come from the docker CLI's config file.

Secrets and ssh keys are not supported. Run `docker buildx build --load -t
IMAGE:VERSION PATH`, then `sealift update IMAGE:VERSION`.

Examples:
  sealift build web:1.4.0.7 services/web
  sealift build web:1.4.0.7 services/web --update --compress
  sealift build -t web:1.4.0.7 -t web:latest services/web
  sealift build web:1.4.0.7 . -f - < Dockerfile")]
pub(crate) struct BuildArguments {
    /// Name of the image; the default version is `latest`
    #[arg(value_name = "IMAGE[:VERSION]", add = completer::engine_images())]
    #[arg(required_unless_present = "tags")]
    pub(crate) image: Option<String>,
    /// Folder of the build context [default: .]
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<PathBuf>,
    /// Name of the image, instead of IMAGE; can be repeated
    #[arg(short, long = "tag", value_name = "IMAGE[:VERSION]")]
    pub(crate) tags: Vec<String>,
    /// Dockerfile; `-` is standard input [default: Dockerfile or dockerfile in PATH]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: Option<String>,
    /// Builder of the engine
    #[arg(long, value_name = "BUILDER", value_parser = one_of::builder(), default_value_t = Builder::Auto)]
    pub(crate) builder: Builder,
    /// Set a build-time variable; without VALUE, from the environment
    #[arg(long = "build-arg", value_name = "NAME[=VALUE]")]
    pub(crate) build_args: Vec<String>,
    /// Set a label on the image
    #[arg(long = "label", value_name = "NAME=VALUE")]
    pub(crate) labels: Vec<String>,
    /// Build this stage of the Dockerfile
    #[arg(long, value_name = "STAGE")]
    pub(crate) target: Option<String>,
    /// Network mode for RUN instructions
    #[arg(long, value_name = "MODE")]
    pub(crate) network: Option<String>,
    /// Build for this platform
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<Platform>,
    /// Do not use the build cache
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Always try to pull newer base images
    #[arg(long)]
    pub(crate) pull: bool,
    /// Use this image as a source of cached layers
    #[arg(long, value_name = "IMAGE")]
    pub(crate) cache_from: Vec<String>,
    /// Add a line to /etc/hosts for RUN instructions
    #[arg(long, value_name = "NAME:ADDRESS")]
    pub(crate) add_host: Vec<String>,
    /// Size of /dev/shm, such as 64m
    #[arg(long, value_name = "SIZE", value_parser = parse_size::bytes)]
    pub(crate) shm_size: Option<u64>,
    /// Remove intermediate containers after a successful build (classic builder)
    #[arg(long, value_name = "BOOL", default_value_t = true, action = ArgAction::Set)]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) rm: bool,
    /// Also remove them after a failed build (classic builder)
    #[arg(long, value_name = "BOOL", default_value_t = true, action = ArgAction::Set)]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) force_rm: bool,
    /// Not supported; the error explains how to build with secrets
    #[arg(long = "secret", value_name = "SECRET", hide = true)]
    pub(crate) secrets: Vec<String>,
    /// Not supported; the error explains how to build with ssh keys
    #[arg(long, value_name = "SSH", hide = true)]
    pub(crate) ssh: Vec<String>,
    /// Save the image into the folder, as `sealift update` does
    #[arg(long)]
    pub(crate) update: bool,
    /// With --update: save as a zip
    #[arg(long, requires = "update")]
    pub(crate) compress: bool,
    /// With --compress: compression level
    #[arg(long, value_name = "LEVEL", value_parser = one_of::level(), requires = "compress", default_value_t)]
    pub(crate) level: Level,
    /// With --update: remove all other archives of the image, also newer ones
    #[arg(long, requires = "update")]
    pub(crate) clean: bool,
    #[command(flatten)]
    pub(crate) limits: BuildLimits,
}

/// Limits that only the classic builder supports. `--builder auto` selects it if one is passed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits (classic builder)")]
pub(crate) struct BuildLimits {
    /// Memory limit of a RUN instruction, such as 512m
    #[arg(short, long, value_name = "SIZE", value_parser = parse_size::bytes)]
    pub(crate) memory: Option<u64>,
    /// Limit of memory and swap together; -1 for no limit
    #[arg(long, value_name = "SIZE", allow_hyphen_values = true, value_parser = parse_size::bytes_or_none)]
    pub(crate) memory_swap: Option<i64>,
    /// CPU shares (relative weight, default 1024)
    #[arg(short, long, value_name = "NUMBER")]
    pub(crate) cpu_shares: Option<u64>,
    /// Processors to run on, such as 0-3 or 0,1
    #[arg(long, value_name = "LIST")]
    pub(crate) cpuset_cpus: Option<String>,
    /// CPU period in microseconds
    #[arg(long, value_name = "NUMBER")]
    pub(crate) cpu_period: Option<u64>,
    /// CPU time in each period, in microseconds
    #[arg(long, value_name = "NUMBER")]
    pub(crate) cpu_quota: Option<u64>,
}

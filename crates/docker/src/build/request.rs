//! The options of a build.

use std::collections::BTreeMap;
use std::path::PathBuf;

use sealift_credentials::Credentials;
use sealift_oci::Platform;
use serde_json::json;

use crate::api::query::Query;
use crate::build::builder::Builder;

/// The options of a build. The fields are those of docker-py's `images.build` that engines still
/// support.
#[derive(Debug, Clone)]
#[non_exhaustive]
#[must_use = "a request does nothing unless it is passed to `Engine::build`"]
pub struct BuildRequest {
    /// The references of the image, `image:tag`.
    pub tags: Vec<String>,
    /// The folder that is the context of the build.
    pub path: PathBuf,
    /// Files and folders that are never sent, whatever the ignore file contains. Paths outside of
    /// the context are ignored.
    pub exclude: Vec<PathBuf>,
    /// The path of the Dockerfile, relative to the context; it may be outside of the context. The
    /// default is `Dockerfile` or, if that is missing, `dockerfile`.
    pub dockerfile: Option<String>,
    /// The content of the Dockerfile, if it is not a file. It overrides `dockerfile`.
    pub dockerfile_text: Option<String>,
    /// The builder that runs the build. The default is the classic builder.
    pub builder: Builder,
    /// The logins to the registries of base images.
    pub credentials: Credentials,
    /// Build-time variables.
    pub build_args: BTreeMap<String, String>,
    /// Labels on the image.
    pub labels: BTreeMap<String, String>,
    /// The stage of the Dockerfile to build; the last one by default.
    pub target: Option<String>,
    /// The network mode of `RUN` instructions.
    pub network_mode: Option<String>,
    /// The platform to build for.
    pub platform: Option<Platform>,
    /// Entries `name:address` for `/etc/hosts` during the build.
    pub extra_hosts: Vec<String>,
    /// Images whose layers can be used as a cache.
    pub cache_from: Vec<String>,
    /// Whether base images are pulled even if the engine has them.
    pub pull: bool,
    /// Whether the cache is ignored.
    pub no_cache: bool,
    /// Whether the output is suppressed, except for the id.
    pub quiet: bool,
    /// Whether intermediate containers are removed after a success.
    pub rm: bool,
    /// Whether intermediate containers are also removed after a failure.
    pub forcerm: bool,
    /// The size of `/dev/shm` in bytes.
    pub shm_size: Option<u64>,
    /// The memory limit of a build container in bytes.
    pub memory: Option<u64>,
    /// The limit of memory and swap of a build container in bytes; -1 for no limit.
    pub memory_swap: Option<i64>,
    /// CPU shares: a relative weight.
    pub cpu_shares: Option<u64>,
    /// The CPUs that can be used: `0-3` or `0,1`.
    pub cpuset_cpus: Option<String>,
    /// The length of the CFS scheduler's period in microseconds.
    pub cpu_period: Option<u64>,
    /// The CPU time per period in microseconds.
    pub cpu_quota: Option<u64>,
}

/// The variants of the API for builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BuildApi {
    Classic,
    BuildKit,
    Podman,
}

impl BuildRequest {
    /// Creates a request to build an image from a folder and to tag it as `tag`.
    ///
    /// ```
    /// use sealift_docker::BuildRequest;
    ///
    /// let mut request = BuildRequest::new("context", "web:1.4.0.7").with_tag("web:latest");
    /// request.no_cache = true;
    /// assert_eq!(request.tags, ["web:1.4.0.7", "web:latest"]);
    /// ```
    pub fn new(context: impl Into<PathBuf>, tag: impl Into<String>) -> Self {
        Self::untagged(context).with_tag(tag)
    }

    /// Adds a tag for the image.
    pub fn with_tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Creates a request to build an image without a name. [`Built::id`](crate::Built::id) is then
    /// the only way to refer to it.
    pub fn untagged(context: impl Into<PathBuf>) -> Self {
        Self {
            tags: Vec::new(),
            path: context.into(),
            exclude: Vec::new(),
            dockerfile: None,
            dockerfile_text: None,
            builder: Builder::default(),
            credentials: Credentials::default(),
            build_args: BTreeMap::new(),
            labels: BTreeMap::new(),
            target: None,
            network_mode: None,
            platform: None,
            extra_hosts: Vec::new(),
            cache_from: Vec::new(),
            pull: false,
            no_cache: false,
            quiet: false,
            rm: true,
            forcerm: true,
            shm_size: None,
            memory: None,
            memory_swap: None,
            cpu_shares: None,
            cpuset_cpus: None,
            cpu_period: None,
            cpu_quota: None,
        }
    }

    /// Returns a limit of the request that only the classic builder applies, if there is one.
    pub(crate) fn only_classic(&self) -> Option<&'static str> {
        let limits = [
            ("memory limits", self.memory.is_some() || self.memory_swap.is_some()),
            ("CPU shares", self.cpu_shares.is_some()),
            ("the choice of CPUs", self.cpuset_cpus.is_some()),
            ("limits of CPU time", self.cpu_period.is_some() || self.cpu_quota.is_some()),
        ];
        limits.into_iter().find(|(_, is_set)| *is_set).map(|(what, _)| what)
    }

    /// Returns the query of the request. The Dockerfile is sent under the given name.
    pub(crate) fn query(&self, dockerfile: &str, api: BuildApi) -> Query {
        let number = |value: Option<u64>| value.map(|value| value.to_string());
        let mut query = Query::default();
        for tag in &self.tags {
            query.add("t", tag);
        }
        query
            .add("dockerfile", dockerfile)
            .add_flag("rm", self.rm)
            .add_flag("forcerm", self.forcerm)
            .add_flag("nocache", self.no_cache)
            .add_flag("q", self.quiet)
            // Always set, because without it engines choose a builder themselves.
            .add("version", if api == BuildApi::BuildKit { "2" } else { "1" })
            .add_some("target", self.target.as_deref())
            .add_some("networkmode", self.network_mode.as_deref())
            .add_some("platform", self.platform.as_ref().map(Platform::to_string).as_deref())
            .add_some("shmsize", number(self.shm_size).as_deref())
            .add_some("memory", number(self.memory).as_deref())
            .add_some("memswap", self.memory_swap.map(|value| value.to_string()).as_deref())
            .add_some("cpushares", number(self.cpu_shares).as_deref())
            .add_some("cpusetcpus", self.cpuset_cpus.as_deref())
            .add_some("cpuperiod", number(self.cpu_period).as_deref())
            .add_some("cpuquota", number(self.cpu_quota).as_deref());
        if self.pull {
            query.add_flag("pull", true);
        }
        if !self.build_args.is_empty() {
            query.add("buildargs", &json!(self.build_args).to_string());
        }
        if !self.labels.is_empty() {
            query.add("labels", &json!(self.labels).to_string());
        }
        if !self.cache_from.is_empty() {
            query.add("cachefrom", &json!(self.cache_from).to_string());
        }
        if api == BuildApi::Podman && !self.extra_hosts.is_empty() {
            query.add("extrahosts", &json!(self.extra_hosts).to_string());
        } else {
            for host in &self.extra_hosts {
                query.add("extrahosts", host);
            }
        }
        query
    }
}

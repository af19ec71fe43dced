//! Jobs that send requests to `sealift serve`.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::super::contest::{Contestant, Times};
use super::outcome::{Outcome, at_most, median, ratio};
use super::{Bench, IMAGE, SMALL, TAG};
use crate::say;

/// Number of archives in the folder when the server starts.
const ARCHIVES: usize = 10_000;

/// Number of clients that pull at the same time.
const PULLS: usize = 50;

/// The running command. It ends when this value is dropped.
struct Served {
    child: Child,
    host: String,
}

impl Served {
    fn start(bench: &Bench, folder: &str) -> Result<Self> {
        let mut command = Command::new(&bench.sealift);
        command.args(["--dir", folder, "serve", "--listen", "127.0.0.1:0", "--json"]);
        let command = command.current_dir(&bench.folder).stdout(Stdio::piped());
        let mut child = command.spawn().context("cannot run sealift serve")?;
        let output = child.stdout.take().context("the server has no output")?;
        let mut server = Self { child, host: String::new() };
        let mut lines = BufReader::new(output).lines();
        let start: Value = serde_json::from_str(&lines.next().context("no first line")??)?;
        server.host = start["host"].as_str().context("there is no host")?.to_owned();
        // Otherwise the process would block when its pipe is full.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(server)
    }

    fn get(&self, path: &str) -> Result<Vec<u8>> {
        let mut socket = TcpStream::connect(&self.host)?;
        let host = &self.host;
        write!(socket, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer)?;
        ensure!(answer.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&answer));
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").context("no head")?;
        Ok(answer.split_off(end + 4))
    }

    /// Returns the path and the size of the largest layer of an image.
    fn largest_layer(&self, image: &str, tag: &str) -> Result<(String, u64)> {
        let manifest = self.get(&format!("/v2/{image}/manifests/{tag}"))?;
        let manifest: Value = serde_json::from_slice(&manifest)?;
        let layers = manifest["layers"].as_array().context("there are no layers")?;
        let size = |layer: &Value| layer["size"].as_u64().unwrap_or_default();
        let largest = layers.iter().max_by_key(|layer| size(layer)).context("there is no layer")?;
        let digest = largest["digest"].as_str().context("a layer without a digest")?;
        Ok((format!("/v2/{image}/blobs/{digest}"), size(largest)))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A separate docker-registry. It ends when this value is dropped.
struct Registry {
    child: Child,
    host: String,
}

impl Registry {
    fn start(bench: &Bench) -> Result<Self> {
        let folder = bench.folder.join("registry");
        fs::create_dir_all(&folder)?;
        let config = format!(
            "version: 0.1\nlog: {{level: info}}\n\
             storage: {{filesystem: {{rootdirectory: {:?}}}}}\nhttp: {{addr: \"127.0.0.1:0\"}}\n",
            folder.join("data"),
        );
        fs::write(folder.join("config.yml"), config)?;
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(folder.join("config.yml")).env("PATH", bench.path()?);
        let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().context("cannot run docker-registry")?;
        let output = child.stderr.take().context("the registry has no output")?;
        let mut registry = Self { child, host: String::new() };
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let host = lines.find_map(|line| {
            Some(line.split_once("listening on ")?.1.split('"').next()?.to_owned())
        });
        registry.host = host.context("docker-registry does not start")?;
        // Otherwise the process would block when its pipe is full.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(registry)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Bench {
    /// Downloads an archive of 330 MB.
    pub(super) fn serve_a_file(&self) -> Result<Outcome> {
        let (server, nginx) = (Served::start(self, "plain")?, self.web_server()?);
        let name = self.only_file("plain")?;
        fs::copy(self.folder.join("plain").join(&name), nginx.files().join(&name))?;
        let curl = |url: &str| format!("curl --silent --fail --output /dev/null {url}{name}");
        let ours = curl(&format!("http://{}/", server.host));
        let times = self.contest(&[
            Contestant::new("sealift serve, a file", "", ours),
            Contestant::new("nginx, a file", "", curl(&nginx.url())),
        ])?;
        let ratio = ratio(&times, 0, 1);
        Ok((times, vec![at_most("× `nginx`", ratio, 1.25)]))
    }

    /// Downloads the largest layer of a zip as gzip.
    pub(super) fn serve_gzip(&self) -> Result<Outcome> {
        let server = Served::start(self, "zipped")?;
        let (path, size) = server.largest_layer(IMAGE, "1.0.0.1")?;
        let url = format!("http://{}{path}", server.host);
        self.shell(&format!("curl --silent --fail --output layer.tar {url}"))?;
        let times = self.contest(&[
            Contestant::new(
                "sealift serve, a layer as gzip",
                "",
                format!(
                    "curl --silent --fail --header Accept-Encoding:gzip --output /dev/null {url}"
                ),
            ),
            Contestant::new("gzip -1 of the layer", "", "gzip -1 -c layer.tar > layer.tar.gz"),
        ])?;
        let ratio = ratio(&times, 0, 1);
        say::step(format_args!("{:.2} s a GB", median(&times, 0) * 1e9 / size as f64));
        Ok((times, vec![at_most("× `gzip -1`", ratio, 0.1)]))
    }

    /// Pulls an image into an engine that has none of its layers, from the folder and from a
    /// registry.
    pub(super) fn serve_pull(&self) -> Result<Outcome> {
        let (server, registry) = (Served::start(self, "zipped")?, Registry::start(self)?);
        let archive = self.only_file("plain")?;
        let pushed = format!("{}/{TAG}", registry.host);
        self.shell(&format!(
            "skopeo copy --quiet --insecure-policy --dest-tls-verify=false \
             docker-archive:plain/{archive} docker://{pushed}"
        ))?;
        let docker = format!("docker -H {}", self.other);
        let ours = format!("{}/{TAG}", server.host);
        // Other jobs leave images and a build cache in this engine. It does not pull layers that it
        // has there, so both are removed.
        let remove = format!(
            "{docker} image prune --all --force
             {docker} builder prune --all --force
             test -z \"$({docker} images --all --quiet)\""
        );
        let times = self.contest(&[
            Contestant::new("pull from sealift serve", &remove, format!("{docker} pull -q {ours}")),
            Contestant::new(
                "pull from docker-registry",
                &remove,
                format!("{docker} pull -q {pushed}"),
            ),
        ])?;
        self.shell(&remove)?;
        let ratio = ratio(&times, 0, 1);
        Ok((times, vec![at_most("× a pull from docker-registry", ratio, 1.0)]))
    }

    /// Downloads the largest layer with many clients at the same time, half of them as gzip.
    pub(super) fn serve_memory(&self) -> Result<Outcome> {
        let server = Served::start(self, "zipped")?;
        let (path, _) = server.largest_layer(IMAGE, "1.0.0.1")?;
        let curl = format!("curl --silent --fail --output /dev/null http://{}{path}", server.host);
        let mut script = String::new();
        for client in 0..PULLS {
            let header = if client % 2 == 0 { "--header Accept-Encoding:gzip" } else { "" };
            script.push_str(&format!("{curl} {header} &\n"));
        }
        self.shell(&format!("{script}wait"))?;
        let status = fs::read_to_string(format!("/proc/{}/status", server.child.id()))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|peak| peak.trim().strip_suffix(" kB")).context("no peak")?;
        let mib = peak.trim().parse::<f64>()? / 1024.0;
        Ok((Vec::new(), vec![at_most(&format!("{PULLS} pulls, MiB"), mib, 48.0)]))
    }

    /// Starts a server with many archives, and requests a manifest.
    pub(super) fn serve_start(&self) -> Result<Outcome> {
        // The same file under many names, each with the record of the first.
        let (first, _) = self.small_archive(true)?;
        let folder = self.folder.join("many");
        self.shell(&format!("rm -rf many; mv {SMALL} many"))?;
        let record = |name: &str| folder.join(format!(".sealift/records/{name}.json"));
        for number in 1..ARCHIVES {
            let name = first.replacen("_2.0.0.0_", &format!("_2.0.0.{number}_"), 1);
            fs::hard_link(folder.join(&first), folder.join(&name))?;
            fs::copy(record(&first), record(&name))?;
        }
        let mut runs = Vec::new();
        for _ in 0..self.rounds {
            let begin = Instant::now();
            let server = Served::start(self, "many")?;
            server.get(&format!("/v2/{IMAGE}/manifests/2.0.0.77"))?;
            runs.push(begin.elapsed().as_secs_f64());
        }
        fs::remove_dir_all(&folder)?;
        let times = Times::of(runs).context("there was no round")?;
        let times = vec![(format!("first answer of {ARCHIVES} archives"), times)];
        let first = median(&times, 0);
        Ok((times, vec![at_most("until the first answer, s", first, 0.2)]))
    }
}

//! Jobs that publish to a web server, and fetch from it.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::super::contest::Contestant;
use super::super::delay;
use super::super::slow_network::SlowNetwork;
use super::super::versions::{self, Change};
use super::super::web_server::WebServer;
use super::outcome::{Outcome, at_most, measured, median, ratio};
use super::{Bench, quoted};

/// Number of unchanged images in the folder.
const UNCHANGED: usize = 100;
/// Latency in one direction.
const DELAY: Duration = Duration::from_millis(20);
/// Limit for the memory of publishing and fetching, in MiB.
const MEMORY: f64 = 64.0;

impl Bench {
    /// Publishes an archive of 330 MB to an empty place.
    pub(super) fn publish(&self) -> Result<Outcome> {
        let server = self.web_server()?;
        let empty = format!("rm -rf {}/*", quoted(&server.files()));
        let times = self.contest(&[
            Contestant::new(
                "sealift publish",
                &empty,
                self.call("plain", "publish", &server.url()),
            ),
            Contestant::new("rclone copy", &empty, rclone("plain :webdav:", &server)),
        ])?;
        let ratio = ratio(&times, 0, 1);
        Ok((times, vec![at_most("× `rclone copy`", ratio, 1.1)]))
    }

    /// Fetches an archive of 330 MB into an empty folder.
    pub(super) fn fetch(&self) -> Result<Outcome> {
        let server = self.web_server()?;
        self.shell(&self.call("plain", "publish", &server.url()))?;
        let times = self.contest(&[
            Contestant::new(
                "sealift fetch",
                "rm -rf new",
                self.call("new", "fetch", &server.url()),
            ),
            Contestant::new("rclone copy", "rm -rf copied", rclone(":webdav: copied", &server)),
        ])?;
        let ratio = ratio(&times, 0, 1);
        Ok((times, vec![at_most("× `rclone copy`", ratio, 1.1)]))
    }

    /// Fetches the same archive as a zip. Its content is inflated and verified, unlike by a copy.
    pub(super) fn fetch_zip(&self) -> Result<Outcome> {
        let server = self.web_server()?;
        self.shell(&self.call("zipped", "publish", &server.url()))?;
        let copy = rclone(":webdav: copied", &server);
        let tested = format!("{copy} && unzip -tq copied/*.zip");
        let times = self.contest(&[
            Contestant::new(
                "sealift fetch",
                "rm -rf new",
                self.call("new", "fetch", &server.url()),
            ),
            Contestant::new("rclone copy", "rm -rf copied", &copy),
            Contestant::new("rclone copy, unzip -t", "rm -rf copied", tested),
        ])?;
        let targets = vec![
            measured("× `rclone copy`", ratio(&times, 0, 1)),
            at_most("× `rclone copy && unzip -t`", ratio(&times, 0, 2), 1.1),
        ];
        Ok((times, targets))
    }

    /// Fetches the next version into a folder that has the one before.
    pub(super) fn fetch_next(&self) -> Result<Outcome> {
        let server = self.web_server()?;
        let archive = self.publish_next(&server)?;
        let fetch = |url: &str| self.call("new", "fetch", url);
        // Modification times are kept, because records of changed archives are ignored.
        let copy = "rm -rf new && cp -a first new";
        self.shell(copy)?;
        server.take_asked()?;
        self.shell(&fetch(&server.url()))?;
        let asked = server.take_asked()?;
        let whole = fs::metadata(server.files().join(&archive))?.len();

        let network = SlowNetwork::new(self.path()?)?;
        let listener = network.listen()?;
        let url = format!("http://{}/", listener.local_addr()?);
        delay::start(listener, server.address(), DELAY);
        let script = |name: &str, command: &str| -> Result<String> {
            let file = self.folder.join(name);
            fs::write(&file, format!("{command}\n"))?;
            Ok(network.run(&file.display().to_string()))
        };
        let ours = script("ours.sh", &fetch(&url))?;
        let theirs = format!("curl --silent --fail --output whole.zip {url}{archive}");
        let theirs = script("theirs.sh", &theirs)?;
        let times = self.contest(&[
            Contestant::new("sealift fetch", copy, ours),
            Contestant::new("curl, the whole archive", "rm -f whole.zip", theirs),
        ])?;
        let targets = vec![
            at_most("bytes received, % of the archive", percent(asked.bytes, whole), 20.0),
            at_most("× `curl` of the whole archive", ratio(&times, 0, 1), 0.3),
        ];
        Ok((times, targets))
    }

    /// Checks for changes of 100 images, none of which changed.
    pub(super) fn fetch_unchanged(&self) -> Result<Outcome> {
        let server = self.web_server()?;
        let mut script = "rm -rf same\n".to_owned();
        versions::write_small(&self.folder.join("small.tar"))?;
        for number in 0..UNCHANGED {
            let add = format!("add small.tar --name image-{number}:1.0.0.1");
            script.push_str(&format!("{}\n", self.call("same", &add, "--compress")));
        }
        let fetch = self.call("fetched", "fetch", &server.url());
        script.push_str(&format!("{}\n", self.call("same", "publish", &server.url())));
        script.push_str(&format!("rm -rf fetched\n{fetch}\n"));
        self.shell(&script)?;
        server.take_asked()?;
        self.shell(&fetch)?;
        let requests = server.take_asked()?.requests;
        let curl = format!("curl --silent --fail --output config.json {}images.json", server.url());
        let times = self.contest(&[
            Contestant::new("sealift fetch, nothing new", "", &fetch),
            Contestant::new("curl of the config", "", curl),
        ])?;
        let own = (median(&times, 0) - median(&times, 1)) * 1_000.0;
        let targets = vec![
            at_most("requests", requests as f64, 1.0),
            at_most("longer than `curl` of the config, ms", own, 50.0),
        ];
        Ok((times, targets))
    }

    /// Measures the peak memory of all these jobs.
    pub(super) fn remote_memory(&self) -> Result<Outcome> {
        let mut targets = Vec::new();
        let mut peak = |what: &str, prepare: &str, call: &str| -> Result<()> {
            self.shell(prepare)?;
            let peak = self.shell(&format!("{} peak {call}", self.reference()))?;
            let mib = peak.trim().parse::<f64>().context("no peak was reported")? / 1024.0;
            targets.push(at_most(&format!("{what}, MiB"), mib, MEMORY));
            Ok(())
        };
        for (folder, form) in [("plain", ""), ("zipped", " a zip")] {
            let server = self.web_server()?;
            let publish = self.call(folder, "publish", &server.url());
            peak(&format!("publish{form}"), "true", &publish)?;
            let fetch = self.call("new", "fetch", &server.url());
            peak(&format!("fetch{form}"), "rm -rf new", &fetch)?;
        }
        let server = self.web_server()?;
        self.publish_next(&server)?;
        let fetch = self.call("new", "fetch", &server.url());
        peak("fetch of the next version", "rm -rf new && cp -a first new", &fetch)?;
        Ok((Vec::new(), targets))
    }

    /// Adds a version to one folder and the next version, with a rebuilt layer, to another.
    /// Publishes the next one, and returns the name of its archive.
    fn publish_next(&self, server: &WebServer) -> Result<String> {
        for (folder, version, change) in
            [("first", "1.0", Change::None), ("next", "1.1", Change::Rebuilt)]
        {
            versions::write(&self.folder.join("version.tar"), change)?;
            let name = format!("version.tar --name pair:{version}");
            let add = self.call(folder, &format!("add {name}"), "--compress");
            self.shell(&format!("rm -rf {folder}; {add}; rm version.tar"))?;
        }
        self.shell(&self.call("next", "publish", &server.url()))?;
        Ok(self.shell("cd next; echo *.zip")?.trim().to_owned())
    }

    pub(super) fn web_server(&self) -> Result<WebServer> {
        WebServer::start(&self.folder.join("web"), self.path()?)
    }
}

/// Returns a command line that copies archives from or to a web server.
fn rclone(from_and_to: &str, server: &WebServer) -> String {
    format!(
        "rclone copy {from_and_to} --config '' --webdav-url {} --include '*.docker' \
         --include '*.zip'",
        server.url()
    )
}

fn percent(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64 * 100.0
}

//! Jobs that save and compress.

use anyhow::Result;

use super::super::contest::Contestant;
use super::outcome::{Outcome, at_least, at_most, measured, median, ratio};
use super::{Bench, IMAGE, TAG};

impl Bench {
    pub(super) fn update(&self) -> Result<Outcome> {
        let times = self.contest(&[
            Contestant::new("sealift update", "rm -rf new", self.call("new", "update", TAG)),
            Contestant::new(
                "docker save -o",
                "rm -f save.tar",
                format!("docker save -o save.tar {TAG}"),
            ),
        ])?;
        let ratio = ratio(&times, 0, 1);
        Ok((times, vec![at_most("× `docker save -o`", ratio, 1.08)]))
    }

    pub(super) fn update_compress(&self) -> Result<Outcome> {
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
            // The lower limit for all tools: a classic store prepares the complete image first.
            Contestant::new(
                "docker save, up to its first byte",
                "",
                format!("docker save {TAG} | head -c 1 > first-byte"),
            ),
        ])?;
        let after = |index: usize| median(&times, index) - median(&times, 3);
        let after_first_byte =
            measured("after the first byte, × `docker save -o`", after(0) / after(1));
        let size = |folder: &str| -> Result<f64> {
            let listed = self.shell(&format!("stat --format %s {folder}/*.zip"))?;
            Ok(listed.trim().parse()?)
        };
        let targets = vec![
            at_least("× as fast as the Python way", ratio(&times, 2, 0), 3.0),
            at_most("× `docker save -o`", ratio(&times, 0, 1), 1.4),
            at_most("size × zlib level 6", size("new")? / size("python")?, 1.05),
            after_first_byte,
        ];
        Ok((times, targets))
    }

    pub(super) fn compress(&self) -> Result<Outcome> {
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

    pub(super) fn compressed_layers(&self) -> Result<Outcome> {
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

    pub(super) fn other_ways(&self) -> Result<Outcome> {
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
        // These times are for information, without a limit.
        let times = self.contest_of(&contestants, self.rounds.div_ceil(3))?;
        Ok((times, Vec::new()))
    }
}

//! Jobs that read archives: verification, and the memory that each command needs.

use anyhow::{Context as _, Result};

use super::super::contest::Contestant;
use super::outcome::{Outcome, at_least, at_most, ratio};
use super::{Bench, IMAGE, TAG};

impl Bench {
    pub(super) fn verify(&self) -> Result<Outcome> {
        self.shell(
            "rm -rf eight; mkdir eight; for n in 1 2 3 4 5 6 7 8; do \
             for f in plain/*.docker; do ln $f eight/copy-$n-$(basename $f); done; done",
        )?;
        // The call on one processor, and on all.
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

    pub(super) fn memory(&self) -> Result<Outcome> {
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
            let mib = peak.trim().parse::<f64>().context("no peak was reported")? / 1024.0;
            targets.push(at_most(&format!("{what}, MiB"), mib, limit));
        }
        Ok((Vec::new(), targets))
    }
}

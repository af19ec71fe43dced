//! Jobs that load.

use anyhow::Result;

use super::super::contest::Contestant;
use super::outcome::{Outcome, at_most, ratio};
use super::{Bench, IMAGE, TAG};

impl Bench {
    pub(super) fn load(&self) -> Result<Outcome> {
        let remove = format!("docker rmi -f {TAG}");
        let times = self.contest(&[
            Contestant::new("sealift load", remove.clone(), self.call("zipped", "load", IMAGE)),
            Contestant::new(
                "unzip -p | docker load",
                remove.clone(),
                "unzip -p zipped/*.zip | docker load",
            ),
            // The engine has no layer of the image, so both send everything. The difference is the
            // request for the engine's layers.
            Contestant::new(
                "sealift load --full",
                remove,
                self.call("zipped", "load --full", IMAGE),
            ),
        ])?;
        let targets = vec![
            at_most("× `unzip -p \\| docker load`", ratio(&times, 0, 1), 1.1),
            at_most("first load × `--full`", ratio(&times, 0, 2), 1.1),
        ];
        Ok((times, targets))
    }
}

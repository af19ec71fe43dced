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
                remove,
                "unzip -p zipped/*.zip | docker load",
            ),
        ])?;
        let ratio = ratio(&times, 0, 1);
        Ok((times, vec![at_most("× `unzip -p \\| docker load`", ratio, 1.1)]))
    }
}

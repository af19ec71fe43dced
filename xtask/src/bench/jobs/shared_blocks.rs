//! The share of a zip that differs from the zip of another version of its image.

use std::collections::HashSet;
use std::fs;

use anyhow::{Context as _, Result};
use sealift_archive::{Block, BlockTable};
use serde_json::Value;

use super::super::versions::{self, Change};
use super::Bench;
use super::outcome::{Outcome, at_most};

impl Bench {
    /// Compares generated layers, so that the shares are the same on every machine.
    pub(super) fn shared_blocks(&self) -> Result<Outcome> {
        let first = self.blocks_of(Change::None)?;
        let there: HashSet<_> = first.iter().map(|block| block.checksums).collect();
        let bytes =
            |blocks: &[Block]| blocks.iter().map(|block| f64::from(block.size)).sum::<f64>();
        let mut targets = Vec::new();
        for (change, what, limit) in [
            (Change::OneFile, "one file changed: % of the bytes that differ", 2.0),
            (Change::Rebuilt, "rebuilt with new times: % of the bytes that differ", 15.0),
            (Change::FileInFront, "a file inserted in front: % of the bytes that differ", 2.0),
        ] {
            let mut blocks = self.blocks_of(change)?;
            let all = bytes(&blocks);
            blocks.retain(|block| !there.contains(&block.checksums));
            targets.push(at_most(what, bytes(&blocks) / all * 100.0, limit));
        }
        Ok((Vec::new(), targets))
    }

    /// Adds a version as a zip to a separate folder. Returns the blocks in its record.
    fn blocks_of(&self, change: Change) -> Result<Vec<Block>> {
        versions::write(&self.folder.join("version.tar"), change)?;
        let add = self.call("version", "add version.tar --name pair:1.0", "--compress");
        self.shell(&format!("rm -rf version; {add}; rm version.tar"))?;
        let records = self.folder.join("version/.sealift/records");
        let record = fs::read_dir(&records)?.next().context("there is no record")??;
        let record = fs::read_to_string(record.path())?;
        let index: Value = serde_json::from_str(record.lines().nth(1).context("no index")?)?;
        let table: BlockTable = index["blocks"].as_str().context("no blocks")?.parse()?;
        Ok(table.iter().collect())
    }
}

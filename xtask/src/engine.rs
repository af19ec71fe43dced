//! `cargo xtask engine up|down`: engines that run until they are stopped.

use anyhow::Result;

use crate::arguments::EngineArguments;
use crate::engines::{Doors, Engines, Kind, Lifetime};
use crate::say;

pub(crate) fn up(arguments: &EngineArguments) -> Result<()> {
    let kinds = arguments.kinds().unwrap_or(&Kind::ALL);
    let engines = Engines::up(kinds, Lifetime::UntilDown, Doors::Open)?;
    say::line(format_args!("export SEALIFT_TEST_ENGINES={}", engines.variable()));
    if !engines.doors().is_empty() {
        say::line(format_args!("export SEALIFT_TEST_DOORS={}", engines.doors()));
    }
    Ok(())
}

pub(crate) fn down(arguments: &EngineArguments) -> Result<()> {
    let kinds = arguments.kinds().unwrap_or(&Kind::ALL);
    let mut ended = 0;
    for &kind in kinds {
        if crate::engines::down(kind)? {
            say::line(format_args!("{kind} ended"));
            ended += 1;
        }
    }
    if ended == 0 {
        say::line("no engine was running");
    }
    Ok(())
}

//! Selection of the platform that an engine runs.

use sealift_docker::Engine;
use sealift_oci::Platform;
use tokio::sync::OnceCell;

use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::run::Run;
use crate::select::selection::PickPlatform;

/// An engine that picks its own platform. The engine is asked for it at most once.
pub(crate) struct EnginePlatform<'a> {
    engine: &'a Engine,
    platform: OnceCell<Option<Platform>>,
}

impl PickPlatform for EnginePlatform<'_> {
    async fn pick(&self, platforms: &[Platform], run: &Run) -> Result<Option<usize>, Error> {
        let own = self.platform.get_or_try_init(|| self.ask(run)).await?;
        Ok(own.as_ref().and_then(|own| position(own, platforms)))
    }
}

impl<'a> EnginePlatform<'a> {
    pub(crate) fn of(engine: &'a Engine) -> Self {
        Self { engine, platform: OnceCell::new() }
    }

    async fn ask(&self, run: &Run) -> Result<Option<Platform>, Error> {
        match run.wait_for(async { Ok(self.engine.version().await?) }).await {
            Ok(version) => Ok(Some(version.platform())),
            Err(error) if error.kind() == ErrorKind::Unreachable => Err(error),
            Err(Error::Interrupted) => Err(Error::Interrupted),
            // An engine that does not report its platform can still be used.
            Err(_) => Ok(None),
        }
    }
}

/// Returns the index of the only platform that matches the engine's. Engines do not report a
/// variant.
fn position(own: &Platform, platforms: &[Platform]) -> Option<usize> {
    let is_own = |of: &Platform| of.os == own.os && of.architecture == own.architecture;
    let mut own_ones = platforms.iter().enumerate().filter(|(_, platform)| is_own(platform));
    match (own_ones.next(), own_ones.next()) {
        (Some((at, _)), None) => Some(at),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("linux/amd64", &["linux/amd64", "linux/arm64"] => Some(0); "the first")]
    #[test_case("linux/arm64", &["linux/amd64", "linux/arm64/v8"] => Some(1); "a variant is not stated")]
    #[test_case("linux/arm", &["linux/arm/v6", "linux/arm/v7"] => None; "several variants")]
    #[test_case("linux/s390x", &["linux/amd64", "linux/arm64"] => None; "another one")]
    #[test_case("unknown/unknown", &["linux/amd64", "linux/arm64"] => None; "not known")]
    fn the_engines_platform_is_picked_if_only_one_matches(
        own: &str,
        platforms: &[&str],
    ) -> Option<usize> {
        let parse = |text: &&str| text.parse::<Platform>().unwrap();
        position(&parse(&own), &platforms.iter().map(parse).collect::<Vec<_>>())
    }
}

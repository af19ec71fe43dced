//! Parsers of options whose values are a fixed set of words.

use std::error::Error;
use std::str::FromStr;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use sealift_workflow::Cluster;
use sealift_workflow::archive::{Compression, Level};
use sealift_workflow::docker::Builder;

/// Returns a parser of compression levels.
pub(crate) fn level() -> impl TypedValueParser<Value = Level> {
    one_of(["fast", "default", "best"])
}

/// Returns a parser of the engine's builders.
pub(crate) fn builder() -> impl TypedValueParser<Value = Builder> {
    one_of(["auto", "classic", "buildkit"])
}

/// Returns a parser of the clusters that import images.
pub(crate) fn cluster() -> impl TypedValueParser<Value = Cluster> {
    one_of(["k3s", "rke2", "k0s", "containerd", "kind", "docker"])
}

/// Returns a parser of the compressed forms of a tar.
pub(crate) fn compression() -> impl TypedValueParser<Value = Compression> {
    one_of([PossibleValue::new("zst").alias("zstd"), PossibleValue::new("gz").alias("gzip")])
}

/// Returns a parser of these words. The help, error messages and completions list them.
fn one_of<T>(words: impl Into<PossibleValuesParser>) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err: Error + Send + Sync + 'static> + Clone + Send + Sync + 'static,
{
    words.into().try_map(|word| word.parse::<T>())
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use super::*;

    fn check<T: ToString + PartialEq + Debug>(
        parser: impl TypedValueParser<Value = T>,
        all: impl IntoIterator<Item = T>,
    ) {
        let words: Vec<_> = parser.possible_values().unwrap().collect();
        let all: Vec<_> = all.into_iter().map(|value| value.to_string()).collect();
        let words: Vec<_> = words.iter().map(|word| word.get_name().to_owned()).collect();
        assert_eq!(words, all);
    }

    #[test]
    fn every_value_has_a_word() {
        check(level(), Level::ALL);
        check(builder(), Builder::ALL);
        check(cluster(), Cluster::ALL);
        for word in ["zst", "zstd", "gz", "gzip"] {
            assert!(word.parse::<Compression>().is_ok(), "{word}");
        }
    }
}

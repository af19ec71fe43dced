//! The log of requests to the engine and changes of the folder, on standard error.

use std::io::IsTerminal as _;

use sealift_workflow::filename::Printable;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::output;

/// The environment variable for the log level, or for a list of `TARGET=LEVEL`.
const VARIABLE: &str = "SEALIFT_LOG";

/// Starts logging if `-v` is passed or `SEALIFT_LOG` is set.
pub(crate) fn start(verbose: bool) {
    let set = std::env::var(VARIABLE).ok().filter(|text| !text.is_empty());
    let targets = match set {
        Some(text) => match targets(&text) {
            Ok(targets) => targets,
            Err(reason) => {
                let text = Printable(&text);
                output::error_line(&format!("warning: {VARIABLE} is `{text}`: {reason}"));
                return;
            }
        },
        None if verbose => of_ours(LevelFilter::DEBUG),
        None => return,
    };
    let is_coloured = match anstream::ColorChoice::global() {
        anstream::ColorChoice::Always | anstream::ColorChoice::AlwaysAnsi => true,
        anstream::ColorChoice::Never => false,
        anstream::ColorChoice::Auto => {
            std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()
        }
    };
    let lines = tracing_subscriber::fmt::layer()
        .without_time()
        .with_ansi(is_coloured)
        .with_writer(|| output::LogWriter);
    // This fails only if a subscriber is set, and nothing else sets one.
    let _ = tracing_subscriber::registry().with(lines).with(targets).try_init();
}

fn targets(text: &str) -> Result<Targets, String> {
    if let Ok(level) = text.parse::<LevelFilter>() {
        return Ok(of_ours(level));
    }
    // A single word would be parsed as a target, and match nothing.
    let list = if text.contains('=') { text.parse().ok() } else { None };
    list.ok_or_else(|| {
        "expected off, error, warn, info, debug, trace or a list of TARGET=LEVEL".to_owned()
    })
}

/// Returns the filter for messages of sealift's own crates. Those of other libraries do not help
/// users.
fn of_ours(level: LevelFilter) -> Targets {
    Targets::new().with_target("sealift", level)
}

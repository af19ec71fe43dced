//! How much of an archive was sent.

use serde::Serialize;

use crate::load::upload::SentBytes;

/// What a load sent to an engine, and what it left out because the engine had it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Transfer {
    /// How many bytes were sent, those of an attempt that failed included. If they were compressed
    /// on the way, as they are over a network, these are the bytes before.
    pub bytes_sent: u64,
    /// How many bytes these were compressed to; `None` if they were not.
    pub compressed_to: Option<u64>,
    /// How many bytes of layers were left out.
    pub bytes_left_out: u64,
    /// How many layers were sent.
    pub layers_sent: usize,
    /// How many layers were there.
    pub layers_there: usize,
    /// Why everything was sent after the engine had not made an image of less.
    pub fallback: Option<String>,
}

impl Transfer {
    /// Returns what is known of a load that left nothing out.
    pub(crate) fn of_all(sent: &SentBytes, layers_sent: usize, fallback: Option<String>) -> Self {
        Self {
            bytes_sent: sent.plain(),
            compressed_to: sent.packed(),
            bytes_left_out: 0,
            layers_sent,
            layers_there: 0,
            fallback,
        }
    }
}

//! The amount of data that a load sent.

use serde::Serialize;

use crate::load::upload::SentBytes;

/// The bytes and layers that a load sent, and those that it left out because the engine had them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Transfer {
    /// The number of sent bytes before compression, including failed attempts. Bytes are compressed
    /// if they are sent over a network.
    pub bytes_sent: u64,
    /// The number of sent bytes after compression, or `None` if they were not compressed.
    pub compressed_to: Option<u64>,
    /// The total size of the layers that were left out, in bytes.
    pub bytes_left_out: u64,
    /// The number of layers that were sent.
    pub layers_sent: usize,
    /// The number of layers that the engine already had.
    pub layers_there: usize,
    /// The reason why all layers were sent after a first attempt without some of them.
    pub fallback: Option<String>,
}

impl Transfer {
    /// Describes a load that left no layers out.
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

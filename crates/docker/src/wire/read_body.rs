//! Reads the body of an answer, up to a limit.

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use crate::failure::Failure;

/// Reads an answer to its end.
pub(crate) async fn read_all(mut body: Incoming, limit: u64) -> Result<Bytes, Failure> {
    let mut content = Vec::new();
    while let Some(frame) = body.frame().await {
        let after = content.len() as u64;
        let frame = frame.map_err(|error| Failure::Broken { after, source: error.into() })?;
        content.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
        if content.len() as u64 > limit {
            return Err(Failure::TooLong { what: "answer", limit });
        }
    }
    Ok(content.into())
}

/// Reads the beginning of an answer, until the limit is reached, the answer ends or the connection
/// is lost.
pub(crate) async fn read_some(body: &mut Incoming, limit: u64, content: &mut Vec<u8>) {
    while let Some(Ok(frame)) = body.frame().await {
        content.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
        if content.len() as u64 >= limit {
            return;
        }
    }
}

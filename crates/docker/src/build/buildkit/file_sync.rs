//! Sends the Dockerfile and the files of the context that BuildKit requests.
//!
//! The protocol is that of fsutil. This side sends a list of all entries. The other side compares
//! it with what it has from an earlier build, and requests only files that are new or changed, by
//! their position in the list.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, mpsc as channel};
use std::time::{SystemTime, UNIX_EPOCH};

use bollard_buildkit_proto::fsutil::types::packet::PacketType;
use bollard_buildkit_proto::fsutil::types::{Packet, Stat};
use futures_util::{Stream, stream};
use tokio::sync::mpsc;
use tonic::{Request, Response, Status, Streaming};

use crate::build::buildkit::folder::{self, Wanted, has_content};
use crate::build::context::BuildContext;
use crate::build::context_error::ContextError;
use crate::build::dockerfile;
use crate::build::ignore_file::IGNORE_FILE;

/// The maximum number of packets that wait for the connection.
const PACKETS: usize = 16;
/// The number of bytes of a file in one packet.
const PIECE: usize = 64 << 10;

pub(super) type Packets = Pin<Box<dyn Stream<Item = Result<Packet, Status>> + Send>>;

/// A context that BuildKit reads, and the first error while reading it.
pub(super) struct FileSync {
    context: BuildContext,
    failure: Mutex<Option<ContextError>>,
}

/// The files that can still be requested, by their position in the list.
type Listed = Arc<Mutex<HashMap<u32, Content>>>;

/// The content of a file in the list.
enum Content {
    File { name: PathBuf, size: u64 },
    Text(Vec<u8>),
}

impl FileSync {
    pub(super) fn new(context: BuildContext) -> Self {
        Self { context, failure: Mutex::new(None) }
    }

    pub(super) fn root(&self) -> &Path {
        self.context.root()
    }

    /// Returns the name under which the Dockerfile is sent, in a folder that contains nothing else.
    pub(super) fn dockerfile_name(&self) -> &'static str {
        "Dockerfile"
    }

    /// Returns the first error of the context, if there was one.
    pub(super) fn take_failure(&self) -> Option<ContextError> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn fail(&self, error: ContextError) -> Packet {
        let words = error.to_string();
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        Packet { data: words.into_bytes(), ..packet(PacketType::PacketErr) }
    }

    /// Answers a request for one of the two folders, `dockerfile` and `context`.
    pub(super) fn answer(
        self: &Arc<Self>,
        request: Request<Streaming<Packet>>,
    ) -> Result<Response<Packets>, Status> {
        let values = |name: &'static str| -> Vec<String> {
            let values = request.metadata().get_all(name).into_iter();
            values.filter_map(|value| value.to_str().ok().map(str::to_owned)).collect()
        };
        let is_encoded = |name: &str| request.metadata().contains_key(format!("{name}-encoded"));
        let mut paths = Vec::new();
        for name in ["followpaths", "include-patterns"] {
            let decode = |value: String| if is_encoded(name) { decoded(&value) } else { value };
            paths.extend(values(name).into_iter().map(decode));
        }
        let without_ignored = request.metadata().contains_key("exclude-patterns");
        let wanted = match values("dir-name").first().map(String::as_str) {
            Some("dockerfile") => None,
            Some("context") => Some(Wanted::new(self.root(), &paths, without_ignored)),
            other => {
                let name = other.unwrap_or_default();
                return Err(Status::not_found(format!("there is no folder `{name}`")));
            }
        };
        let (sender, receiver) = mpsc::channel(PACKETS);
        tokio::spawn(Arc::clone(self).serve(wanted, request.into_inner(), sender));
        let packets = stream::unfold(receiver, |mut receiver| async move {
            receiver.recv().await.map(|packet| (Ok(packet), receiver))
        });
        Ok(Response::new(Box::pin(packets)))
    }

    /// Lists a folder and sends the files that are requested, until the other side ends the
    /// exchange.
    async fn serve(
        self: Arc<Self>,
        wanted: Option<Wanted>,
        mut asked: Streaming<Packet>,
        packets: mpsc::Sender<Packet>,
    ) {
        let listed = Listed::default();
        let (files, next_file) = channel::channel();
        let listing = {
            let (this, listed, packets) = (self.clone(), listed.clone(), packets.clone());
            move || this.list(wanted.as_ref(), &listed, &packets)
        };
        let sending = {
            let (this, packets) = (self.clone(), packets.clone());
            move || this.send_files(&next_file, &packets)
        };
        tokio::task::spawn_blocking(listing);
        let sending = tokio::task::spawn_blocking(sending);
        while let Ok(Some(packet)) = asked.message().await {
            match packet.r#type() {
                PacketType::PacketReq => {
                    let content =
                        listed.lock().unwrap_or_else(PoisonError::into_inner).remove(&packet.id);
                    // If sending has failed, there is no receiver.
                    let Some(content) = content else { continue };
                    let _ = files.send((packet.id, content));
                }
                PacketType::PacketFin => {
                    drop(files);
                    // Everything that was requested must be sent before the end.
                    let _ = sending.await;
                    let _ = packets.send(self::packet(PacketType::PacketFin)).await;
                    return;
                }
                _ => return,
            }
        }
    }

    fn list(&self, wanted: Option<&Wanted>, listed: &Listed, packets: &mpsc::Sender<Packet>) {
        let mut count = 0;
        let mut list = |stat: Stat, content: Option<Content>| {
            if let Some(content) = content {
                listed.lock().unwrap_or_else(PoisonError::into_inner).insert(count, content);
            }
            count += 1;
            let packet = Packet { stat: Some(stat), ..packet(PacketType::PacketStat) };
            packets.blocking_send(packet).is_ok()
        };
        let walked = match wanted {
            Some(wanted) => folder::list(&self.context, wanted, &mut |stat| {
                let content = content_of(&stat);
                list(stat, content)
            }),
            None => self.dockerfile(&mut list),
        };
        let last = match walked {
            Ok(()) => packet(PacketType::PacketStat),
            Err(error) => self.fail(error),
        };
        // If there is no receiver any more, the build has ended for another reason.
        let _ = packets.blocking_send(last);
    }

    /// Lists the Dockerfile and its ignore file, as if they were the only files in a folder.
    fn dockerfile(
        &self,
        list: &mut dyn FnMut(Stat, Option<Content>) -> bool,
    ) -> Result<(), ContextError> {
        let name = self.dockerfile_name();
        let ignore_file = self.context.special_ignore_file();
        let files = [
            (name.to_owned(), Some(self.context.dockerfile_text()?)),
            (format!("{name}{IGNORE_FILE}"), ignore_file.map(dockerfile::read).transpose()?),
        ];
        for (path, text) in files {
            let Some(text) = text else { continue };
            let size = i64::try_from(text.len()).unwrap_or(i64::MAX);
            let stat = Stat { path, mode: 0o644, size, mod_time: now(), ..Stat::default() };
            list(stat, Some(Content::Text(text)));
        }
        Ok(())
    }

    fn send_files(
        &self,
        asked: &channel::Receiver<(u32, Content)>,
        packets: &mpsc::Sender<Packet>,
    ) {
        while let Ok((id, content)) = asked.recv() {
            let mut send = |data: &[u8]| {
                let data = Packet { id, data: data.to_owned(), ..packet(PacketType::PacketData) };
                packets.blocking_send(data).is_ok()
            };
            let sent = match content {
                Content::Text(text) => Ok(text.is_empty() || send(&text)),
                Content::File { name, size } => send_file(&self.root().join(name), size, &mut send),
            };
            let goes_on = match sent {
                // An empty packet marks the end of a file.
                Ok(goes_on) => goes_on && send(&[]),
                Err(error) => {
                    let _ = packets.blocking_send(self.fail(error));
                    false
                }
            };
            if !goes_on {
                return;
            }
        }
    }
}

/// Returns the content of an entry, or `None` for links and folders.
fn content_of(stat: &Stat) -> Option<Content> {
    let size = u64::try_from(stat.size).unwrap_or_default();
    has_content(stat).then(|| Content::File { name: PathBuf::from(&stat.path), size })
}

/// Sends a file, which must be as long as it was when it was listed. Returns `false` if there is no
/// receiver any more.
fn send_file(
    path: &Path,
    size: u64,
    send: &mut dyn FnMut(&[u8]) -> bool,
) -> Result<bool, ContextError> {
    let read = |source| ContextError::Read { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(read)?;
    let mut piece = vec![0; PIECE];
    let mut sent = 0;
    loop {
        let count = file.read(&mut piece).map_err(read)?;
        sent += count as u64;
        if sent > size || (count == 0 && sent < size) {
            return Err(ContextError::Changed { path: path.to_owned() });
        }
        if count == 0 {
            return Ok(true);
        }
        if !send(&piece[..count]) {
            return Ok(false);
        }
    }
}

fn packet(kind: PacketType) -> Packet {
    Packet { r#type: kind.into(), ..Packet::default() }
}

/// Returns the current time in nanoseconds. Text that is not from a file gets this time, so that
/// BuildKit always treats it as changed.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

/// Decodes text that Go's `url.QueryEscape` encoded.
fn decoded(value: &str) -> String {
    let value = value.replace('+', " ");
    percent_encoding::percent_decode_str(&value).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_whose_length_changed_since_it_was_listed_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, vec![b'x'; PIECE + 1]).unwrap();
        let send = |size: usize| {
            let mut sent = 0;
            let result = send_file(&path, size as u64, &mut |data| {
                sent += data.len();
                true
            });
            result.map(|goes_on| (goes_on, sent))
        };
        assert!(matches!(send(PIECE + 1), Ok((true, sent)) if sent == PIECE + 1));
        for size in [0, PIECE, PIECE + 2] {
            assert!(matches!(send(size), Err(ContextError::Changed { .. })), "{size}");
        }
    }

    #[test]
    fn header_values_are_decoded_as_go_encodes_them() {
        assert_eq!(decoded("src%2F%C3%A9+b%2B"), "src/é b+");
    }
}

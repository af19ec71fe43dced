//! Verification of archives while they are written.

use std::ops::ControlFlow;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use sealift_filename::ArchivePath;
use sealift_oci::Digest;
use sealift_store::{Error, ErrorKind, Examined, Staged, Unfinished};
use sealift_testing::layouts::{Image, file, noise, pack};

use crate::folder::{Folder, id, picture, written};

/// The size of the pieces in which an archive arrives, in bytes.
const PIECE: usize = 400 << 10;

/// A plain tar that is long enough to be read ahead on another thread.
static TAR: LazyLock<(ArchivePath, Vec<u8>)> = LazyLock::new(|| {
    let layers = vec![pack(&[file("large", noise(20 << 20))])];
    let image = Image { layers, ..picture(1, "amd64") };
    let archive = format!("web_1.0_{}.docker", id(&image)).parse().unwrap();
    (archive, written(&image))
});

fn go_on(_: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Appends the rest of an archive in pieces while it is verified. `end` is the number of bytes at
/// the end that are known before.
fn receive(
    unfinished: &mut Unfinished,
    bytes: &[u8],
    end: usize,
    on_bytes: &(dyn Fn(u64) -> ControlFlow<()> + Sync),
) -> Examined {
    let known = bytes[bytes.len() - end..].to_vec();
    let arriving = unfinished.arriving(bytes.len() as u64, known).unwrap();
    thread::scope(|scope| {
        let examined = scope.spawn(|| arriving.examine(on_bytes));
        for piece in bytes[usize::try_from(unfinished.size()).unwrap()..].chunks(PIECE) {
            unfinished.append(piece).unwrap();
        }
        unfinished.end();
        examined.join().unwrap()
    })
}

fn finish(unfinished: Unfinished, examined: Examined) -> Result<Staged, Error> {
    unfinished.finish_examined(examined, None, &go_on)
}

#[test]
fn an_archive_is_verified_while_it_arrives() {
    let (archive, bytes) = &*TAR;
    for (there, end) in [(0, 0), (0, 1024), (3 << 20, 1024), (15 << 20, 1024), (15 << 20, 0)] {
        let folder = Folder::new();
        let mut unfinished = folder.store.unfinished(Digest::of(bytes)).unwrap();
        unfinished.append(&bytes[..there]).unwrap();
        let verified = AtomicU64::new(0);
        let on_bytes = |count| {
            verified.fetch_add(count, Ordering::Relaxed);
            ControlFlow::Continue(())
        };
        let examined = receive(&mut unfinished, bytes, end, &on_bytes);
        assert_eq!(verified.into_inner(), bytes.len() as u64);
        let published = finish(unfinished, examined).unwrap().publish(archive, None).unwrap();
        assert_eq!(published.sha256, Digest::of(bytes));
        let path = folder.store.path_of(archive);
        assert!(std::fs::read(path).unwrap() == *bytes, "{there} {end}");
    }
}

#[test]
fn a_wrong_byte_is_found_wherever_it_is() {
    let (_, bytes) = &*TAR;
    let last = bytes.len() - 1;
    for (at, end) in [(600, 1024), (PIECE, 1024), (12 << 20, 1024), (last, 1024), (last, 0)] {
        let folder = Folder::new();
        let mut wrong = bytes.to_vec();
        wrong[at] ^= 1;
        let mut unfinished = folder.store.unfinished(Digest::of(bytes)).unwrap();
        let examined = receive(&mut unfinished, &wrong, end, &go_on);
        let error = finish(unfinished, examined).unwrap_err();
        assert!(matches!(error, Error::OtherContent { .. }), "{at}: {error}");
        assert!(folder.store.unfinished(Digest::of(bytes)).unwrap().size() == 0);
    }
}

#[test]
fn an_archive_that_ends_early_is_refused() {
    let (_, bytes) = &*TAR;
    let folder = Folder::new();
    let mut unfinished = folder.store.unfinished(Digest::of(bytes)).unwrap();
    let arriving = unfinished.arriving(bytes.len() as u64, Vec::new()).unwrap();
    let examined = thread::scope(|scope| {
        let examined = scope.spawn(|| arriving.examine(&go_on));
        unfinished.append(&bytes[..PIECE]).unwrap();
        unfinished.end();
        examined.join().unwrap()
    });
    finish(unfinished, examined).unwrap_err();
}

#[test]
fn a_verification_that_is_cancelled_or_never_started_does_not_stop_the_writer() {
    let (archive, bytes) = &*TAR;
    let folder = Folder::new();
    let mut unfinished = folder.store.unfinished(Digest::of(bytes)).unwrap();
    let examined = receive(&mut unfinished, bytes, 1024, &|_| ControlFlow::Break(()));
    let error = finish(unfinished, examined).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);

    let mut unfinished = folder.store.unfinished(Digest::of(b"other")).unwrap();
    let arriving = unfinished.arriving(bytes.len() as u64, Vec::new()).unwrap();
    unfinished.append(bytes).unwrap();
    drop(arriving);
    unfinished.append(bytes).unwrap();

    // All bytes of the first one were kept.
    let unfinished = folder.store.unfinished(Digest::of(bytes)).unwrap();
    unfinished.finish(None, &go_on).unwrap().publish(archive, None).unwrap();
}

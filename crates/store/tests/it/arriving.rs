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

/// Appends the rest of an archive in pieces while it is verified. `end` has the bytes at the end
/// that are known before.
fn receive(
    unfinished: &mut Unfinished,
    bytes: &[u8],
    end: &[u8],
    on_bytes: &(dyn Fn(u64) -> ControlFlow<()> + Sync),
) -> Examined {
    let arriving = unfinished.arriving(bytes.len() as u64, end.to_vec()).unwrap();
    thread::scope(|scope| {
        let examined = scope.spawn(|| arriving.examine(on_bytes));
        for piece in bytes[usize::try_from(unfinished.size()).unwrap()..].chunks(PIECE) {
            unfinished.append(piece).unwrap();
        }
        unfinished.end();
        examined.join().unwrap()
    })
}

fn last(bytes: &[u8], count: usize) -> &[u8] {
    &bytes[bytes.len() - count..]
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
        let examined = receive(&mut unfinished, bytes, last(bytes, end), &on_bytes);
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
    let end = bytes.len() - 1;
    for (at, known) in [(600, 1024), (PIECE, 1024), (12 << 20, 1024), (end, 1024), (end, 0)] {
        let folder = Folder::new();
        let mut wrong = bytes.to_vec();
        wrong[at] ^= 1;
        let mut unfinished = folder.store.unfinished(Digest::of(bytes)).unwrap();
        let examined = receive(&mut unfinished, &wrong, last(&wrong, known), &go_on);
        let error = finish(unfinished, examined).unwrap_err();
        assert!(matches!(error, Error::OtherContent { .. }), "{at}: {error}");
        assert!(folder.store.unfinished(Digest::of(bytes)).unwrap().size() == 0);
    }
}

#[test]
fn an_end_that_differs_from_the_known_one_is_found() {
    let (_, bytes) = &*TAR;
    let folder = Folder::new();
    let mut wrong = bytes.to_vec();
    *wrong.last_mut().unwrap() ^= 1;
    let mut unfinished = folder.store.unfinished(Digest::of(bytes)).unwrap();
    // The verification sees the known end, which is right.
    let examined = receive(&mut unfinished, &wrong, last(bytes, 1024), &go_on);
    let error = finish(unfinished, examined).unwrap_err();
    assert!(matches!(error, Error::OtherContent { .. }), "{error}");
}

#[test]
fn the_verification_of_another_file_is_not_accepted() {
    let (_, bytes) = &*TAR;
    let folder = Folder::new();
    let mut right = folder.store.unfinished(Digest::of(bytes)).unwrap();
    let examined = receive(&mut right, bytes, &[], &go_on);
    let mut wrong = folder.store.unfinished(Digest::of(bytes)).unwrap();
    wrong.append(&vec![7; bytes.len()]).unwrap();
    let error = finish(wrong, examined).unwrap_err();
    assert!(matches!(error, Error::OtherContent { .. }), "{error}");
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
    let error = finish(unfinished, examined).unwrap_err();
    assert!(matches!(error, Error::OtherContent { .. }), "{error}");
    assert_eq!(folder.store.unfinished(Digest::of(bytes)).unwrap().size(), 0);
}

#[test]
fn a_cancelled_verification_leaves_all_bytes_to_the_next_attempt() {
    let (archive, bytes) = &*TAR;
    let folder = Folder::new();
    let mut unfinished = folder.store.unfinished(Digest::of(bytes)).unwrap();
    let stop = |_| ControlFlow::Break(());
    let examined = receive(&mut unfinished, bytes, last(bytes, 1024), &stop);
    let error = finish(unfinished, examined).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    let unfinished = folder.store.unfinished(Digest::of(bytes)).unwrap();
    assert_eq!(unfinished.size(), bytes.len() as u64);
    unfinished.finish(None, &go_on).unwrap().publish(archive, None).unwrap();
}

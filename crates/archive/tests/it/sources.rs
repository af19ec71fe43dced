//! Tests of reading archives from files, memory and sockets.

use std::io::{self, Read as _, Write as _};
use std::net::Shutdown;
use std::ops::ControlFlow;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use sealift_archive::{
    Container, Error, ExamineOptions, FaultKind, Input, Look, Naming, PlainReader, Renamer, Source,
    SourceReader, VerifiedReader, VerifyOptions, examine, hash, look,
};
use sealift_filename::Version;
use sealift_oci::Digest;

use sealift_testing::layouts::{Image, joined, pack};

use crate::containers::{image, sealift_zip, tar, wrapped, zip_of};

#[test]
fn archives_in_memory_are_examined() {
    for (container, bytes) in wrapped() {
        let proof = examine(bytes.as_slice(), &ExamineOptions::new()).unwrap();
        assert_eq!(proof.identity().config.to_string(), image().id(), "{container}");
        assert_eq!(proof.container(), container);
        assert_eq!(proof.sha256(), Digest::of(&bytes));
        assert_eq!(look(bytes.as_slice(), "the upload").unwrap(), Look::MayHoldImage);
        let digest = hash(&bytes, "the upload", |_| ControlFlow::Continue(())).unwrap();
        assert_eq!(digest, Digest::of(&bytes));

        let shared: Arc<dyn Source> = Arc::new(bytes);
        assert_eq!(examine(Arc::clone(&shared), &ExamineOptions::new()).unwrap(), proof);
        let boxed: Box<dyn Source> = Box::new(shared);
        assert_eq!(examine(boxed, &ExamineOptions::new()).unwrap(), proof);
    }
}

#[test]
fn progress_is_reported_during_the_zeros_after_the_end_marker() {
    let mut padded = tar();
    padded.resize(padded.len() + (1 << 20), 0);
    let reports = Mutex::new(Vec::new());
    let on_bytes = |bytes| {
        reports.lock().unwrap().push(bytes);
        ControlFlow::Continue(())
    };
    examine(padded.as_slice(), &ExamineOptions::new().with_on_bytes(&on_bytes)).unwrap();
    let reports = reports.into_inner().unwrap();
    assert_eq!(reports.iter().sum::<u64>(), padded.len() as u64);
    assert!(reports.iter().all(|bytes| *bytes <= 128 << 10), "{reports:?}");
}

#[test]
fn a_verified_reader_can_be_cancelled_during_the_zeros_after_the_end_marker() {
    let size = tar().len() as u64;
    let mut padded = tar();
    padded.resize(padded.len() + (1 << 20), 0);
    let naming = Naming::new(&"web".parse().unwrap(), &Version::new("1.0")).unwrap();
    let renamed = |reader| {
        let renamer = Renamer::new(naming.clone(), VerifyOptions::default());
        VerifiedReader::with_renamer(reader, renamer)
    };
    for make in [&VerifiedReader::new as &dyn Fn(_) -> VerifiedReader<_>, &renamed] {
        let read_with = |limit: u64| {
            let (total, reader) =
                (Arc::new(AtomicU64::new(0)), PlainReader::new(&padded[..], "it"));
            let seen = Arc::clone(&total);
            let mut reader = make(reader.unwrap()).with_on_bytes(move |bytes| {
                let now = seen.fetch_add(bytes, Ordering::Relaxed) + bytes;
                if now > limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            let copied = io::copy(&mut reader, &mut io::sink());
            (copied, total.load(Ordering::Relaxed))
        };
        let (copied, total) = read_with(u64::MAX);
        assert!(copied.is_ok());
        assert_eq!(total, padded.len() as u64);
        let (copied, total) = read_with(size);
        let error = copied.unwrap_err().downcast::<Error>().unwrap();
        assert!(matches!(error, Error::Cancelled { .. }), "{error}");
        assert!(total < padded.len() as u64, "{total}");
    }
}

/// Sends bytes through a socket in pieces and closes it. Returns the receiving end.
fn sent(bytes: Vec<u8>) -> UnixStream {
    let (mut sender, receiver) = UnixStream::pair().unwrap();
    std::thread::spawn(move || {
        for piece in bytes.chunks(1000) {
            // Sending fails if the receiver has closed the socket early.
            if sender.write_all(piece).is_err() {
                return;
            }
        }
        let _ = sender.shutdown(Shutdown::Both);
    });
    receiver
}

#[test]
fn archives_from_a_socket_are_verified() {
    for (container, bytes) in wrapped() {
        let reader = PlainReader::from_stream(sent(bytes), "the upload");
        if container == Container::Zip {
            let error = reader.unwrap_err();
            assert_eq!(error.as_fault().unwrap().kind(), FaultKind::Unsupported);
            continue;
        }
        let mut reader = VerifiedReader::new(reader.unwrap());
        let mut plain = Vec::new();
        io::copy(&mut reader, &mut plain).unwrap();
        assert_eq!(plain, tar(), "{container}");
        let contents = reader.contents().unwrap();
        assert_eq!(contents.identity().config.to_string(), image().id(), "{container}");
    }
}

#[test]
fn a_truncated_archive_from_a_socket_has_no_end() {
    for (container, bytes) in wrapped() {
        if container == Container::Zip {
            continue;
        }
        let half = bytes[..bytes.len() / 2].to_vec();
        let reader = PlainReader::from_stream(sent(half), "the upload").unwrap();
        let mut reader = VerifiedReader::new(reader);
        let error: Error = io::copy(&mut reader, &mut io::sink()).unwrap_err().downcast().unwrap();
        assert_eq!(error.as_fault().unwrap().kind(), FaultKind::Damaged, "{container}");
        assert!(
            reader.read(&mut [0; 100]).is_err(),
            "a read after an error does not look like the end"
        );
        assert!(reader.contents().is_none());
    }
}

#[test]
fn a_zip_from_a_socket_is_examined_once_it_is_in_memory() {
    let mut zip = Vec::new();
    sent(sealift_zip(&tar())).read_to_end(&mut zip).unwrap();
    assert!(examine(zip, &ExamineOptions::new()).is_ok());
}

#[test]
fn errors_name_the_input() {
    let cut = &tar()[..5000];
    let unnamed = examine(cut, &ExamineOptions::new()).unwrap_err();
    let named = examine(cut, &ExamineOptions::new().with_input("the upload")).unwrap_err();
    assert!(unnamed.to_string().starts_with("the archive is damaged"), "{unnamed}");
    assert!(named.to_string().starts_with("the upload is damaged"), "{named}");
    assert_eq!(named.input(), &Input::from("the upload"));
}

#[test]
fn faults_are_complete_sentences() {
    let says = |tar: &[u8]| {
        let error = examine(tar, &ExamineOptions::new()).unwrap_err();
        error.as_fault().unwrap().to_string()
    };
    insta::assert_snapshot!(says(&[]), @"the archive ends after 0 bytes, because it is empty");
    insta::assert_snapshot!(
        says(&zip_of(&[])),
        @"the archive contains no image: the zip has no members instead of one"
    );
    let both = joined(Image::new("web:1.0", 1).podman(), Image::new("api:2.0", 9).podman());
    insta::assert_snapshot!(
        says(&pack(&both)),
        @"the archive is not supported: it contains 2 images (web:1.0, api:2.0); an archive contains one"
    );
}

#[test]
fn a_source_reads_up_to_its_end() {
    let source = b"some bytes".as_slice();
    let mut buffer = [0; 100];
    assert_eq!(source.read_at(&mut buffer, 5).unwrap(), 5);
    assert_eq!(source.read_at(&mut buffer, 10).unwrap(), 0);
    assert_eq!(source.read_at(&mut buffer, u64::MAX).unwrap(), 0);
    let error = source.read_exact_at(&mut buffer, 0).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);

    let mut reader = SourceReader::new(source);
    let error = io::Seek::seek(&mut reader, io::SeekFrom::Current(-1)).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
}

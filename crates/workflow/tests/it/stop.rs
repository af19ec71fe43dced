//! Cancellation, and dropped futures.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use sealift_testing::layouts::{Image, file, noise, pack};
use sealift_workflow::archive::Compression;
use sealift_workflow::store::TargetFolder;
use sealift_workflow::{
    AddOptions, Cancel, Cluster, ErrorKind, Event, ExportForm, ExportOptions, Reporter, Run,
    Selection, Verdict, VerifiedArchive, VerifyFolderOptions, Work, add, export, verify,
};
use tokio::sync::Notify;

use crate::folder::{Folder, query, run};

/// A reporter that blocks the working thread at the first progress of one kind of work, and counts
/// the bytes.
struct Hold {
    work: Work,
    is_held: Mutex<bool>,
    held: Arc<Notify>,
    released: Mutex<Receiver<()>>,
    bytes: AtomicU64,
}

impl Hold {
    fn new(work: Work) -> (Arc<Self>, Arc<Notify>, Sender<()>) {
        let (release, released) = channel();
        let held = Arc::new(Notify::new());
        let hold = Self {
            work,
            is_held: Mutex::new(false),
            held: Arc::clone(&held),
            released: Mutex::new(released),
            bytes: AtomicU64::new(0),
        };
        (Arc::new(hold), held, release)
    }
}

impl Reporter for Hold {
    fn report(&self, event: Event) {
        match event {
            Event::Started { work, .. } => *self.is_held.lock().unwrap() = work == self.work,
            Event::Progress { bytes, .. } if *self.is_held.lock().unwrap() => {
                self.bytes.fetch_add(bytes, Ordering::SeqCst);
                self.held.notify_one();
                // Returns an error when the sender is dropped, which releases the thread for good.
                let _ = self.released.lock().unwrap().recv();
            }
            _ => {}
        }
    }
}

/// Returns all files below a folder.
fn files(folder: &std::path::Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn dropping_a_future_stops_its_threads_and_removes_the_staging_file() {
    let mut image = Image::new("web:1", 1);
    image.layers[0] = pack(&[file("noise", noise(4_000_000))]);
    for work in [Work::Reading, Work::Adding] {
        let folder = Folder::new();
        let source = tempfile::tempdir().unwrap();
        let path = source.path().join("web.tar");
        std::fs::write(&path, pack(&image.podman())).unwrap();
        let (hold, held, release) = Hold::new(work);
        let context = Run::new(hold.clone(), Cancel::new());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let options = AddOptions::default().with_compress(true);
            tokio::select! {
                added = add(&folder.store, &path, &options, &context) => panic!("{added:?}"),
                () = held.notified() => {}
            }
        });
        let staged = files(folder.store.root()).len();
        assert_eq!(staged > 0, work == Work::Adding, "{:?}", files(folder.store.root()));
        drop(release);
        // Waits for the blocking threads.
        drop(runtime);
        let read = hold.bytes.load(Ordering::SeqCst);
        assert!(read < 2_000_000, "{work:?} continued for {read} bytes");
        let left = files(folder.store.root());
        assert!(
            !left.iter().any(|path| path.extension().is_some_and(|it| it != "lock")),
            "{left:?}"
        );
    }
}

#[test]
fn dropping_an_export_removes_the_incomplete_file() {
    let mut image = Image::new("web:1", 1);
    image.layers[0] = pack(&[file("noise", noise(4_000_000))]);
    for compression in [None, Some(Compression::Zstd)] {
        let folder = Folder::new();
        run(async { drop(folder.add_entries(&image.podman()).await) });
        let out = tempfile::tempdir().unwrap();
        let target = TargetFolder::open(out.path()).unwrap();
        let (hold, held, release) = Hold::new(Work::Exporting);
        let context = Run::new(hold.clone(), Cancel::new());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let options = ExportOptions::new(ExportForm::new(Cluster::K3s, compression).unwrap());
            let all = Selection::All(None);
            tokio::select! {
                report = export(&folder.store, &target, &all, &options, |_| {}, &context) => panic!("{report:?}"),
                () = held.notified() => {}
            }
        });
        assert_eq!(files(out.path()).len(), 1);
        assert!(target.files().unwrap().is_empty(), "the file has no name yet");
        drop(release);
        // Waits for the blocking threads.
        drop(runtime);
        assert!(hold.bytes.load(Ordering::SeqCst) < 2_000_000);
        assert!(files(out.path()).is_empty());
    }
}

/// Cancels the run when the second export begins.
struct StopAtSecondExport(Cancel, AtomicU64);

impl Reporter for StopAtSecondExport {
    fn report(&self, event: Event) {
        if matches!(event, Event::Started { work: Work::Exporting, .. })
            && self.1.fetch_add(1, Ordering::SeqCst) == 1
        {
            self.0.cancel();
        }
    }
}

#[test]
fn a_cancelled_export_reports_the_exported_images_and_removes_nothing() {
    run(async {
        let folder = Folder::new();
        for (seed, version) in (1..).zip(["1.0.0.1", "1.0.0.2", "1.0.0.3"]) {
            folder.add_image(&format!("web:{version}"), seed, "amd64").await;
        }
        let out = tempfile::tempdir().unwrap();
        let target = TargetFolder::open(out.path()).unwrap();
        let options = ExportOptions::from(Cluster::K3s).with_keep(1);
        let first = Selection::Queries(vec![query("web:1.0.0.1", None)]);
        let _ = export(&folder.store, &target, &first, &options, |_| {}, &Run::default())
            .await
            .unwrap();
        let before = files(out.path());

        let cancel = Cancel::new();
        let reporter = StopAtSecondExport(cancel.clone(), AtomicU64::new(0));
        let context = Run::new(Arc::new(reporter), cancel);
        let rest = ["web:1.0.0.2", "web:1.0.0.3"].map(|text| query(text, None));
        let rest = Selection::Queries(rest.to_vec());
        let report =
            export(&folder.store, &target, &rest, &options, |_| {}, &context).await.unwrap();
        let results: Vec<_> = report.images.iter().map(|image| &image.result).collect();
        assert!(results[0].as_ref().unwrap().exported);
        assert_eq!(results[1].as_ref().unwrap_err().kind(), ErrorKind::Interrupted);
        let after = files(out.path());
        assert_eq!(after.len(), 2, "{after:?}");
        assert!(before.iter().all(|file| after.contains(file)));
    });
}

/// Cancels the run when the first archive has been read.
struct StopAfterOne(Cancel);

impl Reporter for StopAfterOne {
    fn report(&self, event: Event) {
        if matches!(event, Event::Finished { .. }) {
            self.0.cancel();
        }
    }
}

#[test]
fn a_cancelled_verification_reports_the_verified_archives() {
    run(async {
        let folder = Folder::new();
        let jobs = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        for number in 0..=u8::try_from(jobs.min(200)).unwrap() {
            folder.add_image(&format!("web{number}:1"), number, "amd64").await;
        }
        let cancel = Cancel::new();
        let context = Run::new(Arc::new(StopAfterOne(cancel.clone())), cancel);
        let reported = Mutex::new(Vec::new());
        let on_result = |archive: &VerifiedArchive| reported.lock().unwrap().push(archive.clone());
        let options = VerifyFolderOptions::default();
        let verified = verify(&folder.store, &options, on_result, &context).await.unwrap();
        assert_eq!(verified.len(), jobs.min(200) + 1);
        let mut reported = reported.into_inner().unwrap();
        reported.sort_by(|left, right| left.file.archive.cmp(&right.file.archive));
        assert_eq!(reported, verified, "interrupted archives are reported too");
        let count = |verdict| verified.iter().filter(|archive| archive.verdict == verdict).count();
        assert!(count(Verdict::Whole) > 0 && count(Verdict::Interrupted) > 0, "{verified:?}");
        assert_eq!(count(Verdict::Whole) + count(Verdict::Interrupted), verified.len());
    });
}

/// Cancels the run when the second copy of a file begins.
struct StopAtSecondCopy(Cancel, AtomicU64);

impl Reporter for StopAtSecondCopy {
    fn report(&self, event: Event) {
        if matches!(event, Event::Started { work: Work::Adding, .. })
            && self.1.fetch_add(1, Ordering::SeqCst) == 1
        {
            self.0.cancel();
        }
    }
}

#[test]
fn a_cancelled_import_reports_the_added_archives() {
    run(async {
        let folder = Folder::new();
        let mut image = Image::new("web:1", 1);
        image.tags.push("web:2".to_owned());
        let file = folder.dir.path().join("web.tar");
        std::fs::write(&file, pack(&image.podman())).unwrap();
        let cancel = Cancel::new();
        let reporter = StopAtSecondCopy(cancel.clone(), AtomicU64::new(0));
        let context = Run::new(Arc::new(reporter), cancel);
        let options = AddOptions::default().with_every(true).with_compress(true);
        let report = add(&folder.store, &file, &options, &context).await.unwrap();
        let added: Vec<_> =
            report.added.iter().map(|added| added.file.archive.to_string()).collect();
        assert_eq!(report.error.unwrap().kind(), ErrorKind::Interrupted);
        assert_eq!(added.len(), 1);
        assert_eq!(folder.archives(), added);
    });
}

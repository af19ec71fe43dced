//! Verification of folders.

use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

use sealift_store::ReadOptions;
use sealift_testing::layouts::{Image, file, pack};
use sealift_testing::raw_tar::RawTar;
use sealift_workflow::{
    Cancel, Covered, Event, Reporter, Run, Verdict, VerifiedArchive, VerifyFolderOptions, verify,
};

use crate::folder::{Folder, run};

async fn verdicts(folder: &Folder, options: VerifyFolderOptions) -> Vec<(String, Verdict)> {
    let verified = verify(&folder.store, &options, |_| {}, &Run::default()).await.unwrap();
    verified
        .into_iter()
        .map(|archive| (archive.file.archive.to_string(), archive.verdict))
        .collect()
}

fn flip(folder: &Folder, archive: &str, at: usize) {
    let path = folder.store.root().join(archive);
    let times = std::fs::metadata(&path).unwrap().modified().unwrap();
    let mut content = std::fs::read(&path).unwrap();
    content[at] ^= 1;
    std::fs::write(&path, content).unwrap();
    // Like a failing disk, which does not change the modification time.
    std::fs::File::options().write(true).open(&path).unwrap().set_modified(times).unwrap();
}

/// Creates an archive with the layout of another tool in the folder, and records it.
async fn recorded_from_elsewhere(folder: &Folder) -> String {
    let web = folder.add_image("web:1", 1, "amd64").await.to_string();
    let content = pack(&Image::new("web:1", 1).podman());
    std::fs::write(folder.store.root().join(&web), content).unwrap();
    let repair = VerifyFolderOptions::default().with_repair(true);
    assert_eq!(verdicts(folder, repair).await.remove(0).1, Verdict::Whole);
    web
}

#[test]
fn intact_archives_are_accepted_and_a_flipped_bit_is_found_despite_a_valid_record() {
    run(async {
        let folder = Folder::new();
        let web = folder.add_image("web:1", 1, "amd64").await.to_string();
        folder.add_image("api:1", 2, "amd64").await;
        for (path, verdict) in verdicts(&folder, VerifyFolderOptions::default()).await {
            assert_eq!(verdict, Verdict::Whole, "{path}");
        }
        flip(&folder, &web, 1500);
        for deep in [false, true] {
            let options = VerifyFolderOptions::default().with_deep(deep);
            let verdicts = verdicts(&folder, options).await;
            assert_eq!(verdicts[0].1, Verdict::Whole);
            assert!(matches!(verdicts[1].1, Verdict::Damaged { .. }), "{verdicts:?}");
        }
    });
}

#[test]
fn a_flipped_bit_outside_of_the_image_is_also_damage() {
    run(async {
        let folder = Folder::new();
        let web = recorded_from_elsewhere(&folder).await;
        let content = std::fs::read(folder.store.root().join(&web)).unwrap();
        let unreferenced = content.windows(3).position(|bytes| bytes == b"\"x\"").unwrap() + 1;
        flip(&folder, &web, unreferenced);
        let verdicts = verdicts(&folder, VerifyFolderOptions::default()).await;
        let reason = "has changed since it was recorded, although its size and time are unchanged";
        assert_eq!(verdicts[0].1, Verdict::Damaged { reason: reason.to_owned() });
    });
}

#[test]
fn a_file_without_an_image_is_not_damaged_and_the_id_of_a_misnamed_archive_is_reported() {
    run(async {
        let folder = Folder::new();
        let put = |name: &str, content: &[u8]| {
            std::fs::write(folder.store.root().join(name), content).unwrap();
        };
        put("notes_1_0123456789ab.docker", &pack(&[file("a.txt", b"a".to_vec())]));
        put("web_1_0123456789ab.docker", &pack(&Image::new("web:1", 1).podman()));
        let verdicts = verdicts(&folder, VerifyFolderOptions::default()).await;
        assert!(matches!(verdicts[0].1, Verdict::NoImage { .. }) && !verdicts[0].1.is_bad());
        let id = Image::new("web:1", 1).id()[7..19].to_owned();
        assert_eq!(verdicts[1].1, Verdict::Misnamed { actual_id: id.parse().unwrap() });
    });
}

#[test]
fn a_flipped_bit_at_any_position_of_a_recorded_archive_is_damage() {
    run(async {
        let folder = Folder::new();
        let web = folder.add_image("web:1", 1, "amd64").await.to_string();
        let length = std::fs::metadata(folder.store.root().join(&web)).unwrap().len();
        let archive = web.parse().unwrap();
        let stat = folder.store.stat(&archive).unwrap();
        for at in (0..length).step_by(397) {
            let at = usize::try_from(at).unwrap();
            flip(&folder, &web, at);
            let found = verdicts(&folder, VerifyFolderOptions::default()).await.remove(0).1;
            assert!(found.is_damaged(), "byte {at}: {found:?}");
            // From then on the record is not used, but its image is still known.
            assert_eq!(folder.store.entry(&archive).unwrap().knowledge, None, "byte {at}");
            assert!(folder.store.recorded_image(&archive).is_some());
            flip(&folder, &web, at);
            assert_eq!(folder.store.stat(&archive).unwrap(), stat);
            let repair = VerifyFolderOptions::default().with_repair(true);
            assert_eq!(verdicts(&folder, repair).await.remove(0).1, Verdict::Whole);
        }
    });
}

#[test]
fn a_recorded_archive_with_other_content_is_damaged() {
    run(async {
        let folder = Folder::new();
        let web = folder.add_image("web:1", 1, "amd64").await.to_string();
        let path = folder.store.root().join(&web);
        let whole = std::fs::read(&path).unwrap();
        for content in [b"hello ".repeat(400), vec![0; whole.len()], pack(&[file("a", vec![1])])] {
            std::fs::write(&path, content).unwrap();
            for (deep, repair) in [(false, false), (true, false), (false, true)] {
                let options = VerifyFolderOptions::default().with_deep(deep).with_repair(repair);
                let found = verdicts(&folder, options).await.remove(0).1;
                assert!(found.is_damaged(), "{found:?}");
            }
        }
        std::fs::write(&path, whole).unwrap();
        assert_eq!(verdicts(&folder, VerifyFolderOptions::default()).await[0].1, Verdict::Whole);
    });
}

#[test]
fn a_changed_archive_is_reported_as_changed_until_that_is_accepted() {
    run(async {
        let folder = Folder::new();
        let web = recorded_from_elsewhere(&folder).await;
        let path = folder.store.root().join(&web);
        let whole = std::fs::read(&path).unwrap();
        let more = RawTar::new().file("more", b"1").end();
        let changed = [&whole[..whole.len() - 1024], &more].concat();
        std::fs::write(&path, changed).unwrap();
        let check = async |repair| {
            let options = VerifyFolderOptions::default().with_repair(repair);
            let mut found = verify(&folder.store, &options, |_| {}, &Run::default()).await.unwrap();
            let found = found.remove(0);
            assert_eq!(found.verdict, Verdict::Whole);
            (found.covered, found.changed_from.is_some())
        };
        assert_eq!(check(false).await, (Covered::Content, true));
        assert_eq!(check(false).await, (Covered::Content, true));
        assert_eq!(check(true).await, (Covered::Content, false));
        assert_eq!(check(false).await, (Covered::RecordedSum, false));
    });
}

#[test]
fn the_member_of_a_zip_must_be_named_like_the_zip() {
    run(async {
        let folder = Folder::new();
        let image = Image::new("web:1", 1);
        let name = format!("web_1_{}", &image.id()[7..19]);
        let put = |member: &str| {
            use std::io::Write as _;
            let zip = std::io::Cursor::new(Vec::new());
            let mut zip = sealift_archive::ZipSink::new(zip, member).unwrap();
            zip.write_all(&pack(&image.podman())).unwrap();
            let zip = zip.finish().unwrap().into_inner();
            std::fs::write(folder.store.root().join(format!("{name}.zip")), zip).unwrap();
        };
        let expected = format!("{name}.docker");
        put(&expected);
        assert_eq!(verdicts(&folder, VerifyFolderOptions::default()).await[0].1, Verdict::Whole);
        put("another.docker");
        let archives = folder.store.scan().unwrap().archives;
        for _ in 0..2 {
            let found = verdicts(&folder, VerifyFolderOptions::default()).await.remove(0).1;
            let member = "another.docker".to_owned();
            assert_eq!(found, Verdict::MisnamedMember { member, expected: expected.clone() });
            let entry = folder
                .store
                .examined_entries(&archives, &ReadOptions::default())
                .unwrap()
                .remove(0);
            assert!(entry.image().is_some() && !entry.is_rightly_named());
        }
    });
}

/// A reporter that changes an archive right before it is read, like another writer.
struct Meanwhile<F>(F);

impl<F: Fn() + Send + Sync> Reporter for Meanwhile<F> {
    fn report(&self, event: Event) {
        if matches!(event, Event::Started { .. }) {
            (self.0)();
        }
    }
}

#[test]
fn an_archive_that_another_writer_replaces_or_removes_is_verified_in_its_new_state() {
    run(async {
        let folder = Folder::new();
        let web = folder.add_image("web:1", 1, "amd64").await.to_string();
        let path = folder.store.root().join(&web);
        let verify_while = async |work: Box<dyn Fn() + Send + Sync>| {
            let context = Run::new(Arc::new(Meanwhile(work)), Cancel::new());
            verify(&folder.store, &VerifyFolderOptions::default(), |_| {}, &context).await.unwrap()
        };
        // Another save of the same image has other bytes.
        let (target, other) = (path.clone(), folder.store.root().join("other"));
        let mut again = Image::new("web:1", 1).podman();
        again.push(file("more", b"1".to_vec()));
        let replace = move || {
            std::fs::write(&other, pack(&again)).unwrap();
            std::fs::rename(&other, &target).unwrap();
        };
        let verified = verify_while(Box::new(replace)).await;
        assert_eq!(verified[0].verdict, Verdict::Whole);

        let remove = move || std::fs::remove_file(&path).unwrap_or_default();
        assert_eq!(verify_while(Box::new(remove)).await, []);
    });
}

/// A reporter that blocks the thread that begins to read an archive, until the sender is dropped.
struct HoldsAt(&'static str, Mutex<Receiver<()>>);

impl Reporter for HoldsAt {
    fn report(&self, event: Event) {
        if let Event::Started { image, .. } = event
            && image.starts_with(self.0)
        {
            let _ = self.1.lock().unwrap().recv();
        }
    }
}

#[test]
fn a_result_is_reported_while_other_archives_are_still_read() {
    run(async {
        let folder = Folder::new();
        folder.add_image("api:1", 1, "amd64").await;
        folder.add_image("web:1", 2, "amd64").await;
        let (release, released) = channel();
        let context = Run::new(Arc::new(HoldsAt("web", Mutex::new(released))), Cancel::new());
        // The second archive is read after the result of the first one has been received.
        let release = Mutex::new(Some(release));
        let on_result = |archive: &VerifiedArchive| {
            if archive.file.image() == "api" {
                release.lock().unwrap().take();
            }
        };
        let options = VerifyFolderOptions::default();
        let verified = verify(&folder.store, &options, on_result, &context).await.unwrap();
        assert_eq!(verified.len(), 2);
        assert!(verified.iter().all(|archive| archive.verdict == Verdict::Whole));
    });
}

/// A reporter that records which archives wait.
#[derive(Default)]
struct Waits(Mutex<(BTreeSet<String>, usize)>);

impl Reporter for Waits {
    fn report(&self, event: Event) {
        let (waiting, ended) = &mut *self.0.lock().unwrap();
        match event {
            Event::Waiting { image } => assert!(waiting.insert(image)),
            Event::WaitEnded { image } => {
                assert!(waiting.remove(&image));
                *ended += 1;
            }
            Event::Started { image, .. } => assert!(!waiting.contains(&image)),
            _ => {}
        }
    }
}

#[test]
fn archives_wait_until_they_are_read() {
    run(async {
        let folder = Folder::new();
        for (seed, image) in (1..).zip(["api:1", "db:1", "web:1"]) {
            folder.add_image(image, seed, "amd64").await;
        }
        let waits = Arc::new(Waits::default());
        let context = Run::new(waits.clone(), Cancel::new());
        let options = VerifyFolderOptions::default();
        verify(&folder.store, &options, |_| {}, &context).await.unwrap();
        assert_eq!(*waits.0.lock().unwrap(), (BTreeSet::new(), 3));
    });
}

#[test]
fn repair_rebuilds_records_and_removes_leftovers_but_no_archive() {
    run(async {
        let folder = Folder::new();
        let web = folder.add_image("web:1", 1, "amd64").await.to_string();
        flip(&folder, &web, 1500);
        let leftover = folder.store.root().join(".sealift-0123456789abcdef.part");
        std::fs::write(&leftover, b"left by a crash").unwrap();
        std::fs::remove_dir_all(folder.store.root().join(".sealift")).unwrap();
        let options = VerifyFolderOptions::default().with_repair(true);
        assert!(verdicts(&folder, options).await[0].1.is_bad());
        assert!(!leftover.exists());
        assert_eq!(folder.archives(), [web]);
    });
}

//! Every byte of every archive, read again.

use std::sync::Arc;

use sealift_testing::layouts::{Image, file, pack};
use sealift_workflow::{Cancel, Context, Event, Reporter, Verdict, VerifyOptions, verify};

use crate::folder::{Folder, run};

async fn verdicts(folder: &Folder, options: VerifyOptions) -> Vec<(String, Verdict)> {
    let verified = verify(&folder.store, &options, &Context::default()).await.unwrap();
    verified.into_iter().map(|archive| (archive.archive.to_string(), archive.verdict)).collect()
}

fn flip(folder: &Folder, archive: &str, at: usize) {
    let path = folder.store.root().join(archive);
    let times = std::fs::metadata(&path).unwrap().modified().unwrap();
    let mut content = std::fs::read(&path).unwrap();
    content[at] ^= 1;
    std::fs::write(&path, content).unwrap();
    // As a disk does it: nobody wrote the file.
    std::fs::File::options().write(true).open(&path).unwrap().set_modified(times).unwrap();
}

#[test]
fn whole_archives_are_whole_and_a_rotten_bit_is_found_although_the_record_agrees() {
    run(async {
        let folder = Folder::new();
        let web = folder.add_image("web:1", 1, "amd64").await.to_string();
        folder.add_image("api:1", 2, "amd64").await;
        for (path, verdict) in verdicts(&folder, VerifyOptions::default()).await {
            assert_eq!(verdict, Verdict::Whole, "{path}");
        }
        flip(&folder, &web, 1500);
        for deep in [false, true] {
            let options = VerifyOptions { deep, ..VerifyOptions::default() };
            let verdicts = verdicts(&folder, options).await;
            assert_eq!(verdicts[0].1, Verdict::Whole);
            assert!(matches!(verdicts[1].1, Verdict::Damaged { .. }), "{verdicts:?}");
        }
    });
}

#[test]
fn a_bit_that_changes_no_image_is_damage_all_the_same() {
    run(async {
        let folder = Folder::new();
        let web = folder.add_image("web:1", 1, "amd64").await.to_string();
        let content = std::fs::read(folder.store.root().join(&web)).unwrap();
        let unreferenced = content.windows(3).position(|bytes| bytes == b"1.0").unwrap();
        flip(&folder, &web, unreferenced);
        let verdicts = verdicts(&folder, VerifyOptions::default()).await;
        let reason = "has changed since it was recorded, without a sign of being written";
        assert_eq!(verdicts[0].1, Verdict::Damaged { reason: reason.to_owned() });
    });
}

#[test]
fn what_holds_no_image_is_not_damaged_and_a_wrong_id_is_named() {
    run(async {
        let folder = Folder::new();
        let put = |name: &str, content: &[u8]| {
            std::fs::write(folder.store.root().join(name), content).unwrap();
        };
        put("notes_1_0123456789ab.docker", &pack(&[file("a.txt", b"a".to_vec())]));
        put("web_1_0123456789ab.docker", &pack(&Image::new("web:1", 1).podman()));
        let verdicts = verdicts(&folder, VerifyOptions::default()).await;
        assert!(matches!(verdicts[0].1, Verdict::NoImage { .. }) && !verdicts[0].1.is_bad());
        let id = Image::new("web:1", 1).id()[7..19].to_owned();
        assert_eq!(verdicts[1].1, Verdict::Misnamed { actual_id: id });
    });
}

/// Does something to an archive at the moment in which it is about to be read, as another writer may.
struct Meanwhile<F>(F);

impl<F: Fn() + Send + Sync> Reporter for Meanwhile<F> {
    fn report(&self, event: Event) {
        if matches!(event, Event::Started { .. }) {
            (self.0)();
        }
    }
}

#[test]
fn what_another_writer_removes_or_replaces_meanwhile_is_judged_by_what_is_there_then() {
    run(async {
        let folder = Folder::new();
        let web = folder.add_image("web:1", 1, "amd64").await.to_string();
        let path = folder.store.root().join(&web);
        let verify_while = async |work: Box<dyn Fn() + Send + Sync>| {
            let context = Context::new(Arc::new(Meanwhile(work)), Cancel::new());
            verify(&folder.store, &VerifyOptions::default(), &context).await.unwrap()
        };
        // Another save of the same image differs in bytes, not in what it is.
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

#[test]
fn repair_makes_records_anew_and_sweeps_but_deletes_no_archive() {
    run(async {
        let folder = Folder::new();
        let web = folder.add_image("web:1", 1, "amd64").await.to_string();
        flip(&folder, &web, 1500);
        let leftover = folder.store.root().join(".sealift-0123456789abcdef.part");
        std::fs::write(&leftover, b"left by a crash").unwrap();
        std::fs::remove_dir_all(folder.store.root().join(".sealift")).unwrap();
        let options = VerifyOptions { repair: true, ..VerifyOptions::default() };
        assert!(verdicts(&folder, options).await[0].1.is_bad());
        assert!(!leftover.exists());
        assert_eq!(folder.archives(), [web]);
    });
}

//! The test suite for every engine: the guarantees of sealift must hold on each of them.

use std::sync::LazyLock;

use sealift_testing::layouts::{Image, pack};
use sealift_workflow::archive::Level;
use sealift_workflow::catalog::{LatestOptions, Query};
use sealift_workflow::{Error, ErrorKind, Event, Run, Selection, UpdateOptions, Work, path};

use crate::stand::{Stand, connect, context_at, remove_all};
use crate::suite::suites;

pub(crate) static PLAIN: LazyLock<UpdateOptions> = LazyLock::new(UpdateOptions::default);
pub(crate) static ZIP: LazyLock<UpdateOptions> =
    LazyLock::new(|| UpdateOptions::default().with_compress(true).with_level(Level::Fast));

/// Returns the digest of the config in an archive, from its content.
fn config_of(stand: &Stand, archive: &impl AsRef<str>) -> String {
    stand.identity_of(archive).config.to_string()
}

async fn saves_once_and_then_keeps(stand: Stand) {
    stand.build("1.0.0.1", "one").await;
    let saved = stand.update("1.0.0.1", &PLAIN).await;
    assert!(saved.saved);
    assert_eq!(config_of(&stand, &saved.file.archive)[7..19], *saved.file.id.as_str());
    let kept = stand.update("1.0.0.1", &PLAIN).await;
    assert!(!kept.saved && kept.file.archive == saved.file.archive);
    assert_eq!(stand.files(), [saved.file.archive.to_string()]);
}

async fn keeps_after_a_rebuild_that_changed_nothing(stand: Stand) {
    stand.build("1.0.0.1", "one").await;
    let saved = stand.update("1.0.0.1", &PLAIN).await;
    stand.build("1.0.0.1", "one").await;
    assert!(!stand.update("1.0.0.1", &PLAIN).await.saved);
    assert_eq!(stand.files(), [saved.file.archive.to_string()]);
}

async fn saves_again_after_a_change(stand: Stand) {
    stand.build("1.0.0.1", "one").await;
    let first = stand.update("1.0.0.1", &PLAIN).await;
    stand.build("1.0.0.1", "two").await;
    let second = stand.update("1.0.0.1", &PLAIN).await;
    assert!(second.saved && second.file.id != first.file.id);
    assert_eq!(stand.files().len(), 2);
}

async fn compresses_what_is_there(stand: Stand) {
    stand.build("1.0.0.1", "one").await;
    let plain = stand.update("1.0.0.1", &PLAIN).await;
    let config = config_of(&stand, &plain.file.archive);
    let zip = stand.update("1.0.0.1", &ZIP).await;
    assert!(!zip.saved && zip.compressed);
    assert_eq!(stand.files(), [zip.file.archive.to_string()], "the plain archive is removed");
    assert_eq!(config_of(&stand, &zip.file.archive), config);
    assert!(!stand.update("1.0.0.1", &ZIP).await.compressed);
    assert!(!stand.update("1.0.0.1", &PLAIN).await.saved, "a zip is sufficient");
}

async fn saves_as_a_zip_whose_member_is_named_like_it(stand: Stand) {
    stand.build("1.0.0.1", "one").await;
    let zip = stand.update("1.0.0.1", &ZIP).await;
    assert!(zip.saved && zip.compressed);
    assert_eq!(config_of(&stand, &zip.file.archive)[7..19], *zip.file.id.as_str());
    let bytes =
        std::fs::read(stand.folder.path().join("artifacts").join(zip.file.archive.as_str()))
            .unwrap();
    let name = zip.file.archive.name().member_name();
    assert_eq!(&bytes[30..30 + name.len()], name.as_bytes());
}

async fn cleans_other_versions_last(stand: Stand) {
    stand.build("1.0.0.1", "one").await;
    let old = stand.update("1.0.0.1", &PLAIN).await;
    stand.build("1.0.0.2", "two").await;
    let new = stand.update("1.0.0.2", &ZIP.clone().with_clean(true)).await;
    assert_eq!(
        new.removed.iter().map(|gone| &gone.archive).collect::<Vec<_>>(),
        [&old.file.archive]
    );
    assert_eq!(stand.files(), [new.file.archive.to_string()]);
}

/// A call with many images requests a list first. The results must be the same as with single
/// requests.
async fn many_images_in_one_call_are_distinguished(stand: Stand) {
    const COUNT: usize = 10;
    let version = |number: usize| format!("1.0.0.{number}");
    for number in 1..=COUNT {
        // Pairs of versions have the same image.
        stand.build(&version(number), &format!("{}", number / 2)).await;
    }
    let mut references: Vec<_> =
        (1..=COUNT).map(|number| stand.reference(&version(number))).collect();
    let store = stand.store();
    let update = async |references: &[_], options: &UpdateOptions| {
        let context = Run::default();
        sealift_workflow::update(&stand.engine, &store, references, options, |_| {}, &context)
            .await
            .unwrap()
    };
    let saved = |report: sealift_workflow::UpdateReport| {
        let images = report.images.into_iter();
        images.map(|image| Some(image.result.ok()?.saved)).collect::<Vec<_>>()
    };
    assert_eq!(saved(update(&references, &PLAIN).await), [Some(true); COUNT]);
    assert_eq!(saved(update(&references, &PLAIN).await), [Some(false); COUNT]);

    // One image is rebuilt, and one does not exist in the engine.
    stand.build(&version(3), "changed").await;
    references.push(stand.reference("1.0.0.99"));
    let mut expected = vec![Some(false); COUNT];
    expected[2] = Some(true);
    expected.push(None);
    let clean = PLAIN.clone().with_clean(true);
    assert_eq!(saved(update(&references, &clean).await), expected);
    // If a version of an image fails, no archives of this image are removed.
    assert_eq!(stand.files().len(), COUNT + 1);
    references.pop();
    assert_eq!(saved(update(&references, &clean).await), [Some(false); COUNT]);
    assert_eq!(stand.files().len(), COUNT, "the archive of the former image is removed");
}

async fn loads_back_under_its_name(stand: Stand) {
    let id = stand.build("1.0.0.1", "one").await;
    stand.update("1.0.0.1", &ZIP).await;
    assert!(!stand.load_into(&stand.engine, "1.0.0.1").await.loaded, "the engine has it");
    assert!(stand.engine.remove(&stand.reference("1.0.0.1").to_string()).await.unwrap());
    let loaded = stand.load_into(&stand.engine, "1.0.0.1").await;
    assert!(loaded.loaded);
    let there = stand.engine.inspect(&loaded.tag.to_string()).await.unwrap().unwrap();
    assert_eq!(there.id.to_string(), id);
    assert!(!stand.load_into(&stand.engine, "1.0.0.1").await.loaded);
}

/// Creates an archive for a platform in the folder. Returns the id of its image.
fn put(stand: &Stand, version: &str, seed: u8, architecture: &str) -> String {
    let mut image = Image::new(&stand.reference(version).to_string(), seed);
    image.architecture = architecture.to_owned();
    let name = format!("{}_{version}_{}.docker", stand.image, &image.id()[7..19]);
    std::fs::write(stand.store().root().join(name), pack(&image.docker_folders())).unwrap();
    image.id()[7..19].to_owned()
}

/// Loads a complete folder. Returns the tag and the id of each image, and whether it was loaded
/// now, in the order of the tags.
async fn load_all(stand: &Stand) -> Vec<(String, String, bool)> {
    let images = stand.load_all(&stand.engine, Selection::All(None)).await;
    images
        .into_iter()
        .map(|image| (image.tag.to_string(), image.id.to_string(), image.loaded))
        .collect()
}

async fn loading_all_leaves_each_tag_on_the_newest_build(stand: Stand) {
    let age = |id: &str, seconds: u64| {
        let file = stand.store().root().join(format!("{}_dev_{id}.docker", stand.image));
        let time = std::time::SystemTime::now() - std::time::Duration::from_secs(seconds);
        std::fs::File::options().write(true).open(file).unwrap().set_modified(time).unwrap();
    };
    // All builds have the same time, so the one with the highest id counts as the newest.
    let mut builds = [1, 2, 3].map(|seed| put(&stand, "dev", seed, "amd64"));
    builds.iter().for_each(|id| age(id, 60));
    builds.sort();
    let other = put(&stand, "1.0.0.1", 4, "amd64");
    let expected = |loaded| {
        vec![
            (stand.reference("1.0.0.1").to_string(), other.clone(), loaded),
            (stand.reference("dev").to_string(), builds[2].clone(), loaded),
        ]
    };
    assert_eq!(load_all(&stand).await, expected(true));
    assert_eq!(load_all(&stand).await, expected(false), "the second time nothing changes");
}

async fn loads_the_platform_of_the_engine(stand: Stand) {
    put(&stand, "1.0.0.1", 1, "s390x");
    let own = put(&stand, "1.0.0.1", 1, "amd64");
    assert_eq!(
        stand.engine.version().await.unwrap().arch,
        "amd64",
        "the tests expect such an engine"
    );
    let loaded = stand.load_into(&stand.engine, "1.0.0.1").await;
    assert_eq!((loaded.id.to_string(), loaded.loaded), (own.clone(), true));
    let latest = Selection::Latest(LatestOptions::default());
    for selection in [latest, Selection::All(None)] {
        let images = stand.load_all(&stand.engine, selection.clone()).await;
        let [image] = &images[..] else { panic!("{images:?}") };
        assert_eq!((image.id.to_string(), image.loaded), (own.clone(), false), "{selection:?}");
    }
}

/// An image that differs only in its settings has the same layers, but is another image.
async fn loads_over_an_image_that_differs_only_in_its_settings(stand: Stand) {
    let reference = stand.reference("1.0.0.1").to_string();
    let shown = async || stand.engine.inspect(&reference).await.unwrap().unwrap();
    // Both images are built on the same base, but not on each other. Otherwise removing them would
    // hang: a containerd store never answers the removal of an image that the classic builder built
    // on an image that was loaded again since (seen with Docker 26 and 28).
    stand.build("1.0.0.0", "one").await;
    let labelled = |label| format!("FROM {}:1.0.0.0\nLABEL a={label}\n", stand.image);
    stand.build_from("1.0.0.1", "one", &labelled("first")).await;
    let first = shown().await;
    stand.update("1.0.0.1", &ZIP).await;
    stand.build_from("1.0.0.1", "one", &labelled("other")).await;
    let other = shown().await;
    assert_eq!(other.diff_ids, first.diff_ids);
    assert_ne!(other.id, first.id);
    assert!(stand.load_into(&stand.engine, "1.0.0.1").await.loaded);
    assert_eq!(shown().await.id, first.id);
}

async fn loads_into_every_other_engine(stand: Stand) {
    stand.build("1.0.0.1", "one").await;
    travels(&stand).await;
}

/// Every engine loads the archive of this engine under the same name and recognizes it as the same
/// image: with the archive in the folder, nothing is saved, and a save into another folder has the
/// same config.
pub(crate) async fn travels(stand: &Stand) {
    let saved = stand.update("1.0.0.1", &ZIP).await;
    let config = config_of(stand, &saved.file.archive);
    for kind in ENGINES {
        let Some(other) = sealift_testing::engine(kind) else { continue };
        if other.host == stand.engine.endpoint().to_string() {
            continue;
        }
        let other = stand.elsewhere(connect(&other.host));
        assert!(stand.load_into(&other.engine, "1.0.0.1").await.loaded, "{kind}");
        let again = other.try_update("1.0.0.1", &PLAIN, &Run::default()).await.result;

        let same_folder = other.with_folder_of(stand);
        let kept = same_folder.try_update("1.0.0.1", &PLAIN, &Run::default()).await.result;
        remove_all(&other.engine, &stand.image).await;
        assert!(!kept.unwrap().saved, "{kind} has the image that is in the folder");
        match again {
            Ok(again) => assert_eq!(config_of(&other, &again.file.archive), config, "{kind}"),
            Err(error) => {
                assert!(is_known_refusal(kind, &error), "{kind}: {error:?}");
                assert!(other.files().is_empty());
            }
        }
    }
}

/// Podman 4.3 cannot save an image with layers that a containerd store compressed in a classic
/// build. It loads such an image and reports this error when it saves it.
fn is_known_refusal(kind: &str, error: &Error) -> bool {
    kind == "podman"
        && format!("{error:?}").contains("Unknown media type during manifest conversion")
}

async fn saves_again_if_the_tag_moves_during_the_save(stand: Stand) {
    stand.build("1.0.0.2", "two").await;
    stand.build("1.0.0.1", "one").await;
    let (source, image) = (stand.reference("1.0.0.2").to_string(), stand.image.clone());
    let engine = stand.engine.clone();
    let mut saves = 0;
    let context = context_at(move |event| {
        if is_saving(event) {
            saves += 1;
            if saves == 1 {
                blocking(engine.tag(&source, &image, "1.0.0.1")).unwrap();
            }
        }
    });
    let updated = stand.try_update("1.0.0.1", &PLAIN, &context).await.result.unwrap();
    let second = stand.update("1.0.0.2", &PLAIN).await;
    assert_eq!(updated.file.id, second.file.id, "the tag points to this image now");
}

async fn fails_if_the_tag_moves_during_each_save(stand: Stand) {
    for (version, content) in [("1.0.0.2", "two"), ("1.0.0.3", "three"), ("1.0.0.1", "one")] {
        stand.build(version, content).await;
    }
    let targets = ["1.0.0.2", "1.0.0.3"].map(|version| stand.reference(version).to_string());
    let (engine, image) = (stand.engine.clone(), stand.image.clone());
    let mut targets = targets.into_iter();
    let context = context_at(move |event| {
        if is_saving(event)
            && let Some(target) = targets.next()
        {
            blocking(engine.tag(&target, &image, "1.0.0.1")).unwrap();
        }
    });
    let result = stand.try_update("1.0.0.1", &PLAIN, &context).await.result;
    assert!(matches!(result, Err(Error::TagMoved { .. })), "{result:?}");
    assert!(stand.files().is_empty());
}

async fn lists_the_available_tags_if_an_image_is_missing(stand: Stand) {
    stand.build("1.0.0.1", "one").await;
    let error = stand.try_update("9.9.9.9", &PLAIN, &Run::default()).await.result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let Error::ImageNotFound { tags, .. } = &error else { panic!("{error:?}") };
    assert!(tags.concat().contains(&format!("{}:1.0.0.1", stand.image)), "{tags:?}");
    assert!(stand.files().is_empty());
}

async fn leaves_the_folder_unchanged_when_it_is_cancelled(stand: Stand) {
    stand.build("1.0.0.1", "one").await;
    let cancel = sealift_workflow::Cancel::new();
    let wish = cancel.clone();
    let reporter = crate::stand::At(std::sync::Mutex::new(move |event: &Event| {
        if is_saving(event) {
            wish.cancel();
        }
    }));
    let context = Run::new(std::sync::Arc::new(reporter), cancel);
    let references = [stand.reference("1.0.0.1")];
    let store = stand.store();
    let report =
        sealift_workflow::update(&stand.engine, &store, &references, &PLAIN, |_| {}, &context)
            .await;
    let [image] = &report.unwrap().images[..] else { panic!("one image was asked for") };
    assert_eq!(image.result.as_ref().unwrap_err().kind(), ErrorKind::Interrupted);
    assert!(stand.files().is_empty());
    let query = Query::new(stand.repository(), None);
    assert_eq!(
        path(&store, &query, &Run::default()).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
}

fn is_saving(event: &Event) -> bool {
    matches!(event, Event::Started { work: Work::Saving, .. })
}

/// Blocks inside a reporter. Only acceptable in a test.
fn blocking<T>(future: impl Future<Output = T>) -> T {
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(future))
}

pub(crate) const ENGINES: [&str; 5] =
    ["docker", "podman", "moby-classic", "moby-containerd", "trixie-containerd"];

suites! {
    saves_once_and_then_keeps
    keeps_after_a_rebuild_that_changed_nothing
    saves_again_after_a_change
    compresses_what_is_there
    saves_as_a_zip_whose_member_is_named_like_it
    cleans_other_versions_last
    many_images_in_one_call_are_distinguished
    loads_back_under_its_name
    loading_all_leaves_each_tag_on_the_newest_build
    loads_the_platform_of_the_engine
    loads_over_an_image_that_differs_only_in_its_settings
    loads_into_every_other_engine
    saves_again_if_the_tag_moves_during_the_save
    fails_if_the_tag_moves_during_each_save
    lists_the_available_tags_if_an_image_is_missing
    leaves_the_folder_unchanged_when_it_is_cancelled
}

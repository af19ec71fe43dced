//! Partial loads: only missing layers are sent, and the image is complete afterwards.

use std::sync::{Arc, Mutex};

use sealift_testing::layouts::{Body, Entry, Image, Packing, noise, pack};
use sealift_workflow::archive::{ExamineOptions, examine};
use sealift_workflow::catalog::Query;
use sealift_workflow::filename::Version;
use sealift_workflow::oci::Digest;
use sealift_workflow::{
    AddOptions, Cancel, Error, ErrorKind, Event, LoadRequest, LoadedImage, Run, Selection,
    Transfer, UpdateOptions, Work, add,
};

use crate::stand::{At, Stand, context_at, with_api};
use crate::suite::{suite, suites};

/// A size of layers that are worth leaving out.
const LARGE: usize = 2 << 20;

/// Creates a layer of this size that is unique to the test.
fn layer(stand: &Stand, name: &str, size: usize) -> Vec<u8> {
    let file = |name: &str, content| Entry { name: name.to_owned(), body: Body::File(content) };
    pack(&[file("whose", format!("{} {name}", stand.image).into_bytes()), file(name, noise(size))])
}

/// Creates a version of the test's image, with two large layers that all versions share and a small
/// one.
fn image(stand: &Stand, version: &str) -> Image {
    let mut image = Image::new(&stand.reference(version).to_string(), 0);
    image.layers = vec![
        layer(stand, "base", LARGE),
        layer(stand, "tools", LARGE),
        layer(stand, version, 1000),
    ];
    image
}

/// Adds an archive of the test's image to its folder.
pub(crate) async fn add_form(stand: &Stand, version: &str, form: &[Entry]) {
    let file = stand.folder.path().join("elsewhere.tar");
    std::fs::write(&file, pack(form)).unwrap();
    let options = AddOptions::default().with_name(stand.reference(version)).with_compress(true);
    let report = add(&stand.store(), &file, &options, &Run::default()).await.unwrap();
    assert!(report.error.is_none());
}

pub(crate) async fn load_by(stand: &Stand, version: &str, full: bool, run: &Run) -> LoadedImage {
    result_of(stand, version, full, run).await.unwrap()
}

async fn try_load(stand: &Stand, version: &str, run: &Run) -> Result<LoadedImage, Error> {
    result_of(stand, version, false, run).await
}

pub(crate) async fn result_of(
    stand: &Stand,
    version: &str,
    full: bool,
    run: &Run,
) -> Result<LoadedImage, Error> {
    let query = Query::new(stand.repository(), Some(Version::new(version)));
    let folder = (stand.store(), Selection::Queries(vec![query]));
    load_one(stand, &LoadRequest::default().with_folder(folder).with_full(full), run).await
}

async fn load_one(stand: &Stand, request: &LoadRequest, run: &Run) -> Result<LoadedImage, Error> {
    let engines = [stand.engine.clone()];
    let loads = Box::pin(sealift_workflow::load(&engines, request, |_| {}, run)).await;
    loads.unwrap().remove(0).result
}

async fn load(stand: &Stand, version: &str) -> Transfer {
    load_by(stand, version, false, &Run::default()).await.transfer.unwrap()
}

/// Removes a version from the engine. Returns its id in the engine.
pub(crate) async fn remove(stand: &Stand, version: &str) -> Digest {
    let reference = stand.reference(version).to_string();
    let id = stand.engine.inspect(&reference).await.unwrap().unwrap().id;
    assert!(stand.engine.remove(&reference).await.unwrap());
    id
}

/// Checks that the engine has the complete image, by verifying a save of it.
pub(crate) async fn is_whole(stand: &Stand, version: &str, image: &Image) {
    let elsewhere = stand.elsewhere(stand.engine.clone());
    let saved = elsewhere.update(version, &UpdateOptions::default()).await;
    assert_eq!(saved.file.digest.to_string(), image.id());
    assert_eq!(elsewhere.identity_of(&saved.file.archive).config.to_string(), image.id());
}

fn assert_partial(transfer: &Transfer, what: &str) {
    assert_eq!((transfer.layers_sent, transfer.layers_there), (1, 2), "{what}: {transfer:?}");
    assert_eq!(transfer.fallback, None, "{what}");
    assert!(transfer.bytes_sent < 100_000, "{what}: {transfer:?}");
    assert!(transfer.bytes_left_out > 2 * LARGE as u64, "{what}: {transfer:?}");
}

/// A layout in which engines write images.
type Form = (&'static str, fn(&Image) -> Vec<Entry>);

const FORMS: [Form; 4] = [
    ("folders", Image::docker_folders),
    ("blobs", Image::docker_blobs),
    ("podman", Image::podman),
    ("gzip", |image| image.containerd(Packing::Gzip, true)),
];

async fn sends_missing_layers_and_the_image_is_complete(stand: Stand) {
    for (form, write) in FORMS {
        let (first, second) = (image(&stand, "1"), image(&stand, "2"));
        add_form(&stand, "1", &write(&first)).await;
        add_form(&stand, "2", &write(&second)).await;

        let transfer = load(&stand, "1").await;
        assert_eq!((transfer.layers_sent, transfer.layers_there), (3, 0), "{form}: {transfer:?}");
        assert_partial(&load(&stand, "2").await, form);
        is_whole(&stand, "2", &second).await;
        // The image is complete even without the image that had the layers before.
        remove(&stand, "1").await;
        is_whole(&stand, "2", &second).await;
        let unchanged = load_by(&stand, "2", false, &Run::default()).await;
        assert!(!unchanged.loaded && unchanged.transfer.is_none(), "{form}");

        // The id does not depend on the way of loading.
        let partial = remove(&stand, "2").await;
        let full = load_by(&stand, "2", true, &Run::default()).await.transfer.unwrap();
        assert_eq!((full.layers_sent, full.bytes_left_out), (3, 0), "{form}");
        is_whole(&stand, "2", &second).await;
        assert_eq!(remove(&stand, "2").await, partial, "{form}");
        std::fs::remove_dir_all(stand.store().root()).unwrap();
    }
}

async fn all_layers_are_sent_with_full(stand: Stand) {
    for version in ["1", "2"] {
        add_form(&stand, version, &image(&stand, version).docker_blobs()).await;
        let transfer = load_by(&stand, version, true, &Run::default()).await.transfer.unwrap();
        assert_eq!((transfer.layers_sent, transfer.layers_there), (3, 0));
    }
    // This also applies to an image that the engine already has.
    let again = load_by(&stand, "2", true, &Run::default()).await.transfer.unwrap();
    assert_eq!(again.layers_sent, 3);
    is_whole(&stand, "2", &image(&stand, "2")).await;
}

async fn only_missing_layers_of_a_file_are_sent(stand: Stand) {
    add_form(&stand, "1", &image(&stand, "1").docker_blobs()).await;
    load(&stand, "1").await;
    let second = image(&stand, "2");
    let file = stand.folder.path().join("second.tar");
    std::fs::write(&file, pack(&second.docker_blobs())).unwrap();
    let request = LoadRequest::default().with_files([file]);
    let loaded = load_one(&stand, &request, &Run::default()).await.unwrap();
    assert_partial(&loaded.transfer.unwrap(), "a file");
    is_whole(&stand, "2", &second).await;
}

/// The engine has the layers with another compression, in an image that is not in the folder. A
/// containerd store does not find these layers, so everything is sent.
async fn layers_in_another_form_are_sent(stand: Stand) {
    add_form(&stand, "1", &image(&stand, "1").containerd(Packing::Gzip, false)).await;
    load(&stand, "1").await;
    std::fs::remove_dir_all(stand.store().root()).unwrap();
    let second = image(&stand, "2");
    add_form(&stand, "2", &second.docker_blobs()).await;
    let notices = Arc::new(Mutex::new(Vec::new()));
    let run = {
        let notices = Arc::clone(&notices);
        context_at(move |event| {
            if let Event::OnEngine { event, .. } = event
                && let Event::SentInFull { .. } = **event
            {
                notices.lock().unwrap().push(event.clone());
            }
        })
    };
    let transfer = load_by(&stand, "2", false, &run).await.transfer.unwrap();
    is_whole(&stand, "2", &second).await;
    let is_containerd = stand.image.contains("containerd");
    assert_eq!(transfer.fallback.is_some(), is_containerd, "{transfer:?}");
    assert_eq!(notices.lock().unwrap().len(), usize::from(is_containerd));
    if is_containerd {
        // From now on the folder has an archive with the layers of the engine.
        add_form(&stand, "3", &image(&stand, "3").docker_blobs()).await;
        assert_partial(&load(&stand, "3").await, "the next version");
        is_whole(&stand, "3", &image(&stand, "3")).await;
    }
}

/// A layer that is not sent is also verified, unless a valid record covers it.
async fn a_damaged_layer_that_the_engine_has_creates_no_image(stand: Stand) {
    for version in ["1", "2"] {
        add_form(&stand, version, &image(&stand, version).docker_blobs()).await;
    }
    load(&stand, "1").await;
    let archive = stand.files().into_iter().find(|name| name.contains("_2_")).unwrap();
    let archive = stand.store().root().join(archive);
    let mut bytes = std::fs::read(&archive).unwrap();
    // A position in one of the two large layers.
    let at = bytes.len() / 4;
    bytes[at] ^= 1;
    std::fs::write(&archive, bytes).unwrap();
    let error = try_load(&stand, "2", &Run::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Damaged, "{error:?}");
    let tag = stand.reference("2").to_string();
    assert!(stand.engine.inspect(&tag).await.unwrap().is_none());
}

/// Old versions of the API list incomplete images of a containerd store like complete ones.
async fn images_listed_by_an_old_api_do_not_count_as_complete(stand: Stand) {
    for api in ["1.41", "1.45", "1.47"] {
        let first = image(&stand, "1").containerd(Packing::Gzip, false);
        add_form(&stand, "1", &first).await;
        load(&stand, "1").await;
        std::fs::remove_dir_all(stand.store().root()).unwrap();
        let second = image(&stand, "2");
        add_form(&stand, "2", &second.docker_blobs()).await;
        let old = stand.elsewhere(with_api(&stand.engine, api)).with_folder_of(&stand);
        let transfer = load(&old, "2").await;
        assert_eq!((transfer.layers_sent, &transfer.fallback), (3, &None), "{api}: {transfer:?}");
        is_whole(&stand, "2", &second).await;
        remove(&stand, "1").await;
        remove(&stand, "2").await;
        std::fs::remove_dir_all(stand.store().root()).unwrap();
    }
}

/// Prepares a load after which a containerd store has a manifest without all of its layers.
async fn prepare_fallback(stand: &Stand) -> Image {
    add_form(stand, "1", &image(stand, "1").containerd(Packing::Gzip, false)).await;
    load(stand, "1").await;
    std::fs::remove_dir_all(stand.store().root()).unwrap();
    let second = image(stand, "2");
    add_form(stand, "2", &second.docker_blobs()).await;
    // A failed run of this test may have left the manifest.
    let _ = stand.engine.remove(&form_manifest(&second)).await;
    second
}

/// Returns a run that is cancelled at the first event of an engine that `is_moment` accepts.
fn cancelled_at(is_moment: fn(&Event) -> bool) -> Run {
    let cancel = Cancel::new();
    let at = cancel.clone();
    let react = move |event: &Event| {
        if let Event::OnEngine { event, .. } = event
            && is_moment(event)
        {
            at.cancel();
        }
    };
    Run::new(Arc::new(At(Mutex::new(react))), cancel)
}

async fn a_load_that_is_cancelled_leaves_no_incomplete_image(stand: Stand) {
    let second = prepare_fallback(&stand).await;
    // After the upload without some layers, and before everything is sent.
    let moments: [fn(&Event) -> bool; 2] = [
        |event| matches!(event, Event::Finished { .. }),
        |event| matches!(event, Event::SentInFull { .. }),
    ];
    for is_moment in moments {
        let error = try_load(&stand, "2", &cancelled_at(is_moment)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Interrupted);
        assert!(stand.engine.inspect(&form_manifest(&second)).await.unwrap().is_none());
        let tag = stand.reference("2").to_string();
        assert!(stand.engine.inspect(&tag).await.unwrap().is_none());
    }
    load(&stand, "2").await;
    is_whole(&stand, "2", &second).await;
}

async fn a_cancelled_load_creates_no_tag(stand: Stand) {
    let (first, second) = (image(&stand, "1"), image(&stand, "2"));
    add_form(&stand, "1", &first.docker_blobs()).await;
    add_form(&stand, "2", &second.docker_blobs()).await;
    load(&stand, "1").await;
    // During the upload, and between the upload and the tag.
    let moments: [fn(&Event) -> bool; 2] = [
        |event| matches!(event, Event::Started { work: Work::Loading, .. }),
        |event| matches!(event, Event::Finished { .. }),
    ];
    for is_moment in moments {
        let error = try_load(&stand, "2", &cancelled_at(is_moment)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Interrupted);
        let tag = stand.reference("2").to_string();
        assert!(stand.engine.inspect(&tag).await.unwrap().is_none());
    }
    load(&stand, "2").await;
    is_whole(&stand, "2", &second).await;
    // The image stays in the engine without a name until it is pruned.
    remove(&stand, "2").await;
}

/// If Podman has an image with the name below `localhost/`, only this image is replaced.
async fn only_one_name_is_moved(stand: Stand) {
    let (first, second) = (image(&stand, "1"), image(&stand, "2"));
    add_form(&stand, "1", &first.docker_blobs()).await;
    load(&stand, "1").await;
    let tag = |repository: String| {
        let engine = stand.engine.clone();
        let id = first.id();
        async move { engine.tag(&id, &repository, "2").await.unwrap() }
    };
    let (hub, local) =
        (format!("docker.io/library/{}", stand.image), format!("localhost/{}", stand.image));
    tag(hub.clone()).await;
    tag(local.clone()).await;
    add_form(&stand, "2", &second.docker_blobs()).await;
    load(&stand, "2").await;
    let id_of = async |name: &str| {
        stand.engine.inspect(&format!("{name}:2")).await.unwrap().unwrap().id.to_string()
    };
    assert_eq!(id_of(&local).await, second.id());
    assert_eq!(id_of(&hub).await, first.id());
    assert_eq!(id_of(&stand.image).await, second.id());
}

/// Removes images from the engine at the first event of a load that `is_moment` accepts.
fn remove_at(
    stand: &Stand,
    references: Vec<String>,
    is_moment: fn(&Event) -> bool,
) -> (Run, Arc<Mutex<usize>>) {
    let removed = Arc::new(Mutex::new(0));
    let (engine, count) = (stand.engine.clone(), Arc::clone(&removed));
    let run = context_at(move |event| {
        let Event::OnEngine { event, .. } = event else { return };
        let mut count = count.lock().unwrap();
        if *count > 0 || !is_moment(event) {
            return;
        }
        for reference in &references {
            *count += usize::from(blocking(engine.remove(reference)).unwrap());
        }
    });
    (run, removed)
}

/// Runs a future to completion on a separate thread, because reporters are not asynchronous.
fn blocking<T: Send>(future: impl Future<Output = T> + Send) -> T {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    std::thread::scope(|scope| scope.spawn(|| runtime().block_on(future)).join().unwrap())
}

/// The layers are removed between the list request and the load.
async fn layers_that_were_removed_during_the_load_are_sent(stand: Stand) {
    for (form, write) in FORMS {
        let (first, second) = (image(&stand, "1"), image(&stand, "2"));
        add_form(&stand, "1", &write(&first)).await;
        add_form(&stand, "2", &write(&second)).await;
        load(&stand, "1").await;
        let is_upload = |event: &Event| matches!(event, Event::Started { work: Work::Loading, .. });
        let (run, removed) = remove_at(&stand, vec![stand.reference("1").to_string()], is_upload);
        let transfer = load_by(&stand, "2", false, &run).await.transfer.unwrap();
        assert_eq!(*removed.lock().unwrap(), 1, "{form}");
        assert_eq!((transfer.layers_sent, transfer.layers_there), (3, 0), "{form}: {transfer:?}");
        assert!(transfer.fallback.is_some(), "{form}");
        is_whole(&stand, "2", &second).await;
        remove(&stand, "2").await;
        std::fs::remove_dir_all(stand.store().root()).unwrap();
    }
}

/// The image is pruned between the load and the tag.
async fn an_image_that_is_pruned_before_it_is_tagged_is_sent_again(stand: Stand) {
    let (first, second) = (image(&stand, "1"), image(&stand, "2"));
    add_form(&stand, "1", &first.docker_blobs()).await;
    add_form(&stand, "2", &second.docker_blobs()).await;
    load(&stand, "1").await;
    let manifest = form_manifest(&second);
    let has_answered = |event: &Event| matches!(event, Event::Finished { .. });
    let (run, removed) = remove_at(&stand, vec![second.id(), manifest], has_answered);
    let transfer = load_by(&stand, "2", false, &run).await.transfer.unwrap();
    assert_eq!(*removed.lock().unwrap(), 1);
    assert!(transfer.fallback.is_some(), "{transfer:?}");
    is_whole(&stand, "2", &second).await;
}

/// After an aborted upload, a containerd store may collect the layers of the next one as garbage.
async fn a_full_load_that_is_lost_is_sent_again(stand: Stand) {
    let image = image(&stand, "1");
    add_form(&stand, "1", &image.docker_blobs()).await;
    let has_answered = |event: &Event| matches!(event, Event::Finished { .. });
    let (run, removed) = remove_at(&stand, vec![form_manifest(&image)], has_answered);
    let transfer = load_by(&stand, "1", true, &run).await.transfer.unwrap();
    assert_eq!(*removed.lock().unwrap(), 1);
    assert!(transfer.fallback.is_some(), "{transfer:?}");
    is_whole(&stand, "1", &image).await;
}

/// Returns the digest of the manifest in an archive with this layout.
fn form_manifest(image: &Image) -> String {
    let tar = pack(&image.docker_blobs());
    let proof = examine(tar, &ExamineOptions::new()).unwrap();
    proof.identity().manifests[0].to_string()
}

suites! {
    sends_missing_layers_and_the_image_is_complete
    all_layers_are_sent_with_full
    only_missing_layers_of_a_file_are_sent
    layers_in_another_form_are_sent
    layers_that_were_removed_during_the_load_are_sent
    an_image_that_is_pruned_before_it_is_tagged_is_sent_again
    a_cancelled_load_creates_no_tag
    a_damaged_layer_that_the_engine_has_creates_no_image
}

suite!(old_api, "moby-containerd": images_listed_by_an_old_api_do_not_count_as_complete);
suite!(cancelled, "moby-containerd": a_load_that_is_cancelled_leaves_no_incomplete_image);
suite!(cancelled_trixie, "trixie-containerd": a_load_that_is_cancelled_leaves_no_incomplete_image);
suite!(local, "podman": only_one_name_is_moved);
suite!(lost, "moby-containerd": a_full_load_that_is_lost_is_sent_again);
suite!(lost_trixie, "trixie-containerd": a_full_load_that_is_lost_is_sent_again);

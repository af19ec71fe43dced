//! Two publishers that write to one destination at the same time.

use sealift_testing::layouts::Image;

use super::source::{Destination, Server, Source};

/// Two processes repeatedly publish an image each, and no entry is lost.
fn assert_none_is_lost(to: &Destination, rounds: u64) {
    let sources = ["web", "api"].map(|image| {
        let source = Source { place: crate::command::Place::new() };
        for round in 1..=rounds {
            let image = Image::new(&format!("{image}:{round}.0.0.0"), u8::try_from(round).unwrap());
            source.add_image("artifacts", &image.podman(), &["--compress"]);
        }
        (image, source)
    });
    for round in 1..=rounds {
        let running = sources.each_ref().map(|(image, source)| {
            let tag = format!("{image}:{round}.0.0.0");
            source.place.spawn(&mut source.publishing("artifacts", to, &[&tag]))
        });
        for (child, (_, source)) in running.into_iter().zip(&sources) {
            let said = source.place.said(child.wait_with_output().unwrap());
            assert_eq!(said.code, 0, "{}, {round}: {said:?}", to.url);
        }
        let config = to.config();
        for image in ["web", "api"] {
            assert_eq!(config[image]["version"], format!("{round}.0.0.0"), "{image} {config}");
        }
        assert_eq!(to.sequence(), 2 * round, "{config}");
        to.assert_sums();
    }
}

#[test]
fn lose_nothing_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    assert_none_is_lost(&Destination::in_folder(folder.path()), 20);
}

#[test]
fn lose_nothing_in_a_bucket() {
    let Some(server) = Server::s3() else { return };
    assert_none_is_lost(&server.at(server.address, "two"), 20);
}

/// Apache compares the entity tag of a file, but not within the second of its modification.
#[test]
fn lose_nothing_on_apache() {
    let Some(server) = Server::apache() else { return };
    assert_none_is_lost(&server.at(server.address, "two"), 4);
}

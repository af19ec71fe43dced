//! Archives with more zeros after their end than engines read, as tar writers pad them.

use bytes::Bytes;
use futures_util::stream;
use sealift_docker::Error;

use crate::on_engine::Stand;

/// Real engines answer when they reach the end marker and close the connection soon after. The
/// amount that they read until then differs.
async fn padding_after_the_end_does_not_fail_a_load(engine: &str) {
    let Some(stand) = Stand::new(engine, "padding") else { return };
    let id = stand.build("1", "padding").await;
    let archive = stand.save("1").await;
    for megabytes in [1, 3, 20] {
        stand.engine.remove(&stand.tag("1")).await.unwrap();
        let zeros = vec![Bytes::from(vec![0; 1 << 16]); megabytes << 4];
        let padded = archive.iter().cloned().chain(zeros).map(Ok::<_, Error>);
        let loaded = stand.engine.load(stream::iter(padded.collect::<Vec<_>>())).await;
        assert!(loaded.is_ok(), "{megabytes} MB: {loaded:?}");
        let image = stand.engine.inspect(&stand.tag("1")).await.unwrap();
        assert_eq!(image.map(|image| image.id.to_string()), Some(id.clone()), "{megabytes} MB");
    }
    stand.engine.remove(&stand.tag("1")).await.unwrap();
}

mod on_engine {
    use super::padding_after_the_end_does_not_fail_a_load;

    #[tokio::test]
    async fn docker() {
        padding_after_the_end_does_not_fail_a_load("docker").await;
    }

    #[tokio::test]
    async fn podman() {
        padding_after_the_end_does_not_fail_a_load("podman").await;
    }

    #[tokio::test]
    async fn moby_classic() {
        padding_after_the_end_does_not_fail_a_load("moby-classic").await;
    }

    #[tokio::test]
    async fn moby_containerd() {
        padding_after_the_end_does_not_fail_a_load("moby-containerd").await;
    }

    #[tokio::test]
    async fn trixie_containerd() {
        padding_after_the_end_does_not_fail_a_load("trixie-containerd").await;
    }
}

//! Media types of the OCI and Docker image formats.

/// An index of the OCI specification: one image for several platforms.
pub const IMAGE_INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// A manifest of the OCI specification: one image for one platform.
pub const IMAGE_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// The config of an image, as the OCI specification defines it.
pub const IMAGE_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// An uncompressed layer.
pub const LAYER_TAR: &str = "application/vnd.oci.image.layer.v1.tar";
/// A layer compressed by gzip.
pub const LAYER_TAR_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
/// A layer compressed by zstd.
pub const LAYER_TAR_ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";
/// Docker's manifest list, its equivalent of an index.
pub const DOCKER_MANIFEST_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
/// Docker's manifest, schema 2.
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// The config of an image, as Docker defines it.
pub const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";

/// Returns `true` for an OCI index or a Docker manifest list.
pub fn is_index(media_type: &str) -> bool {
    matches!(media_type, IMAGE_INDEX | DOCKER_MANIFEST_LIST)
}

/// Returns `true` for an OCI or Docker manifest.
pub fn is_manifest(media_type: &str) -> bool {
    matches!(media_type, IMAGE_MANIFEST | DOCKER_MANIFEST)
}

/// Returns `true` for the config of an image, as OCI or Docker defines it. Returns `false` for the
/// config of another artifact.
pub fn is_image_config(media_type: &str) -> bool {
    matches!(media_type, IMAGE_CONFIG | DOCKER_CONFIG)
}

//! sealift-docker

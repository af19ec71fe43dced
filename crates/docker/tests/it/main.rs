//! Tests of sealift-docker.

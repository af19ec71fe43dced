//! sealift-store

//! sealift-filename

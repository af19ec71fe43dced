//! sealift-workflow

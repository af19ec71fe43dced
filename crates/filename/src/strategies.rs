//! Strategies for proptest.

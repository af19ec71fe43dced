//! Lets libFuzzer look for bytes that break the law of `signature`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sealift_fuzz::signature::holds(bytes));

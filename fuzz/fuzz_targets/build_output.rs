//! Lets libFuzzer look for bytes that break the law of `build_output`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sealift_fuzz::build_output::holds(bytes));

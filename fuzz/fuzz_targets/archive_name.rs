//! Lets libFuzzer look for bytes that break the law of `archive_name`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sealift_fuzz::archive_name::holds(bytes));

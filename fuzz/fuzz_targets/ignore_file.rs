//! Lets libFuzzer look for bytes that break the law of `ignore_file`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sealift_fuzz::ignore_file::holds(bytes));

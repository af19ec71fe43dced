//! Runs libFuzzer to find bytes that violate the property named by the variable
//! `SEALIFT_FUZZ_TARGET`.
//!
//! `cargo xtask fuzz` builds that with `--cfg fuzzing`. Without it, the program writes the corpora
//! into a folder, and prints the names of the properties.

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
mod target {
    use std::sync::LazyLock;

    use sealift_fuzz::TARGETS;

    static HOLDS: LazyLock<fn(&[u8])> = LazyLock::new(|| {
        let name = std::env::var("SEALIFT_FUZZ_TARGET").unwrap_or_default();
        let target = TARGETS.iter().find(|target| target.name == name);
        target.unwrap_or_else(|| panic!("SEALIFT_FUZZ_TARGET names no property: `{name}`")).holds
    });

    libfuzzer_sys::fuzz_target!(|bytes: &[u8]| HOLDS(bytes));
}

#[cfg(not(fuzzing))]
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a program")]
fn main() -> std::process::ExitCode {
    let Some(folder) = std::env::args_os().nth(1) else {
        eprintln!("usage: sealift-fuzz FOLDER");
        return std::process::ExitCode::FAILURE;
    };
    if let Err(error) = sealift_fuzz::corpus::write(folder.as_ref()) {
        eprintln!("cannot write the corpus: {error}");
        return std::process::ExitCode::FAILURE;
    }
    for target in sealift_fuzz::TARGETS {
        println!("{}", target.name);
    }
    std::process::ExitCode::SUCCESS
}

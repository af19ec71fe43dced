//! Whether a program of Linux needs another to be started: read from its own headers.

use anyhow::{Context as _, Result, ensure};

/// The kind of a header that names the program's interpreter, which loads its libraries.
const INTERPRETER: u32 = 3;

/// Returns `true` if it is linked statically.
///
/// # Errors
///
/// Where it is no program of Linux for a processor with 64 bits that has the lower byte first.
pub(crate) fn is_static(program: &[u8]) -> Result<bool> {
    ensure!(program.starts_with(b"\x7fELF\x02\x01"), "it is no program of 64 bits for Linux");
    let cut = "the program's headers break off";
    let start = usize::try_from(u64::from_le_bytes(bytes(program, 0x20).context(cut)?))?;
    let size = usize::from(u16::from_le_bytes(bytes(program, 0x36).context(cut)?));
    let count = usize::from(u16::from_le_bytes(bytes(program, 0x38).context(cut)?));
    for number in 0..count {
        let kind = start.checked_add(number * size).and_then(|at| bytes(program, at));
        if u32::from_le_bytes(kind.context(cut)?) == INTERPRETER {
            return Ok(false);
        }
    }
    Ok(true)
}

fn bytes<const N: usize>(program: &[u8], at: usize) -> Option<[u8; N]> {
    program.get(at..at.checked_add(N)?)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Creates headers of these kinds, after the one that all programs start with.
    fn program(kinds: &[u32]) -> Vec<u8> {
        let mut program = vec![0; 64];
        program[..6].copy_from_slice(b"\x7fELF\x02\x01");
        program[0x20] = 64;
        program[0x36] = 56;
        program[0x38] = u8::try_from(kinds.len()).unwrap();
        for kind in kinds {
            program.extend(kind.to_le_bytes());
            program.extend([0; 52]);
        }
        program
    }

    #[test]
    fn a_program_with_an_interpreter_does_not_stand_alone() {
        assert!(is_static(&program(&[1, 2, 6])).unwrap());
        assert!(!is_static(&program(&[6, 3, 1])).unwrap());
        assert!(is_static(&program(&[])).unwrap());
    }

    #[test]
    fn what_is_no_program_or_only_its_beginning_is_refused() {
        assert!(is_static(b"#!/bin/sh\n").is_err());
        assert!(is_static(&program(&[1])[..70]).is_ok(), "only the kinds are read");
        assert!(is_static(&program(&[1])[..66]).is_err());
        assert!(is_static(&program(&[1])[..40]).is_err());
    }
}

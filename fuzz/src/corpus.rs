//! The corpus of each target, and changes of its inputs.

use std::fs;
use std::io;
use std::path::Path;

use crate::TARGETS;

/// Writes the corpus of every target into a separate folder.
///
/// # Errors
///
/// If the folder cannot be written.
pub fn write(folder: &Path) -> io::Result<()> {
    for target in TARGETS {
        let folder = folder.join(target.name);
        fs::create_dir_all(&folder)?;
        for (number, seed) in (target.seeds)().iter().enumerate() {
            fs::write(folder.join(format!("seed-{number:03}")), seed)?;
        }
    }
    Ok(())
}

/// Pseudo-random numbers that are the same for the same seed.
#[derive(Debug, Clone)]
pub struct Numbers(u64);

impl Numbers {
    /// Creates a generator with a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Returns a number below a limit; 0 if that is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit.max(1)
    }
}

/// Changes an input in one to four places, as a fuzzer does: bytes are changed, inserted, removed
/// or repeated.
pub fn change(input: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut changed = input.to_vec();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(changed.len() + 1);
        let end = (at + numbers.below(16)).min(changed.len());
        match numbers.below(5) {
            0 if at < changed.len() => changed[at] ^= 1 << numbers.below(8),
            1 => changed.insert(at, [0, b'0', b'/', b'\n', 0xff][numbers.below(5)]),
            2 => drop(changed.drain(at..end)),
            3 => {
                let piece = changed[at..end].to_vec();
                let to = numbers.below(changed.len() + 1);
                changed.splice(to..to, piece);
            }
            _ => changed.truncate(at),
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Target;

    fn holds_for_its_corpus_and_changes_of_it(name: &str, changes: usize) {
        let Target { holds, seeds, .. } =
            TARGETS.into_iter().find(|target| target.name == name).unwrap();
        let seeds = seeds();
        assert!(!seeds.is_empty());
        seeds.iter().for_each(|seed| holds(seed));
        let mut numbers = Numbers::new(1);
        for _ in 0..changes {
            holds(&change(&seeds[numbers.below(seeds.len())], &mut numbers));
        }
    }

    #[test]
    fn archive_names() {
        holds_for_its_corpus_and_changes_of_it("archive_name", 20_000);
    }

    #[test]
    fn blocks() {
        holds_for_its_corpus_and_changes_of_it("blocks", 2_000);
    }

    #[test]
    fn build_outputs() {
        holds_for_its_corpus_and_changes_of_it("build_output", 5_000);
    }

    #[test]
    fn cuts() {
        holds_for_its_corpus_and_changes_of_it("cut", 100);
    }

    #[test]
    fn ignore_files() {
        holds_for_its_corpus_and_changes_of_it("ignore_file", 5_000);
    }

    #[test]
    fn metadata() {
        holds_for_its_corpus_and_changes_of_it("metadata", 3_000);
    }

    #[test]
    fn signatures() {
        holds_for_its_corpus_and_changes_of_it("signature", 5_000);
    }

    #[test]
    fn tars() {
        holds_for_its_corpus_and_changes_of_it("tar", 2_000);
    }

    #[test]
    fn zips() {
        holds_for_its_corpus_and_changes_of_it("zip", 2_000);
    }
}

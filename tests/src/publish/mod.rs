//! `sealift publish` on real servers.

mod conflicts;
mod content;
mod destinations;
mod failures;
mod interrupts;
mod killed;
mod leftovers;
mod output;
mod read_back;
mod removal;
mod source;
mod two_publishers;

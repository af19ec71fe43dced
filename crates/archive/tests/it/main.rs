//! Tests of sealift-archive with archives that are created by code.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a failing test stops with the reason"
)]

mod bits;
mod compressing;
mod containers;
mod damage;
mod forms;
mod hostile;
mod image_tar;
mod layouts;
mod random_access;
mod renaming;
mod sources;
mod tar_forms;
mod versions;
mod writing;

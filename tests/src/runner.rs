//! End-to-end tests of the built command.
#![cfg(test)]
mod bad_archives;
mod bad_input;
mod command;
mod copied_folders;
mod damaged_saves;
mod fake_engine;
mod help;
mod hostile;
mod http;
mod huge_image;
mod interrupt;
mod main_job;
mod memory;
mod names;
mod platforms;
mod trust;

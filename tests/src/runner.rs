//! End-to-end tests of the built command.
#![cfg(test)]
mod bad_archives;
mod bad_input;
mod book;
mod builds;
mod command;
mod connect;
mod copied_folders;
mod damaged_saves;
mod examples;
mod fake_engine;
mod faults;
mod habits;
mod help;
mod hostile;
mod http;
mod huge_image;
mod interrupt;
mod json;
mod lost_output;
mod main_job;
mod memory;
mod names;
mod odd_engines;
mod platforms;
mod secrets;
mod trust;

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
mod fake_engine;
mod faults;
mod habits;
mod help;
mod http;
mod interrupt;
mod main_job;
mod names;
mod platforms;

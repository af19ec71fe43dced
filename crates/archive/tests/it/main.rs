//! Tests of sealift-archive against archives made by code.
#![allow(missing_docs)]

mod containers;
mod damage;
mod layouts;
mod tar_forms;

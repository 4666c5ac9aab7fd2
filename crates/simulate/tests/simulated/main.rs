//! Chains made by the generator, read back from disk with the bitcoin crate and judged by the rules.

#![allow(clippy::unwrap_used)] // in a test a panic is the report

mod chain;
mod directory;
mod files;
mod growth;
mod regtest;
mod sparse;

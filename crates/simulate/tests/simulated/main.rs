//! Chains made by the generator, read back from disk with the bitcoin crate and judged by the rules.

mod chain;
mod directory;
mod files;
mod growth;
mod regtest;
mod sparse;

//! Both kinds of source from the outside: against a node that answers as it is told to, and on block files made here.

#![allow(clippy::unwrap_used)] // in a test a panic is the report

mod fake_node;
mod files;
mod files_damaged;
mod made;
mod rpc;
mod rpc_hostile;

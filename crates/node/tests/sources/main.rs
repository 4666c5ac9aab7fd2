//! Both kinds of source from the outside: against a node that answers as it is told to, against real ones, and on block
//! files made here.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod branches;
mod bulk;
mod bulk_hostile;
mod fake_node;
mod files;
mod files_damaged;
mod made;
mod real_node;
mod rpc;
mod rpc_hostile;

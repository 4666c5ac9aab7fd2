//! What is worth a warning, as it happens: the chain is folded by the rules of alerts, and what they say is kept.
//!
//! Left to others: the rules and their words (alerts), where notices lie (store), who hears of them (delivery).

mod branch;
mod columns;
mod cost;
mod labels;
mod said;
mod seen;
mod stored;
mod watch;

pub(crate) use labels::read as read_labels;
pub(crate) use stored::{Whole, read_store};
pub(crate) use watch::Watcher;

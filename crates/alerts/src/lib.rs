//! What is worth a warning: rules over the chain, one step at a block, and the words in which a notice is told.
//!
//! Plain functions: no I/O, no clock. Each rule's definition and how often it is false stand in `docs/methodology/alerts.md`.
//!
//! Left to others: where blocks and figures come from, where notices are kept (store), who hears of them (delivery).

pub mod filter;
pub mod fold;
mod level;
mod marks;
pub mod observed;
pub mod rule;
pub mod rules;
pub mod scene;
pub mod step;
pub mod words;

pub use filter::Filter;
pub use fold::Fold;
pub use observed::{Condition, Observed};
pub use rule::{Rule, Unit};
pub use rules::{Rules, RulesError, Setting};
pub use scene::{By, Entity, Scene, Scope};
pub use step::{Step, alert_id};

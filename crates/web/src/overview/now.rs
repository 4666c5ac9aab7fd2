//! What goes on right now, in words: nodes, sync, store and refusals, and the figures that go with the window.

use hashwatch_metrics::Estimate;
use hashwatch_model::{BlockId, NodeState, NodeStatus, Status, StoreState, Sync};
use hashwatch_store::{Counts, StoredBlock};

use crate::{
    error::WebError,
    shares::Shares,
    state::WebState,
    view::View,
    wording::{counted, difficulty_words, hashrate_unit, significant, thousands, utc},
    work::hashrate::usual,
};

pub(super) struct StateLine {
    pub(super) label: String,
    pub(super) value: String,
    pub(super) level: &'static str,
    pub(super) detail: String,
}

pub(super) struct Fact {
    pub(super) label: String,
    pub(super) value: String,
    pub(super) interval: String,
    pub(super) note: String,
    pub(super) note_level: &'static str,
}

/// One line for each node, for the pipeline and for the store; a refusal, if there is one, last.
pub(super) fn state_lines(now: &Status, tip: Option<u32>) -> Vec<StateLine> {
    let mut lines: Vec<StateLine> =
        now.nodes.iter().flat_map(|node| [Some(node_line(node, tip)), work_line(node)]).flatten().collect();
    let (value, level) = match now.sync {
        Sync::Off => ("serving only".to_owned(), "ok"),
        Sync::Waiting => ("waiting for a node".to_owned(), "warn"),
        Sync::CatchingUp { at, of } => {
            (format!("block {} of {}", thousands(u64::from(at)), thousands(u64::from(of))), "warn")
        }
        Sync::Following => ("at the tip".to_owned(), "ok"),
    };
    lines.push(StateLine { label: "Sync".to_owned(), value, level, detail: String::new() });
    let store = format!("ClickHouse {} ({})", now.store_version, now.store_kind);
    lines.push(match &now.store {
        StoreState::Ok => StateLine { label: "Store".to_owned(), value: store, level: "ok", detail: String::new() },
        StoreState::Down(reason) => {
            StateLine { label: "Store".to_owned(), value: "down".to_owned(), level: "bad", detail: reason.clone() }
        }
    });
    if now.overlay_problems > 0 {
        lines.push(StateLine {
            label: "Registry".to_owned(),
            value: "the operator's own entries are refused".to_owned(),
            level: "warn",
            detail: format!(
                "{}; the former ones hold, and the log says more",
                counted(now.overlay_problems, "problem")
            ),
        });
    }
    lines.extend(now.not_evaluated.iter().map(|it| StateLine {
        label: "Alerts".to_owned(),
        value: format!("the rule {} is not evaluated", it.rule),
        level: "warn",
        detail: it.reason.clone(),
    }));
    if let Some(setback) = &now.setback {
        lines.push(StateLine {
            label: "Held up".to_owned(),
            value: "asking the node fails".to_owned(),
            level: "bad",
            detail: setback.clone(),
        });
    }
    if let Some(refusal) = &now.refusal {
        lines.push(StateLine {
            label: "Refused".to_owned(),
            value: format!("block {} breaks {}", thousands(u64::from(refusal.height)), refusal.rule),
            level: "bad",
            detail: refusal.message.clone(),
        });
    }
    lines
}

fn node_line(node: &NodeStatus, tip: Option<u32>) -> StateLine {
    let behind = match (node.tip, tip) {
        (Some(at), Some(tip)) if at.height > tip => {
            format!(", {} blocks ahead of us", thousands(u64::from(at.height - tip)))
        }
        _ => String::new(),
    };
    let (value, level, detail) = match &node.state {
        NodeState::Unknown => ("not asked yet".to_owned(), "warn", String::new()),
        NodeState::Ok => (format!("synced{behind}"), "ok", node.version.clone().unwrap_or_default()),
        NodeState::Unreachable(reason) => ("unreachable".to_owned(), "bad", reason.clone()),
        NodeState::InitialBlockDownload { blocks, headers } => {
            let progress = format!("{} of {} blocks", thousands(u64::from(*blocks)), thousands(u64::from(*headers)));
            ("still in its initial block download".to_owned(), "warn", progress)
        }
        NodeState::PrunedBelowStart { lowest, needed } => (
            "pruned below the start".to_owned(),
            "bad",
            format!("has blocks from {lowest} on, {needed} is needed: start higher, or ask a node that keeps all"),
        ),
        NodeState::WrongNetwork { found } => ("on another network".to_owned(), "bad", format!("it follows {found}")),
    };
    StateLine { label: format!("Node {}", node.name), value, level, detail }
}

/// `node_not_on_most_work`, where it holds.
fn work_line(node: &NodeStatus) -> Option<StateLine> {
    let more = node.more_work.as_ref()?;
    let said =
        more.standing.map_or_else(|| "another node has it".to_owned(), |said| format!("the node calls it {said}"));
    Some(StateLine {
        label: format!("Node {}", node.name),
        value: "not on the chain with most work".to_owned(),
        level: "warn",
        detail: format!(
            "a branch up to block {} ({}) holds more verified work; {said}",
            thousands(u64::from(more.tip.height)),
            more.tip.hash
        ),
    })
}

/// Tip, hashrate, difficulty and what is stored. `newest` is the tip of now, which may lie above the snapshot's.
pub(super) async fn facts(
    state: &WebState,
    snapshot: &View,
    newest: BlockId,
    counts: &Counts,
    shares: &Shares,
    latest: &[StoredBlock],
) -> Result<Vec<Fact>, WebError> {
    let mark = snapshot.mark();
    let scaled = if state.origin().simulated { "simulated hashes, scaled to Bitcoin's order" } else { "estimate" };
    let plain = |label: &str, value: String, note: String| Fact {
        label: label.to_owned(),
        value,
        interval: String::new(),
        note,
        note_level: "ok",
    };
    let hashrate = match usual(state, &snapshot.chain().await?, shares.range) {
        Some(Estimate { rate, .. }) => {
            let (unit, size) = hashrate_unit(rate.value);
            Fact {
                label: "Hashrate".to_owned(),
                value: format!("{} {unit}", significant(rate.value / size)),
                interval: format!("{} to {} {unit}", significant(rate.low / size), significant(rate.high / size)),
                note: scaled.to_owned(),
                note_level: "ok",
            }
        }
        None => plain("Hashrate", "no estimate".to_owned(), "the window holds too few blocks".to_owned()),
    };
    let mut facts = vec![
        plain("Tip", thousands(u64::from(mark.tip.height)), utc(mark.time)),
        plain("Verified headers", thousands(counts.active), stale_words(mark.tip, newest, counts.stale)),
        hashrate,
        plain("Blocks in window", thousands(shares.range.blocks()), {
            format!("{} to {}", thousands(u64::from(shares.range.from)), thousands(u64::from(shares.range.to)))
        }),
    ];
    if let Some(tip) = latest.first() {
        let difficulty = tip.block.header.difficulty_float() * state.origin().hash_scale;
        facts.push(plain("Difficulty", difficulty_words(difficulty), "of the tip".to_owned()));
    }
    Ok(facts)
}

/// Stale blocks are counted as of now, those above an older tip among them: there the figure would be another's.
fn stale_words(tip: BlockId, newest: BlockId, stale: u64) -> String {
    if tip == newest { format!("{} stale kept", thousands(stale)) } else { "up to this block".to_owned() }
}

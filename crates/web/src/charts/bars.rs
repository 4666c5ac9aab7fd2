//! The chart `shares`: who mined the blocks of a window, as bars with their intervals.

use hashwatch_metrics::Interval;
use serde_json::{Value, json};

use super::{
    colors::{color, neutral},
    head, others_name,
};
use crate::{
    shares::{CONFIDENCE, Shares, by::By},
    state::WebState,
    view::View,
    window_links::range_words,
};

/// Pools drawn by name; the rest are added up as others.
const NAMED_POOLS: usize = 14;

pub(super) fn bars(state: &WebState, view: &View, shares: &Shares, by: By) -> Value {
    let bar = |id: &str, kind: &str, name: &str, blocks: u64, share: Interval, color: (String, String)| {
        json!({
            "id": id, "kind": kind, "name": name, "blocks": blocks,
            "share": share.value, "low": share.low, "high": share.high, "color": { "light": color.0, "dark": color.1 },
        })
    };
    let (named, rest) = shares.pools.split_at(shares.pools.len().min(NAMED_POOLS));
    let named = named.iter().enumerate();
    let mut items: Vec<Value> = named
        .map(|(rank, one)| bar(&one.slug, one.kind, &one.name, one.blocks, one.share, color(&view.who, one, rank)))
        .collect();
    let others: u64 = rest.iter().map(|share| share.blocks).sum();
    if let Some(share) = hashwatch_metrics::wilson(others, shares.range.blocks(), CONFIDENCE)
        && others > 0
    {
        items.push(bar("others", "others", &others_name(rest), others, share, neutral()));
    }
    items.push(bar("unknown", "unknown", "Unknown", shares.unknown, shares.unknown_share, neutral()));
    let mut data = head(state, view, "shares", &format!("Share of {} by {}", range_words(shares.range), by.word()));
    data["items"] = json!(items);
    data
}

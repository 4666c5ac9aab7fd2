//! The rows of the overview's table: pools of the window, or who stands behind them.

use hashwatch_metrics::Interval;

use crate::{
    charts::colors::{color, neutral},
    shares::Shares,
    view::View,
    wording::{percent, thousands},
};

pub(super) struct ShareRow {
    pub(super) rank: String,
    pub(super) name: String,
    pub(super) href: String,
    pub(super) blocks: String,
    pub(super) share: String,
    pub(super) low: String,
    pub(super) high: String,
    pub(super) color_light: String,
    pub(super) color_dark: String,
    pub(super) kind: &'static str,
}

/// Pools by rank, or who stands behind them; Unknown last and without one.
pub(super) fn share_rows(view: &View, shares: &Shares) -> Vec<ShareRow> {
    let row = |rank: String, (name, href), blocks, share: Interval, color: (String, String), kind| ShareRow {
        rank,
        name,
        href,
        blocks: thousands(blocks),
        share: percent(share.value),
        low: percent(share.low),
        high: percent(share.high),
        color_light: color.0,
        color_dark: color.1,
        kind,
    };
    let ranked = shares.pools.iter().enumerate().map(|(place, one)| {
        let href = view.entity_link(one.kind, &one.slug);
        let color = color(&view.who, one, place);
        row(shares.rank(place).to_string(), (one.name.clone(), href), one.blocks, one.share, color, one.kind)
    });
    let named = ("Unknown".to_owned(), view.pool_link(None));
    let unknown = row(String::new(), named, shares.unknown, shares.unknown_share, neutral(), "unknown");
    ranked.chain([unknown]).collect()
}

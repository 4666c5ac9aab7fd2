//! The rows of the overview's tables: pools of the window, and the latest blocks with the reason for each name.

use hashwatch_model::{EvidenceKind, coinbase::readable_text};
use hashwatch_registry::day_of;
use hashwatch_store::StoredBlock;

use crate::{
    charts::{color, neutral},
    shares::Shares,
    view::View,
    wording::{btc, bytes, iso, percent, thousands, utc},
};

/// Longest coinbase text shown in a row, in characters.
const MAX_TEXT: usize = 80;

pub(super) struct ShareRow {
    pub(super) rank: String,
    pub(super) name: String,
    pub(super) blocks: String,
    pub(super) share: String,
    pub(super) low: String,
    pub(super) high: String,
    pub(super) color_light: String,
    pub(super) color_dark: String,
    pub(super) kind: &'static str,
}

pub(super) struct BlockRow {
    pub(super) height: String,
    pub(super) hash: String,
    pub(super) time_iso: String,
    pub(super) time_utc: String,
    pub(super) pool: String,
    pub(super) pool_kind: &'static str,
    pub(super) evidence: String,
    pub(super) text: String,
    pub(super) fees: String,
    pub(super) size: String,
    pub(super) txs: String,
    pub(super) href: String,
}

/// Pools by rank, Unknown last and without one.
pub(super) fn share_rows(view: &View, shares: &Shares) -> Vec<ShareRow> {
    let row =
        |rank: String, name: &str, blocks: u64, share: hashwatch_metrics::Interval, color: (String, String), kind| {
            ShareRow {
                rank,
                name: name.to_owned(),
                blocks: thousands(blocks),
                share: percent(share.value),
                low: percent(share.low),
                high: percent(share.high),
                color_light: color.0,
                color_dark: color.1,
                kind,
            }
        };
    let pools = shares.pools.iter().enumerate().map(|(rank, s)| {
        row((rank + 1).to_string(), &s.name, s.blocks, s.share, color(&view.who, &s.slug, rank), "pool")
    });
    let unknown = row(String::new(), "Unknown", shares.unknown, shares.unknown_share, neutral(), "unknown");
    pools.chain([unknown]).collect()
}

/// One block, newest or not.
pub(super) fn block_row(view: &View, stored: &StoredBlock) -> BlockRow {
    let block = &stored.block;
    let attribution = &stored.attribution;
    let hash = block.id.hash.to_string();
    let text = readable_text(&block.coinbase_script);
    let evidence = match attribution.support().next() {
        None if !attribution.evidence.is_empty() => "a known mark, which was nobody's at that time".to_owned(),
        None => "no known address or tag in the coinbase".to_owned(),
        Some(mark) => match mark.kind {
            EvidenceKind::Address => format!("pays {} (output {})", mark.value, mark.offset),
            EvidenceKind::Tag => format!("tag \u{201c}{}\u{201d} at byte {}", mark.value, mark.offset),
        },
    };
    BlockRow {
        height: thousands(u64::from(block.id.height)),
        href: view.link(format!("/blocks/{hash}")),
        hash,
        time_iso: iso(block.header.time),
        time_utc: utc(block.header.time),
        pool: attribution
            .pool
            .as_deref()
            .map_or("Unknown", |slug| view.pool_name_on(slug, day_of(block.header.time)))
            .to_owned(),
        pool_kind: if attribution.pool.is_some() { "pool" } else { "unknown" },
        evidence,
        text: match text.char_indices().nth(MAX_TEXT) {
            Some((end, _)) => format!("{}\u{2026}", &text[..end]),
            None => text,
        },
        fees: btc(block.fees()),
        size: block.size.map_or_else(|| "not carried by the source".to_owned(), bytes),
        txs: thousands(u64::from(block.tx_count)),
    }
}

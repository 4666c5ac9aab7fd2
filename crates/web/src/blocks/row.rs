//! One block in a list, with the reason for its name.

use hashwatch_model::{EvidenceKind, coinbase::readable_text};
use hashwatch_registry::day_of;
use hashwatch_store::StoredBlock;

use crate::{
    view::View,
    wording::{btc, bytes, iso, shortened, thousands, utc},
};

/// Longest coinbase text shown in a row, in characters.
const MAX_TEXT: usize = 80;

pub(crate) struct BlockRow {
    pub(crate) height: String,
    pub(crate) hash: String,
    pub(crate) time_iso: String,
    pub(crate) time_utc: String,
    pub(crate) pool: String,
    pub(crate) pool_kind: &'static str,
    pub(crate) pool_href: String,
    pub(crate) evidence: String,
    pub(crate) text: String,
    pub(crate) fees: String,
    pub(crate) size: String,
    pub(crate) txs: String,
    pub(crate) href: String,
}

/// One block, newest or not.
pub(crate) fn block_row(view: &View, stored: &StoredBlock) -> BlockRow {
    let block = &stored.block;
    let attribution = &stored.attribution;
    let slug = attribution.pool.as_deref();
    let hash = block.id.hash.to_string();
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
        pool: slug.map_or("Unknown", |slug| view.pool_name_on(slug, day_of(block.header.time))).to_owned(),
        pool_kind: if slug.is_some() { "pool" } else { "unknown" },
        pool_href: view.pool_link(slug),
        evidence,
        text: shortened(&readable_text(&block.coinbase_script), MAX_TEXT),
        fees: btc(block.fees()),
        size: block.size.map_or_else(|| "not carried by the source".to_owned(), bytes),
        txs: thousands(u64::from(block.tx_count)),
    }
}

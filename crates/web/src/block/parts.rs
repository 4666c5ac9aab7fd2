//! The rows of a block's page.

use bitcoin::Script;
use hashwatch_model::{
    Anatomy, Attribution, Coinbase, CoinbaseProof, Evidence, EvidenceKind,
    anatomy::{PayoutStyle, Stretch, StretchKind},
};
use hashwatch_registry::Registry;
use hashwatch_store::BlockSummary;
use jiff::civil::Date;

use crate::{
    view::View,
    wording::{btc, bytes, shortened, significant, thousands, utc},
};

/// Outputs shown: a coinbase may have a megabyte of them.
const MOST_OUTPUTS: usize = 50;
/// Hex digits shown of what has no other name.
const MOST_DIGITS: usize = 96;

pub(super) struct MarkRow {
    pub(super) side: &'static str,
    pub(super) kind: &'static str,
    pub(super) value: String,
    pub(super) place: String,
    pub(super) pool: String,
    pub(super) pool_href: String,
    pub(super) note: &'static str,
    pub(super) source: String,
}

pub(super) struct StretchRow {
    pub(super) offset: usize,
    pub(super) kind: &'static str,
    pub(super) label: String,
    pub(super) hex: String,
    pub(super) text: String,
}

pub(super) struct OutputRow {
    pub(super) index: usize,
    pub(super) amount: String,
    pub(super) pays: String,
    pub(super) note: String,
}

pub(super) struct Fact {
    pub(super) label: &'static str,
    pub(super) value: String,
}

pub(super) fn mark_row(view: &View, attribution: &Attribution, mark: &Evidence, day: Date) -> MarkRow {
    let agrees = Some(&mark.pool) == attribution.pool.as_ref();
    MarkRow {
        side: match (mark.outside, agrees) {
            (true, _) => "not at all",
            (false, true) => "for it",
            (false, false) => "against it",
        },
        kind: match mark.kind {
            EvidenceKind::Address => "address",
            EvidenceKind::Tag => "tag",
        },
        value: mark.value.clone(),
        place: match mark.kind {
            EvidenceKind::Address => format!("output {}", mark.offset),
            EvidenceKind::Tag => format!("byte {}", mark.offset),
        },
        pool: view.pool_name_on(&mark.pool, day).to_owned(),
        pool_href: view.pool_link(Some(&mark.pool)),
        note: if mark.outside { "not the pool's at that time" } else { "" },
        source: mark.source.clone(),
    }
}

/// `number` is what the script opens with, `height` where the block lies.
pub(super) fn stretch_row(stretch: &Stretch, number: Option<u32>, height: u32) -> StretchRow {
    let (label, text) = match &stretch.kind {
        StretchKind::Number => {
            let is_height = number == Some(height);
            let label = if is_height {
                "the block's height (BIP 34)"
            } else {
                "a number: before BIP 34 mostly the header's bits"
            };
            (label.to_owned(), number.map_or_else(String::new, |number| thousands(u64::from(number))))
        }
        StretchKind::Text(text) => ("text".to_owned(), text.clone()),
        StretchKind::MergedMining { size, .. } => {
            (format!("merged mining: commits to other chains, a tree of {size}"), String::new())
        }
        StretchKind::Extranonce => ("most likely the extranonce, which the miner counts up".to_owned(), String::new()),
        StretchKind::Other => ("other bytes".to_owned(), String::new()),
    };
    StretchRow { offset: stretch.offset, kind: stretch.kind.name(), label, hex: hex::encode(&stretch.bytes), text }
}

pub(super) fn payout_words(anatomy: &Anatomy) -> String {
    match (anatomy.payout.style, anatomy.payout.paid) {
        (PayoutStyle::None, _) => "It pays nobody more than dust.".to_owned(),
        (PayoutStyle::Single, _) => "All of the reward goes to one output.".to_owned(),
        (PayoutStyle::Split, paid) => format!("The reward is split among {paid} outputs."),
        (PayoutStyle::Miners, paid) => {
            format!("{paid} outputs are paid, as pools do that pay their miners in the coinbase.")
        }
    }
}

pub(super) fn output_rows(
    registry: &Registry,
    anatomy: &Anatomy,
    coinbase: &Coinbase,
    day: Date,
    address: impl Fn(&Script) -> Option<String>,
) -> Vec<OutputRow> {
    let outputs = coinbase.outputs().iter().enumerate().take(MOST_OUTPUTS);
    let row = |(index, output): (usize, &bitcoin::TxOut)| {
        let data = anatomy.data.iter().find(|data| data.output == index);
        let note = match (&anatomy.witness_commitment, data) {
            (Some(commitment), _) if commitment.output == index => "commits to the witnesses (BIP 141)".to_owned(),
            (_, Some(data)) => match registry.marker(&data.bytes) {
                Some(marker) => format!("data of {}", marker.name),
                None => "data".to_owned(),
            },
            _ => match registry.script_claim(&output.script_pubkey) {
                Some(claim) if claim.address.period.holds_on(day) && claim.pool.existed_on(day) => {
                    format!("an address of {}", claim.pool.name_on(day))
                }
                Some(claim) => format!("an address of {}, but not at that time", claim.pool.name),
                None => String::new(),
            },
        };
        let script = || shortened(&output.script_pubkey.to_hex_string(), MOST_DIGITS);
        let sats = i64::try_from(output.value.to_sat()).unwrap_or(i64::MAX);
        OutputRow { index, amount: btc(sats), pays: address(&output.script_pubkey).unwrap_or_else(script), note }
    };
    outputs.map(row).collect()
}

pub(super) fn facts(block: &BlockSummary, anatomy: &Anatomy, stale: bool) -> Vec<Fact> {
    let not_carried = || "not carried by the source".to_owned();
    let fact = |label, value| Fact { label, value };
    let builder = anatomy.template_builder.clone().map(|name| fact("Template built by, as its coinbase says", name));
    let facts = [
        fact("Hash", block.id.hash.to_string()),
        fact("Chain", if stale { "stale: off the active chain".to_owned() } else { "active".to_owned() }),
        fact("Time of the header", utc(block.header.time)),
        fact("Median time past", utc(block.median_time)),
        fact("Difficulty", significant(block.header.difficulty_float())),
        fact("Transactions", thousands(u64::from(block.tx_count))),
        fact("Size", block.size.map_or_else(not_carried, bytes)),
        fact("Weight", block.weight.map_or_else(not_carried, |weight| format!("{} WU", thousands(u64::from(weight))))),
        fact("Subsidy", btc(i64::try_from(block.subsidy).unwrap_or(i64::MAX))),
        fact("Fees", btc(block.fees())),
        fact(
            "The coinbase belongs to the header",
            match block.coinbase_proof {
                CoinbaseProof::Merkle => "proven by the merkle root".to_owned(),
                CoinbaseProof::Node => "on the node's word".to_owned(),
                CoinbaseProof::File => "on the block file's word".to_owned(),
            },
        ),
        fact("Coinbase transaction", block.coinbase_txid.to_string()),
    ];
    facts.into_iter().chain(builder).collect()
}

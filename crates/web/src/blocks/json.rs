//! A block as it is told: the same in a list and by itself.

use hashwatch_model::{Anatomy, Coinbase, coinbase::readable_text};
use hashwatch_registry::day_of;
use hashwatch_store::StoredBlock;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    openapi::words::{HashText, HexText, ProofWord, VersionText, WorkText, pattern, texts, words},
    state::WebState,
    view::View,
    who::{AnatomyFields, EvidenceFields, WhoFields, anatomy_fields, evidence_fields, who_fields},
};

texts! {
    /// Whether a block is part of the active chain.
    BlockStatusWord: words(["active", "stale"]);
    /// A target in compact form: 8 hex digits.
    BitsText: pattern("^[0-9a-f]{8}$");
}

/// A block. What there is of its coinbase is told in a list in short.
#[derive(Serialize, ToSchema)]
pub(crate) struct BlockFields<C> {
    height: u32,
    #[schema(value_type = HashText)]
    hash: String,
    #[schema(value_type = BlockStatusWord)]
    status: &'static str,
    version: i32,
    #[schema(value_type = HashText)]
    prev_hash: String,
    #[schema(value_type = HashText)]
    merkle_root: String,
    /// Of its header, Unix seconds.
    time: u32,
    #[schema(value_type = BitsText)]
    bits: String,
    nonce: u32,
    #[schema(minimum = 0)]
    difficulty: f64,
    /// Median time past, Unix seconds.
    median_time: u32,
    #[schema(value_type = WorkText)]
    chainwork: String,
    #[schema(minimum = 1)]
    tx_count: u32,
    /// Bytes; null where the source did not carry it.
    #[schema(required)]
    size: Option<u32>,
    /// Weight units; null where the source did not carry it.
    #[schema(required)]
    weight: Option<u32>,
    /// Satoshis.
    subsidy: u64,
    /// Outputs of the coinbase less the subsidy, satoshis; negative where the miner took less than it might.
    fees: i64,
    coinbase: C,
    attribution: AttributionFields,
}

/// Everything but the coinbase's outputs, which are counted: there may be a megabyte of them.
#[derive(Serialize, ToSchema)]
pub(crate) struct CoinbaseFields {
    #[schema(value_type = HashText)]
    txid: String,
    #[schema(value_type = HexText)]
    script_hex: String,
    /// What can be read in the input script. The miner's own: escape it.
    text: String,
    #[schema(value_type = ProofWord)]
    proof: &'static str,
    outputs_count: u32,
}

/// A coinbase with all that stands in it.
#[derive(Serialize, ToSchema)]
pub(crate) struct WholeCoinbaseFields {
    #[serde(flatten)]
    coinbase: CoinbaseFields,
    anatomy: AnatomyFields,
    outputs: Vec<OutputFields>,
}

/// An output of a coinbase.
#[derive(Serialize, ToSchema)]
struct OutputFields {
    sats: u64,
    /// Null where the script has none.
    #[schema(required)]
    address: Option<String>,
    #[schema(value_type = HexText)]
    script_hex: String,
}

/// Who mined a block, and why that name.
#[derive(Serialize, ToSchema)]
struct AttributionFields {
    #[serde(flatten)]
    who: WhoFields,
    /// Every known mark, the deciding one first, those that contradict among them: each names the pool that it speaks for.
    evidence: Vec<EvidenceFields>,
    /// Those of them that contradict it or do not count.
    conflicts: Vec<EvidenceFields>,
    #[schema(value_type = VersionText)]
    registry_version: String,
}

/// A block as it stands in a list.
pub(crate) fn block_fields(view: &View, stored: &StoredBlock) -> BlockFields<CoinbaseFields> {
    with_coinbase(view, stored, coinbase_fields(stored))
}

/// A block by itself.
pub(crate) fn whole_block_fields(
    state: &WebState,
    view: &View,
    stored: &StoredBlock,
    coinbase: &Coinbase,
) -> BlockFields<WholeCoinbaseFields> {
    let output = |output: &bitcoin::TxOut| OutputFields {
        sats: output.value.to_sat(),
        address: state.address(&output.script_pubkey),
        script_hex: output.script_pubkey.to_hex_string(),
    };
    let whole = WholeCoinbaseFields {
        coinbase: coinbase_fields(stored),
        anatomy: anatomy_fields(&view.who, &Anatomy::of(coinbase), stored.block.id.height),
        outputs: coinbase.outputs().iter().map(output).collect(),
    };
    with_coinbase(view, stored, whole)
}

fn with_coinbase<C>(view: &View, stored: &StoredBlock, coinbase: C) -> BlockFields<C> {
    let block = &stored.block;
    let header = &block.header;
    BlockFields {
        height: block.id.height,
        hash: block.id.hash.to_string(),
        status: if stored.stale { "stale" } else { "active" },
        version: header.version.to_consensus(),
        prev_hash: header.prev_blockhash.to_string(),
        merkle_root: header.merkle_root.to_string(),
        time: header.time,
        bits: format!("{:08x}", header.bits.to_consensus()),
        nonce: header.nonce,
        difficulty: header.difficulty_float(),
        median_time: block.median_time,
        chainwork: format!("{:x}", block.chainwork),
        tx_count: block.tx_count,
        size: block.size,
        weight: block.weight,
        subsidy: block.subsidy,
        fees: block.fees(),
        coinbase,
        attribution: attribution_fields(view, stored),
    }
}

fn coinbase_fields(stored: &StoredBlock) -> CoinbaseFields {
    let block = &stored.block;
    CoinbaseFields {
        txid: block.coinbase_txid.to_string(),
        script_hex: hex::encode(&block.coinbase_script),
        text: readable_text(&block.coinbase_script),
        proof: block.coinbase_proof.name(),
        outputs_count: block.coinbase_outputs,
    }
}

fn attribution_fields(view: &View, stored: &StoredBlock) -> AttributionFields {
    let attribution = &stored.attribution;
    AttributionFields {
        who: who_fields(&view.who, attribution, Some(day_of(stored.block.header.time))),
        evidence: attribution.evidence.iter().map(evidence_fields).collect(),
        conflicts: attribution.conflicts().map(evidence_fields).collect(),
        registry_version: view.registry().0.clone(),
    }
}

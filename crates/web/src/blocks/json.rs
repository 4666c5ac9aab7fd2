//! A block as JSON: the same in a list and by itself.

use hashwatch_model::{Evidence, coinbase::readable_text};
use hashwatch_registry::day_of;
use hashwatch_store::StoredBlock;
use serde_json::{Value, json};

use crate::{
    state::WebState,
    view::View,
    who::{evidence_json, who_fields},
};

/// Everything but the coinbase's outputs, which are counted: there may be a megabyte of them.
pub(crate) fn block_json(snapshot: &View, stored: &StoredBlock) -> Value {
    let block = &stored.block;
    let header = &block.header;
    json!({
        "height": block.id.height,
        "hash": block.id.hash.to_string(),
        "status": if stored.stale { "stale" } else { "active" },
        "version": header.version.to_consensus(),
        "prev_hash": header.prev_blockhash.to_string(),
        "merkle_root": header.merkle_root.to_string(),
        "time": header.time,
        "bits": format!("{:08x}", header.bits.to_consensus()),
        "nonce": header.nonce,
        "difficulty": header.difficulty_float(),
        "median_time": block.median_time,
        "chainwork": format!("{:x}", block.chainwork),
        "tx_count": block.tx_count,
        "size": block.size,
        "weight": block.weight,
        "subsidy": block.subsidy,
        "fees": block.fees(),
        "coinbase": {
            "txid": block.coinbase_txid.to_string(),
            "script_hex": hex::encode(&block.coinbase_script),
            "text": readable_text(&block.coinbase_script),
            "proof": block.coinbase_proof.name(),
            "outputs_count": block.coinbase_outputs,
        },
        "attribution": attribution_json(snapshot, stored),
    })
}

/// All marks are evidence here, those that contradict among them: each names the pool that it speaks for.
fn attribution_json(snapshot: &View, stored: &StoredBlock) -> Value {
    let attribution = &stored.attribution;
    let mut fields = who_fields(&snapshot.who, attribution, Some(day_of(stored.block.header.time)));
    let marks = |marks: &mut dyn Iterator<Item = &Evidence>| json!(marks.map(evidence_json).collect::<Vec<_>>());
    fields.insert("evidence".to_owned(), marks(&mut attribution.evidence.iter()));
    fields.insert("conflicts".to_owned(), marks(&mut attribution.conflicts()));
    fields.insert("registry_version".to_owned(), json!(snapshot.registry().0));
    Value::Object(fields)
}

pub(crate) fn output_json(state: &WebState, output: &bitcoin::TxOut) -> Value {
    json!({
        "sats": output.value.to_sat(),
        "address": state.address(&output.script_pubkey),
        "script_hex": output.script_pubkey.to_hex_string(),
    })
}

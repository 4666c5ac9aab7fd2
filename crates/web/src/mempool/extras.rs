//! What mempool knows of a block beyond its header. Half of it is fees, inputs and outputs of transactions, which are not read here: null.

use std::collections::HashSet;

use bitcoin::consensus::encode::serialize_hex;
use hashwatch_model::{Coinbase, coinbase::readable_text};
use hashwatch_store::StoredBlock;
use serde::Serialize;
use utoipa::ToSchema;

use super::names::Called;
use crate::{state::WebState, view::View};

/// mempool's `extras`. Fields are null that take other transactions than the coinbase, or somebody's mempool, to tell.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[schema(as = mempool::Extras)]
#[serde(rename_all = "camelCase")]
pub(super) struct Extras {
    /// What the coinbase pays out beyond the subsidy, in satoshis; negative where the miner took less than it might.
    total_fees: i64,
    /// Null: fees of single transactions are not known.
    #[schema(required)]
    median_fee: Option<f64>,
    /// Null: fees of single transactions are not known.
    #[schema(required)]
    fee_range: Option<Vec<f64>>,
    /// What the coinbase pays out, in satoshis.
    reward: u64,
    pool: BlockPool,
    /// Satoshis a transaction, the coinbase not among them: whole ones; 0 where there is none.
    avg_fee: i64,
    /// Null: sizes of transactions are not known.
    #[schema(required)]
    avg_fee_rate: Option<f64>,
    /// The coinbase's input script, in hex.
    coinbase_raw: String,
    /// The address of its first output; null where that has none.
    #[schema(required)]
    coinbase_address: Option<String>,
    /// The addresses of its outputs, each once.
    coinbase_addresses: Vec<String>,
    /// The script of its first output, in words; null where it has no output.
    #[schema(required)]
    coinbase_signature: Option<String>,
    /// What can be read in its input script, without control characters. The miner's own text: escape it.
    coinbase_signature_ascii: String,
    /// Null: sizes of transactions are not known.
    #[schema(required)]
    avg_tx_size: Option<f64>,
    /// Null: inputs are not read.
    #[schema(required)]
    total_inputs: Option<u64>,
    /// Null: outputs are not read.
    #[schema(required)]
    total_outputs: Option<u64>,
    /// Null: outputs are not read.
    #[schema(required)]
    total_output_amt: Option<u64>,
    /// Null: fees of single transactions are not known.
    #[schema(required)]
    median_fee_amt: Option<u64>,
    /// Null: fees of single transactions are not known.
    #[schema(required)]
    fee_percentiles: Option<Vec<u64>>,
    /// Null: transactions are not read.
    #[schema(required)]
    segwit_total_txs: Option<u64>,
    /// Null: transactions are not read.
    #[schema(required)]
    segwit_total_size: Option<u64>,
    /// Null: transactions are not read.
    #[schema(required)]
    segwit_total_weight: Option<u64>,
    /// The 80 bytes, in hex.
    header: String,
    /// Null: no set of unspent outputs is kept.
    #[schema(required)]
    utxo_set_change: Option<i64>,
    /// Null: no set of unspent outputs is kept.
    #[schema(required)]
    utxo_set_size: Option<u64>,
    /// Null: inputs are not read.
    #[schema(required)]
    total_input_amt: Option<u64>,
    /// A quarter of the weight; null where the source did not carry the whole block.
    #[schema(required)]
    virtual_size: Option<f64>,
    /// Null: `/api/v1/nodes` tells which node had a block when.
    #[schema(required)]
    first_seen: Option<u64>,
    /// Null: stale blocks are at `/api/v1/forks`.
    #[schema(required)]
    orphans: Option<Vec<String>>,
    /// Null: templates are not audited here.
    #[schema(required)]
    match_rate: Option<f64>,
    /// Null: templates are not audited here.
    #[schema(required)]
    expected_fees: Option<u64>,
    /// Null: templates are not audited here.
    #[schema(required)]
    expected_weight: Option<u64>,
}

/// Who mined a block.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[schema(as = mempool::BlockPool)]
#[serde(rename_all = "camelCase")]
struct BlockPool {
    /// As `poolUniqueId`.
    id: u32,
    name: String,
    slug: String,
    /// Null: a pool's customers are not told apart.
    #[schema(required)]
    miner_names: Option<Vec<String>>,
}

impl Extras {
    pub(super) fn of(state: &WebState, view: &View, stored: &StoredBlock, coinbase: &Coinbase) -> Extras {
        let block = &stored.block;
        let Called { number, slug, name, .. } = Called::of(view, stored.attribution.pool.as_deref());
        // a coinbase may have as many outputs as fit into a megabyte
        let mut seen = HashSet::new();
        let scripts = coinbase.outputs().iter().map(|output| &output.script_pubkey);
        let paid = scripts.filter(|script| seen.insert(*script)).filter_map(|script| state.address(script)).collect();
        let first = coinbase.outputs().first().map(|output| &output.script_pubkey);
        Extras {
            total_fees: block.fees(),
            reward: block.reward,
            pool: BlockPool { id: number, name, slug, miner_names: None },
            avg_fee: avg_fee(block.fees(), block.tx_count),
            coinbase_raw: hex::encode(&block.coinbase_script),
            coinbase_address: first.and_then(|script| state.address(script)),
            coinbase_addresses: paid,
            coinbase_signature: first.map(|script| script.to_asm_string()),
            coinbase_signature_ascii: readable_text(&block.coinbase_script),
            header: serialize_hex(&block.header),
            virtual_size: block.weight.map(|weight| f64::from(weight) / 4.0),
            ..Extras::default()
        }
    }
}

/// Fees by the transactions that paid them.
fn avg_fee(fees: i64, tx_count: u32) -> i64 {
    fees.checked_div(i64::from(tx_count) - 1).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Block 730,000 in mempool's documentation: 16,321,983 sats of 1,627 transactions make 10,038.
    #[test]
    fn the_mean_fee_is_that_of_those_who_pay() {
        assert_eq!(avg_fee(16_321_983, 1_627), 10_038);
        assert_eq!(avg_fee(0, 1), 0);
        assert_eq!((avg_fee(-5, 3), avg_fee(i64::MIN, 0)), (-2, i64::MIN.checked_div(-1).unwrap_or(0)));
    }
}

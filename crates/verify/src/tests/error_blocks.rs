//! Real blocks that met their target and broke another rule, each refused for that rule. Some need what lay below them,
//! which a tip is given here.

use std::collections::HashMap;

use bitcoin::{CompactTarget, consensus};
use hashwatch_model::{BlockHash, BlockId, Header, Network};
use hashwatch_tests::shared::shared;

use crate::{
    Historic, Rule, Start, Tip, check_coinbase_script, historic,
    times::{MEDIAN_BLOCKS, Times},
    tip::{EpochStart, Last, target_words},
};

const NOW: u64 = 1_800_000_000;

struct Row {
    id: BlockId,
    header: Header,
    bytes: Vec<u8>,
    expected_bits: String,
    script: Vec<u8>,
    reason: String,
}

/// The rows of a table by the names of their columns.
fn table(file: &str) -> Option<Vec<HashMap<String, String>>> {
    let mut reader = csv::Reader::from_path(shared(file)?).unwrap();
    let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let row = |row: csv::Result<csv::StringRecord>| {
        names.iter().cloned().zip(row.unwrap().iter().map(str::to_owned)).collect()
    };
    Some(reader.records().map(row).collect())
}

fn rows() -> Option<Vec<Row>> {
    let row = |row: HashMap<String, String>| {
        let bytes = hex::decode(&row["btc_header_hex"]).unwrap();
        Row {
            id: BlockId { height: row["height"].parse().unwrap(), hash: row["hash"].parse().unwrap() },
            header: consensus::deserialize(&bytes).unwrap(),
            bytes,
            expected_bits: row["expected_nbits"].clone(),
            script: hex::decode(&row["coinbase_scriptsig_hex"]).unwrap(),
            reason: row["rejection_reason"].clone(),
        }
    };
    Some(table("real/stale/error_blocks.csv")?.into_iter().map(row).collect())
}

/// A tip on which the row's header stands, with these times.
fn tip_below(row: &Row, time: u32, epoch: Option<EpochStart>, bits: CompactTarget) -> Tip {
    let mut times = Times::none();
    (0..MEDIAN_BLOCKS).for_each(|_| times.add(time));
    let last = Last {
        hash: *AsRef::<[u8; 32]>::as_ref(&row.header.prev_blockhash),
        bits,
        target: target_words(bits),
        work: row.header.work(),
        chainwork: row.header.work(),
        times,
        epoch,
        ordinary: Some(bits),
    };
    let mut tip = Tip::new(Network::Mainnet, Start::Height(row.id.height - 1));
    tip.next += 1;
    tip.last = Some(last);
    tip
}

/// Asserts that the tip refuses the row's header, for this rule.
fn refused(mut tip: Tip, row: &Row, rule: Rule, expected: &str) {
    let refusal = tip.extend(&row.bytes, NOW).unwrap_err();
    assert_eq!((refusal.height, refusal.hash, refusal.rule), (row.id.height, row.id.hash, rule));
    assert_eq!(refusal.expected, expected, "{refusal}");
}

#[test]
fn every_row_is_judged_for_what_it_did() {
    let Some(rows) = rows() else { return };
    let (mut by_version, mut by_context, mut by_script, mut of_old) = (0, 0, 0, 0);
    for row in &rows {
        let alone = Tip::new(Network::Mainnet, Start::Height(row.id.height)).extend(&row.bytes, NOW);
        let script = check_coinbase_script(Network::Mainnet, row.id, &row.script);
        let note = historic(Network::Mainnet, row.id.height, row.header.version.to_consensus(), &row.script);
        let of_now = match row.reason.as_str() {
            "bip34_v2_coinbase_height_mismatch" => {
                of_old += 1;
                assert_eq!(note, Some(Historic::Bip34SeventyFivePercent), "{}", row.id);
                assert_eq!(note.unwrap().to_string(), "historic: bip34_75_percent");
                assert_eq!((alone, script), (Ok(()), Ok(())), "{}", row.id);
                continue;
            }
            "bip66_block_version_below_3" | "bip65_block_version_below_4" => {
                by_version += 1;
                (alone.map_err(|refusal| refusal.rule), script.is_ok()) == (Err(Rule::Version), true)
            }
            "median_time_past_violation" | "time_below_mtp" | "nbits_retarget_not_applied" => {
                by_context += 1;
                alone.is_ok() && script.is_ok()
            }
            "bip34_coinbase_height_mismatch" => {
                by_script += 1;
                alone.is_ok() && script.unwrap_err().rule == Rule::CoinbaseHeight
            }
            "coinbase_scriptsig_length_above_100" => {
                by_script += 1;
                alone.is_ok() && script.unwrap_err().rule == Rule::CoinbaseLength
            }
            other => panic!("a reason without a rule: {other}"),
        };
        assert!(of_now && note.is_none(), "{} ({})", row.id, row.reason);
    }
    assert_eq!((by_version, by_context, by_script, of_old), (8, 3, 10, 12));
}

#[test]
fn not_later_than_the_median() {
    let Some(rows) = rows() else { return };
    let context = table("real/stale/mtp_context.csv").unwrap();
    assert_eq!(context.len(), 2);
    for below in context {
        let hash: BlockHash = below["hash"].parse().unwrap();
        let row = rows.iter().find(|row| row.id.hash == hash).unwrap();
        let median: u32 = below["parent_median_time_past"].parse().unwrap();
        let at = |time| tip_below(row, time, None, row.header.bits);
        refused(at(median), row, Rule::MedianTimePast, &format!("later than {median}"));
        // the bound is the header's own time
        refused(at(row.header.time), row, Rule::MedianTimePast, &format!("later than {}", row.header.time));
        at(row.header.time - 1).extend(&row.bytes, NOW).unwrap();
    }
}

/// 717,696 kept the bits of the epoch before it.
#[test]
fn a_retarget_that_was_not_applied() {
    let Some(rows) = rows() else { return };
    let row = rows.iter().find(|row| row.reason == "nbits_retarget_not_applied").unwrap();
    let boundaries: HashMap<u32, Header> = table("real/headers/retarget_boundaries.csv")
        .unwrap()
        .into_iter()
        .map(|row| {
            let header = consensus::deserialize(&hex::decode(&row["header"]).unwrap()).unwrap();
            (row["height"].parse().unwrap(), header)
        })
        .collect();
    let (first, last) = (&boundaries[&(row.id.height - 2_016)], &boundaries[&(row.id.height - 1)]);
    assert_eq!((last.block_hash(), last.bits), (row.header.prev_blockhash, row.header.bits));
    let epoch = EpochStart { time: first.time, bits: first.bits };
    refused(tip_below(row, last.time, Some(epoch), last.bits), row, Rule::Bits, &row.expected_bits);
}

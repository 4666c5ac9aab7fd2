//! How fast coinbases are attributed, on one core, against the obvious way: every pool's tags and addresses tried in order, as
//! explorers do.
//!
//! The coinbases are made up from the registry's own marks: most have a height, a tag among other bytes, an extranonce and one to
//! three outputs, of which one may be a known address; some have no mark at all.

#![allow(clippy::expect_used, reason = "a bench that cannot go on fails")]

use std::hint::black_box;

use bitcoin::{
    Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness, absolute, consensus, transaction,
};
use hashwatch_attribute::opinion;
use hashwatch_model::Coinbase;
use hashwatch_registry::{Registry, day_of};
use hashwatch_tests::measure::{Table, in_earnest, interleaved};

/// Coinbases in memory; they are gone through again until enough have been attributed.
const DISTINCT: usize = 20_000;

fn main() {
    let (times, rounds) = if in_earnest() { (50_usize, 7) } else { (1, 1) };
    let registry = Registry::builtin();
    let coinbases = made_up(registry);
    let day = Some(day_of(1_700_000_000));
    let (mut named, mut obvious_named) = (0, 0);
    let mut ours = || {
        named = 0;
        for _ in 0..times {
            for coinbase in &coinbases {
                named += usize::from(black_box(opinion(registry, black_box(coinbase), day)).pool.is_some());
            }
        }
    };
    // a tenth as often: its time is multiplied
    let mut obvious = || {
        obvious_named = 0;
        for _ in 0..times.div_ceil(10) {
            for coinbase in &coinbases {
                obvious_named += usize::from(black_box(in_order(registry, black_box(coinbase))).is_some());
            }
        }
    };
    let medians = interleaved(
        rounds,
        &mut [("every pool's tags and addresses in order", &mut obvious), ("hashwatch, with all evidence", &mut ours)],
    );
    let counts = [DISTINCT * times.div_ceil(10), DISTINCT * times];
    let mut table = Table::new("attribution", &["way", "s for 1,000,000", "ns a coinbase", "times as fast"]);
    for (work, count) in medians.iter().zip(counts) {
        let ns = work.nanoseconds / count as f64;
        // round by round, for the machine may be busy in one and idle in the next
        let faster = work.faster_than(&medians[0]) * count as f64 / counts[0] as f64;
        table.row(&[work.name.clone(), format!("{:.2}", ns / 1e3), format!("{ns:.0}"), format!("{faster:.1}")]);
    }
    table.note(&format!(
        "{DISTINCT} made-up coinbases in turn, one thread, medians of {rounds} rounds taken in turn. Ours keeps every mark with its place and \
         source; the other way stops at the first pool that fits, of {} pools.",
        registry.pools().len()
    ));
    table.finish();
    assert!(named / times > DISTINCT / 2 && obvious_named / times.div_ceil(10) > DISTINCT / 2, "marks are found");
}

/// The first pool in the list that has a tag in the script or an address among the outputs.
fn in_order<'r>(registry: &'r Registry, coinbase: &Coinbase) -> Option<&'r str> {
    let script = coinbase.script().as_bytes().to_ascii_lowercase();
    let fits = |tag: &str| {
        let tag = tag.as_bytes().to_ascii_lowercase();
        script.windows(tag.len()).any(|window| window == tag)
    };
    let pool = registry.pools().iter().find(|pool| {
        let paid = |script: &ScriptBuf| coinbase.outputs().iter().any(|output| output.script_pubkey == *script);
        pool.addresses.iter().any(|address| paid(&address.script)) || pool.tags.iter().any(|tag| fits(&tag.text))
    });
    pool.map(|pool| pool.slug.as_str())
}

fn made_up(registry: &Registry) -> Vec<Coinbase> {
    let tags: Vec<&str> = registry.pools().iter().flat_map(|pool| &pool.tags).map(|tag| tag.text.as_str()).collect();
    let scripts: Vec<&ScriptBuf> =
        registry.pools().iter().flat_map(|pool| &pool.addresses).map(|address| &address.script).collect();
    let mut seed: u64 = 7;
    let mut next = move |below: usize| {
        // xorshift64
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed >> 1).unwrap_or(usize::MAX) % below
    };
    (0..DISTINCT)
        .map(|_| {
            let mut script = vec![3, 1, 2, 13];
            script.extend((0..next(12)).map(|_| u8::try_from(next(256)).unwrap_or(0)));
            if next(10) > 0 {
                script.extend(tags[next(tags.len())].as_bytes());
            }
            script.extend((0..8 + next(24)).map(|_| u8::try_from(next(256)).unwrap_or(0)));
            script.truncate(100);
            let mut outputs = vec![match next(2) {
                0 => scripts[next(scripts.len())].clone(),
                _ => ScriptBuf::from_bytes((0..22).map(|_| u8::try_from(next(256)).unwrap_or(0)).collect()),
            }];
            outputs.extend((0..next(3)).map(|_| ScriptBuf::new_op_return([0xaa; 32])));
            coinbase(script, outputs)
        })
        .collect()
}

fn coinbase(script: Vec<u8>, outputs: Vec<ScriptBuf>) -> Coinbase {
    let input = TxIn {
        previous_output: OutPoint::null(),
        script_sig: ScriptBuf::from_bytes(script),
        sequence: Sequence::MAX,
        witness: Witness::new(),
    };
    let sats = |index| if index == 0 { 312_500_000 } else { 0 };
    let outputs = outputs.into_iter().enumerate();
    let outputs = outputs.map(|(index, script)| TxOut { value: Amount::from_sat(sats(index)), script_pubkey: script });
    let transaction = Transaction {
        version: transaction::Version::ONE,
        lock_time: absolute::LockTime::ZERO,
        input: vec![input],
        output: outputs.collect(),
    };
    Coinbase::from_bytes(consensus::serialize(&transaction)).expect("built as a coinbase")
}

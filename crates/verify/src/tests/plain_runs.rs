//! The quick look over a run may never let on what the rules refuse: whole runs, one header at a time, and the rules
//! alone must end in the very same tip.

use std::sync::OnceLock;

use bitcoin::{CompactTarget, block::Version};
use hashwatch_model::{Header, Network};
use hashwatch_sha256d::sha256d;
use hashwatch_tests::shared::shared;
use proptest::prelude::*;

use super::mining::{BEGIN, NOW, bytes, header, limit, mine};
use crate::{Refusal, Rule, Start, Tip};

/// How far a tip came, and all that it knows; and what was refused.
type Outcome = (String, Result<(), Refusal>);

fn outcomes(tip: &Tip, headers: &[u8], now: u64) -> [Outcome; 3] {
    let (mut whole, mut single, mut ruled) = (tip.clone(), tip.clone(), tip.clone());
    let by_run = whole.extend(headers, now);
    let by_one = headers.chunks_exact(80).try_for_each(|one| single.extend(one, now));
    let by_rule = headers.chunks_exact(80).try_for_each(|one| ruled.take_one(one, sha256d(one), now).map(|_| ()));
    [(whole, by_run), (single, by_one), (ruled, by_rule)].map(|(tip, outcome)| (format!("{tip:?}"), outcome))
}

/// What is done to one header of a run.
#[derive(Clone, Debug)]
enum Bend {
    Bits(u32),
    /// Seconds after the median of those below; 0 is just too early.
    AfterMedian(u32),
    Time(u32),
    Version(i32),
    /// A bit of the parent's hash.
    Parent(usize),
    /// A nonce that was not looked for.
    Unmined,
}

fn bend() -> impl Strategy<Value = Bend> {
    let now = u32::try_from(NOW).unwrap();
    prop_oneof![
        prop::sample::select(vec![0x200f_fffe, 0x207f_ffff, 0x2007_ffff, 0x1f0f_ffff, 0x208f_ffff, 0])
            .prop_map(Bend::Bits),
        (0..3_u32).prop_map(Bend::AfterMedian),
        prop::sample::select(vec![0, now + 7_199, now + 7_200, now + 7_201, u32::MAX]).prop_map(Bend::Time),
        prop::sample::select(vec![1, 3, 4, -1, i32::MIN, i32::MAX]).prop_map(Bend::Version),
        (0..256_usize).prop_map(Bend::Parent),
        Just(Bend::Unmined),
    ]
}

fn median(below: &[Header]) -> u32 {
    let mut times: Vec<u32> = below.iter().rev().take(11).map(|header| header.time).collect();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or(BEGIN)
}

/// A header on top of those below: `late` seconds after the last, or just past the median; then bent.
fn next(below: &[Header], late: i64, bend: Option<&Bend>) -> Header {
    let last = below.last();
    let time = last.map_or(i64::from(BEGIN), |last| i64::from(last.time) + late);
    let time = u32::try_from(time).unwrap_or(u32::MAX).max(median(below).saturating_add(1));
    let mut good = header(last, time, limit());
    match bend {
        Some(Bend::Bits(bits)) => good.bits = CompactTarget::from_consensus(*bits),
        Some(Bend::AfterMedian(seconds)) => good.time = median(below).saturating_add(*seconds),
        Some(Bend::Time(time)) => good.time = *time,
        Some(Bend::Version(version)) => good.version = Version::from_consensus(*version),
        Some(Bend::Parent(bit)) => {
            let mut parent: [u8; 32] = *good.prev_blockhash.as_ref();
            parent[bit / 8] ^= 1 << (bit % 8);
            good.prev_blockhash = bitcoin::hashes::Hash::from_byte_array(parent);
        }
        Some(Bend::Unmined) | None => {}
    }
    let hopeless = matches!(bend, Some(Bend::Unmined | Bend::Bits(0 | 0x208f_ffff)));
    if hopeless { good } else { mine(good) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn mined_runs(
        start in prop::sample::select(vec![0_u32, 5, 1_000, 1_600, 2_015, 2_016]),
        late_by in prop::collection::vec(-900..2_500_i64, 1..700),
        bends in prop::collection::vec((any::<prop::sample::Index>(), bend()), 0..3),
    ) {
        let mut headers: Vec<Header> = Vec::new();
        for (place, late) in late_by.iter().enumerate() {
            let bend = bends.iter().find(|(at, _)| at.index(late_by.len()) == place).map(|(_, bend)| bend);
            headers.push(next(&headers, *late, bend));
        }
        let tip = Tip::new(Network::Sim, Start::Height(start));
        let [run, one, rule] = outcomes(&tip, &bytes(&headers), NOW);
        prop_assert_eq!(&run, &rule);
        prop_assert_eq!(&one, &rule);
        // nothing else was wrong with it; after a time far ahead those that follow it are as bad
        let first = bends.iter().map(|(at, _)| at.index(late_by.len()) as u64).min();
        if let Err(refusal) = run.1 {
            prop_assert!(first.is_some_and(|first| first <= u64::from(refusal.height - start)), "{refusal}");
        }
    }

    #[test]
    fn real_runs(
        from in 0..7_000_usize,
        count in 1..1_100_usize,
        flips in prop::collection::vec((any::<prop::sample::Index>(), 0..8_u32), 0..3),
    ) {
        let Some(file) = real() else { return Ok(()) };
        let mut headers = file[80 * from..80 * (from + count).min(8_066)].to_vec();
        for (at, bit) in &flips {
            headers[at.index(80 * count.min(8_066 - from))] ^= 1 << bit;
        }
        let start = u32::try_from(822_527 + from).unwrap();
        let [run, one, rule] = outcomes(&Tip::new(Network::Mainnet, Start::Height(start)), &headers, NOW);
        prop_assert_eq!(&run, &rule);
        prop_assert_eq!(&one, &rule);
        prop_assert_eq!(run.1.is_ok(), headers == file[80 * from..][..headers.len()]);
    }
}

fn real() -> Option<&'static [u8]> {
    static FILE: OnceLock<Option<Vec<u8>>> = OnceLock::new();
    let read = || Some(std::fs::read(shared("real/headers/mainnet_822527_830592.bin")?).unwrap());
    FILE.get_or_init(read).as_deref()
}

/// Each bend is told by its rule, wherever in a run it stands.
#[test]
fn each_bend_in_each_place_of_a_run() {
    let chain = super::mining::chain(None, 540, 600, limit());
    let now = u32::try_from(NOW).unwrap();
    let bends = [
        (Rule::Bits, Bend::Bits(0x200f_fffe)),
        (Rule::MedianTimePast, Bend::AfterMedian(0)),
        (Rule::FutureTime, Bend::Time(now + 7_201)),
        (Rule::Version, Bend::Version(3)),
        (Rule::Link, Bend::Parent(77)),
    ];
    for place in [12, 13, 300, 510, 511, 512, 539] {
        for (rule, bend) in &bends {
            let mut bent = chain.clone();
            bent[place] = next(&chain[..place], 600, Some(bend));
            let tip = Tip::new(Network::Sim, Start::Height(20));
            let [run, one, ruled] = outcomes(&tip, &bytes(&bent), NOW);
            assert_eq!((&run, &one), (&ruled, &ruled));
            let refusal = run.1.unwrap_err();
            assert_eq!((refusal.rule, refusal.height as usize), (*rule, 20 + place));
        }
    }
}

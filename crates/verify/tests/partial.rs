//! Chains that begin in the middle: what can be told is told, what cannot is let on.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use bitcoin::{CompactTarget, Target};
use hashwatch_model::{Header, Network};
use hashwatch_verify::{HeaderTree, Refusal, Rule, Start, Tip};

#[path = "../src/tests/mining.rs"]
mod mining;

use mining::{BEGIN, NOW, bytes, chain, header, limit, mine};

fn tip(height: u32) -> Tip {
    Tip::new(Network::Sim, Start::Height(height))
}

fn bits(bits: u32) -> CompactTarget {
    CompactTarget::from_consensus(bits)
}

/// What is said of `next` on top of `below`, of which the first stands at `height`.
fn on_top(height: u32, below: &[Header], next: Header) -> Result<(), Refusal> {
    let mut tip = tip(height);
    tip.extend(&bytes(below), NOW).unwrap();
    tip.extend(&bytes(&[mine(next)]), NOW)
}

/// Of eleven times the sixth is the median. Where six known ones lie at or after the header's time, no past can help it;
/// five may have six earlier ones below them.
#[test]
fn the_median_of_few() {
    for known in 1..=14_u32 {
        let below = chain(None, known, 600, limit());
        let top = *below.last().unwrap();
        for back in 0..known.min(11) {
            // as late as the block that is `back` below the last: that one and those above it are not earlier
            let next = header(Some(&top), top.time - 600 * back, limit());
            let outcome = on_top(100, &below, next).map_err(|refusal| refusal.rule);
            let expected = if back >= 5 { Err(Rule::MedianTimePast) } else { Ok(()) };
            assert_eq!(outcome, expected, "{known} known, {back} back");
        }
        // from the genesis on all there are are known: the middle of them counts
        let middle = below[below.len().saturating_sub(11)..].to_vec();
        let median = middle[middle.len() / 2].time;
        for (time, fine) in [(median, false), (median + 1, true)] {
            let outcome = on_top(0, &below, header(Some(&top), time, limit()));
            assert_eq!(outcome.is_ok(), fine, "{known} known from the genesis on, {time}");
        }
    }
}

#[test]
fn a_refusal_says_what_the_known_ones_ask() {
    let below = chain(None, 7, 600, limit());
    let refusal = on_top(100, &below, header(below.last(), below[1].time, limit())).unwrap_err();
    assert_eq!((refusal.rule, refusal.expected), (Rule::MedianTimePast, format!("later than {}", below[1].time)));
    assert!(on_top(100, &below, header(below.last(), below[1].time + 1, limit())).is_ok());
}

/// An epoch whose first block is not known can have taken any time: a factor of four either way, and no more.
#[test]
fn the_first_retarget_of_an_unknown_epoch() {
    let below = chain(None, 3, 600, bits(0x2003_ffff));
    let next = |at: u32| on_top(2_013, &below, header(below.last(), BEGIN + 1_800, bits(at)));
    for fine in [0x200f_fffc, 0x200f_fffb, 0x2003_ffff, 0x2001_0000, 0x2000_ffff] {
        assert_eq!(next(fine), Ok(()), "{fine:08x}");
    }
    for beyond in [0x200f_fffd, 0x200f_ffff, 0x2000_fffe, 0x1f7f_ffff] {
        let refusal = next(beyond).unwrap_err();
        assert_eq!((refusal.rule, refusal.height), (Rule::Bits, 2_016), "{beyond:08x}");
        assert_eq!(refusal.expected, "2000ffff to 200ffffc");
    }
    // nothing of the kind inside an epoch
    let refusal = on_top(2_012, &below, header(below.last(), BEGIN + 1_800, bits(0x2003_fffe))).unwrap_err();
    assert_eq!((refusal.rule, refusal.height), (Rule::Bits, 2_015));
}

/// Begun at an epoch's first block, all is known that its retarget needs.
#[test]
fn the_first_retarget_of_a_known_epoch() {
    let below = chain(None, 2_016, 300, limit());
    let target = Target::from_compact(limit());
    let top = below.last().unwrap();
    // 2,015 intervals of 300 s, against 1,209,600 s
    let expected = hashwatch_verify::retarget(limit(), 2_015 * 300, limit());
    assert!(Target::from_compact(expected) < target, "half of it");
    let next = |start: u32, at: CompactTarget| on_top(start, &below, header(Some(top), top.time + 300, at));
    assert_eq!(next(4_032, expected), Ok(()));
    let refusal = next(4_032, bits(expected.to_consensus() + 1)).unwrap_err();
    assert_eq!((refusal.rule, refusal.height), (Rule::Bits, 6_048));
    assert_eq!(refusal.expected, format!("{:08x}", expected.to_consensus()));
}

/// The highest height of all can be had; none above it.
#[test]
fn heights_end() {
    let headers = chain(None, 3, 600, limit());
    let mut tip = tip(u32::MAX);
    tip.extend(&bytes(&headers[..1]), NOW).unwrap();
    assert_eq!(tip.id().unwrap().height, u32::MAX);
    for rest in [&headers[1..2], &headers[1..]] {
        let refusal = tip.extend(&bytes(rest), NOW).unwrap_err();
        assert_eq!((refusal.rule, refusal.height), (Rule::Link, u32::MAX));
    }
    assert_eq!(tip.count(), 1);
    let mut tree = HeaderTree::new(Network::Sim, Start::Height(u32::MAX));
    assert_eq!(tree.extend(&bytes(&headers), NOW).unwrap_err().rule, Rule::Link);
    assert_eq!(tree.best().unwrap().height, u32::MAX);
}

/// The first of all, and the first of an epoch that was not seen to begin, must be written as a retarget writes them.
#[test]
fn bits_are_canonical_where_nothing_else_is_known() {
    let below = chain(None, 3, 600, bits(0x2003_0000));
    let next = |at: u32| on_top(2_013, &below, header(below.last(), BEGIN + 1_800, bits(at)));
    assert_eq!(next(0x2003_0000), Ok(()));
    let refusal = next(0x2100_0300).unwrap_err();
    assert_eq!((refusal.rule, refusal.expected), (Rule::Bits, "20030000".to_owned()));
    let first = mine(header(None, BEGIN, bits(0x2100_0300)));
    let refusal = tip(100).extend(&bytes(&[first]), NOW).unwrap_err();
    assert_eq!((refusal.rule, refusal.expected), (Rule::Bits, "20030000".to_owned()));
    // a simulated chain's own genesis may be any
    tip(0).extend(&bytes(&[first]), NOW).unwrap();
}

#[test]
fn regtest_begins_at_its_limit_at_any_height() {
    let first = |at: CompactTarget| {
        let mut tip = Tip::new(Network::Regtest, Start::Height(100));
        tip.extend(&bytes(&[mine(header(None, BEGIN, at))]), NOW).map_err(|refusal| (refusal.rule, refusal.expected))
    };
    assert_eq!(first(bits(0x1f7f_ffff)), Err((Rule::Bits, "207fffff".to_owned())));
    assert_eq!(first(bits(0x207f_ffff)), Ok(()));
}

/// With fewer than eleven known the median of those known is what there is: it may fall. From the eleventh on it cannot.
#[test]
fn the_median_may_fall_while_not_all_of_it_is_known() {
    let mut headers = chain(None, 6, 600, limit());
    let mut tree = HeaderTree::new(Network::Sim, Start::Height(100));
    let mut medians: Vec<u32> = headers.iter().map(|header| tree.push(header, NOW).unwrap().median_time).collect();
    for place in 6..40 {
        // as early as it can be
        let latest_first = {
            let mut times: Vec<u32> = headers.iter().rev().take(11).map(|header| header.time).collect();
            times.sort_unstable_by(|a, b| b.cmp(a));
            times
        };
        let next = mine(header(headers.last(), latest_first[5] + 1, limit()));
        medians.push(tree.push(&next, NOW).unwrap().median_time);
        headers.push(next);
        assert_eq!(headers.len(), place + 1);
    }
    assert!(medians[6] < medians[5], "{medians:?}");
    assert!(medians[10..].is_sorted(), "{medians:?}");
}

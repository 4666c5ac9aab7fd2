//! Which unknown blocks belong together, and what is said of each cluster.

use std::{cmp::Reverse, collections::HashMap};

use bitcoin::{Script, ScriptBuf};
use hashwatch_model::BlockId;

use super::{
    Cluster, Clusters, Found, Link, NamedCoinbase, SharedPayout, SharedText, UnknownCoinbase,
    marks::marks,
    words::{KnownWords, Text, each_word},
};

/// Half a year: so far apart a word in two blocks says nothing of them.
const HALF_YEAR: u32 = 182 * 24 * 60 * 60;
/// Blocks that are named of a cluster.
const LATEST: usize = 10;
/// Links that are told of a cluster.
const LINKS: usize = 20;

/// Sorts unknown blocks into clusters, of which the first `limit` are told. `named` are blocks of known pools, of the same
/// time: what two pools write is nobody's own word.
///
/// The answer does not depend on the order of the blocks. Time is near linear in the bytes of all scripts; memory too.
pub fn clusters(unknown: &[UnknownCoinbase], named: &[NamedCoinbase<'_>], limit: usize) -> Clusters {
    let known = KnownWords::of(named);
    let mut sets = Sets::new(unknown.len());
    link_payouts(unknown, &mut sets);
    link_words(unknown, &known, &mut sets);
    let mut groups: HashMap<usize, Vec<usize>> = HashMap::new();
    for block in 0..unknown.len() {
        groups.entry(sets.of(block)).or_default().push(block);
    }
    let newest_first = |block: &usize| Reverse((unknown[*block].height, unknown[*block].time, unknown[*block].hash));
    let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
    groups.iter_mut().for_each(|members| members.sort_by_key(newest_first));
    groups.sort_by_key(|members| (Reverse(members.len()), members.first().map(newest_first)));
    let (total, single) = (groups.len(), groups.iter().filter(|members| members.len() == 1).count());
    groups.truncate(limit);
    let marks = marks(unknown, named, &groups, &known);
    let told = groups.iter().zip(marks).map(|(members, marks)| {
        let blocks: Vec<&UnknownCoinbase> = members.iter().map(|&block| &unknown[block]).collect();
        Cluster { marks, ..told(&blocks, &known) }
    });
    Clusters { total, single, ranked: told.collect() }
}

fn link_payouts(unknown: &[UnknownCoinbase], sets: &mut Sets) {
    let mut first: HashMap<&Script, usize> = HashMap::new();
    for (block, coinbase) in unknown.iter().enumerate() {
        if let Some(script) = coinbase.payout.as_deref().filter(|script| pays_somebody(script)) {
            sets.join(block, *first.entry(script).or_insert(block));
        }
    }
}

/// Whoever burns a reward, or leaves it to all, has not told who they are.
fn pays_somebody(script: &Script) -> bool {
    !script.is_empty() && !script.is_op_return()
}

fn link_words(unknown: &[UnknownCoinbase], known: &KnownWords<'_>, sets: &mut Sets) {
    let mut by_time: Vec<usize> = (0..unknown.len()).collect();
    by_time.sort_by_key(|&block| unknown[block].time);
    // the last block so far that has the word: an earlier one is no nearer
    let mut last: HashMap<String, usize> = HashMap::new();
    for block in by_time {
        each_word(&unknown[block].script, |_, folded| {
            if let Some(last) = last.get_mut(folded) {
                let before = std::mem::replace(last, block);
                if unknown[block].time - unknown[before].time < HALF_YEAR {
                    sets.join(block, before);
                }
            } else if !known.is_common(folded) {
                last.insert(folded.to_owned(), block);
            }
        });
    }
}

/// What is said of a cluster but for its marks; the newest block is the first.
fn told(blocks: &[&UnknownCoinbase], known: &KnownWords<'_>) -> Cluster {
    let words = own_words(blocks, known);
    let (payouts, paid): (Vec<_>, Vec<_>) = payouts(blocks).into_iter().unzip();
    let shared = |(text, places): &(Text, Vec<usize>)| SharedText {
        text: text.written.clone(),
        blocks: places.len(),
        pool: known.pool(&text.folded).map(str::to_owned),
    };
    // what one of two blocks has is not shared
    let at_least = blocks.len().div_ceil(2).max(2).min(blocks.len());
    let linking = words.iter().filter(|(_, places)| are_near(blocks, places));
    let paying = payouts.iter().filter(|paid| paid.blocks > 1 && pays_somebody(&paid.script));
    let mut links: Vec<Link> =
        linking.map(|word| Link::Text(shared(word))).chain(paying.cloned().map(Link::Payout)).collect();
    // the sort is stable: of equal ones the words come first, in their order
    links.sort_by_key(|link| Reverse(link.blocks()));
    links.truncate(LINKS);
    let ends = |of: fn(&UnknownCoinbase) -> u32| {
        let values = blocks.iter().map(|block| of(block));
        (values.clone().min().unwrap_or_default(), values.max().unwrap_or_default())
    };
    let ((first_height, last_height), (first_time, last_time)) = (ends(|it| it.height), ends(|it| it.time));
    Cluster {
        blocks: blocks.len(),
        first_height,
        last_height,
        first_time,
        last_time,
        texts: words.iter().filter(|(_, places)| places.len() >= at_least).map(shared).collect(),
        payouts,
        latest: blocks.iter().take(LATEST).map(|block| id(block)).collect(),
        links,
        marks: Vec::new(),
        paid,
    }
}

/// The words of a cluster that are its own, with the places of their blocks: those in most first, then the longest.
fn own_words(blocks: &[&UnknownCoinbase], known: &KnownWords<'_>) -> Vec<(Text, Vec<usize>)> {
    let mut found: HashMap<String, (Text, Vec<usize>)> = HashMap::new();
    for (place, block) in blocks.iter().enumerate() {
        each_word(&block.script, |written, folded| {
            if let Some((_, places)) = found.get_mut(folded) {
                // a word may come twice in a script
                if places.last() != Some(&place) {
                    places.push(place);
                }
            } else if !known.is_common(folded) {
                found.insert(folded.to_owned(), (Text::new(written, folded), vec![place]));
            }
        });
    }
    let mut found: Vec<_> = found.into_values().collect();
    found.sort_by(|(one, ones), (other, others)| {
        let key = |text: &Text, places: &Vec<usize>| (Reverse(places.len()), Reverse(text.folded.len()));
        key(one, ones).cmp(&key(other, others)).then_with(|| one.folded.cmp(&other.folded))
    });
    found
}

/// Whether two of the blocks are near enough for a word to link them.
fn are_near(blocks: &[&UnknownCoinbase], places: &[usize]) -> bool {
    let mut times: Vec<u32> = places.iter().map(|&place| blocks[place].time).collect();
    times.sort_unstable();
    times.windows(2).any(|pair| matches!(pair, [one, next] if next - one < HALF_YEAR))
}

/// Whom the blocks of a cluster pay, those of most first, then the one paid last.
fn payouts(blocks: &[&UnknownCoinbase]) -> Vec<(SharedPayout, Found)> {
    let mut found: HashMap<&ScriptBuf, Vec<usize>> = HashMap::new();
    for (place, block) in blocks.iter().enumerate() {
        if let Some(script) = &block.payout {
            found.entry(script).or_default().push(place);
        }
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by_key(|(_, places)| (Reverse(places.len()), places.first().copied()));
    let told = found.into_iter().filter_map(|(script, places)| {
        let payout = SharedPayout { script: script.clone(), blocks: places.len() };
        Some((payout, Found::at(places, |place| blocks[place])?))
    });
    told.collect()
}

impl Found {
    /// At these places, in ascending order; none for no place.
    pub(super) fn at<'u>(places: Vec<usize>, block: impl Fn(usize) -> &'u UnknownCoinbase) -> Option<Found> {
        let newest = block(*places.first()?);
        Some(Found { newest: id(newest), time: newest.time, places })
    }
}

fn id(block: &UnknownCoinbase) -> BlockId {
    BlockId { height: block.height, hash: block.hash }
}

/// Disjoint sets of blocks (Galler and Fischer, «An improved equivalence algorithm», 1964), with path halving and union by
/// size.
struct Sets {
    above: Vec<usize>,
    size: Vec<usize>,
}

impl Sets {
    fn new(blocks: usize) -> Sets {
        Sets { above: (0..blocks).collect(), size: vec![1; blocks] }
    }

    /// The block that stands for its set.
    fn of(&mut self, mut block: usize) -> usize {
        while self.above[block] != block {
            self.above[block] = self.above[self.above[block]];
            block = self.above[block];
        }
        block
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.of(one), self.of(other));
        if one != other {
            let (small, large) = if self.size[one] < self.size[other] { (one, other) } else { (other, one) };
            self.above[small] = large;
            self.size[large] += self.size[small];
        }
    }
}

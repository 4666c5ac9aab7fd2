//! Which literals name a cluster and nothing else of what was looked at.

use std::{cmp::Reverse, collections::HashMap};

use aho_corasick::{AhoCorasick, MatchKind};
use jiff::civil::Date;

use super::{
    Found, NamedCoinbase, UnknownCoinbase,
    words::{KnownWords, Text, each_literal},
};
use crate::{period::day_of, read::TAG_BYTES};

/// Literals of a cluster that are looked for in all scripts.
const CANDIDATES: usize = 32;
/// Literals that are kept of these: those that an entry would take, and some in case that the registry refuses them.
const KEPT: usize = 8;
/// Letters in a row that no chance puts into an extranonce.
const CLEAR_LETTERS: usize = 6;

/// A literal that names blocks of one cluster alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TagMark {
    /// As the newest block writes it.
    pub(super) text: String,
    pub(super) found: Found,
    /// The cluster's first day, where another had the literal before.
    pub(super) from: Option<Date>,
    /// The cluster's last day, where another had it after.
    pub(super) until: Option<Date>,
}

/// A literal of a cluster, and where it was seen.
struct Candidate {
    cluster: usize,
    text: Text,
    /// Places within the cluster.
    places: Vec<usize>,
    /// Seen in another block before the cluster's first day, or after its last.
    before: bool,
    after: bool,
    /// Seen in another block within these days, or in a known pool's, of which no time is known.
    spoiled: bool,
}

impl Candidate {
    /// Whether it may name its cluster. Two blocks must share it, where there are two; and what no more than two have must be
    /// meant as text for sure: it stands between slashes, or has a long word.
    fn is_sound(&self, blocks: usize) -> bool {
        let text = &self.text.written;
        let long = text.split(|c: char| !c.is_alphabetic()).any(|run| run.chars().count() >= CLEAR_LETTERS);
        let clear = long || (text.len() > 2 && text.starts_with('/') && text.ends_with('/'));
        let shared = self.places.len() >= blocks.min(2);
        !self.spoiled && shared && (clear || self.places.len() > 2)
    }
}

/// The literals of each of these clusters, in the order in which an entry takes them.
pub(super) fn marks(
    unknown: &[UnknownCoinbase],
    named: &[NamedCoinbase<'_>],
    clusters: &[Vec<usize>],
    known: &KnownWords<'_>,
) -> Vec<Vec<TagMark>> {
    let all = clusters.iter().enumerate().flat_map(|(cluster, members)| candidates(cluster, members, unknown, known));
    let mut all: Vec<Candidate> = all.collect();
    let mut kept: Vec<Vec<TagMark>> = vec![Vec::new(); clusters.len()];
    if look_for(&mut all, unknown, named, clusters).is_none() {
        return kept;
    }
    let days: Vec<_> = clusters.iter().map(|members| days(members, unknown)).collect();
    for candidate in all.into_iter().filter(|it| it.is_sound(clusters[it.cluster].len())) {
        let cluster = candidate.cluster;
        let found = Found::at(candidate.places, |place| &unknown[clusters[cluster][place]]);
        if let (Some((first, last)), Some(found)) = (days[cluster], found) {
            let (from, until) = (candidate.before.then_some(first), candidate.after.then_some(last));
            kept[cluster].push(TagMark { text: candidate.text.written, found, from, until });
        }
    }
    kept.into_iter().zip(clusters).map(|(marks, members)| in_order(marks, members.len())).collect()
}

/// What may name a cluster: literals with a word that is its own, those in most blocks first, then the longest.
fn candidates(
    cluster: usize,
    members: &[usize],
    unknown: &[UnknownCoinbase],
    known: &KnownWords<'_>,
) -> Vec<Candidate> {
    // with the blocks that have it, and the last of them
    let mut found: HashMap<String, (Text, usize, usize)> = HashMap::new();
    for &block in members {
        each_literal(&unknown[block].script, known, |written, folded| {
            if let Some((_, blocks, last)) = found.get_mut(folded) {
                *blocks += usize::from(*last != block);
                *last = block;
            } else if TAG_BYTES.contains(&written.len()) {
                found.insert(folded.to_owned(), (Text::new(written, folded), 1, block));
            }
        });
    }
    let mut found: Vec<(Text, usize)> = found.into_values().map(|(text, blocks, _)| (text, blocks)).collect();
    found.sort_by(|(one, ones), (other, others)| {
        let key = |text: &Text, blocks: usize| (Reverse(blocks), Reverse(text.folded.len()));
        key(one, *ones).cmp(&key(other, *others)).then_with(|| one.folded.cmp(&other.folded))
    });
    found.truncate(CANDIDATES);
    let candidate =
        |(text, _)| Candidate { cluster, text, places: Vec::new(), before: false, after: false, spoiled: false };
    found.into_iter().map(candidate).collect()
}

/// Notes where the literals are; none where there are too many for one automaton.
fn look_for(
    candidates: &mut [Candidate],
    unknown: &[UnknownCoinbase],
    named: &[NamedCoinbase<'_>],
    clusters: &[Vec<usize>],
) -> Option<()> {
    let matcher = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::Standard)
        .build(candidates.iter().map(|candidate| &candidate.text.folded))
        .ok()?;
    let days: Vec<_> = clusters.iter().map(|members| days(members, unknown)).collect();
    let mut places = vec![None; unknown.len()];
    for (cluster, members) in clusters.iter().enumerate() {
        members.iter().enumerate().for_each(|(place, &block)| places[block] = Some((cluster, place)));
    }
    for (coinbase, at) in unknown.iter().zip(places) {
        let day = day_of(coinbase.time);
        for found in matcher.find_overlapping_iter(&coinbase.script) {
            let candidate = &mut candidates[found.pattern().as_usize()];
            if let Some((_, place)) = at.filter(|(cluster, _)| *cluster == candidate.cluster) {
                // a literal may come twice in a script
                if candidate.places.last() != Some(&place) {
                    candidate.places.push(place);
                }
            } else if let Some((first, last)) = days[candidate.cluster] {
                candidate.before |= day < first;
                candidate.after |= day > last;
                candidate.spoiled |= (first..=last).contains(&day);
            }
        }
    }
    for found in named.iter().flat_map(|block| matcher.find_overlapping_iter(block.script)) {
        candidates[found.pattern().as_usize()].spoiled = true;
    }
    for candidate in candidates {
        candidate.places.sort_unstable();
        candidate.places.dedup();
    }
    Some(())
}

/// The first and the last day of a cluster.
fn days(members: &[usize], unknown: &[UnknownCoinbase]) -> Option<(Date, Date)> {
    let times = members.iter().map(|&block| unknown[block].time);
    Some((day_of(times.clone().min()?), day_of(times.max()?)))
}

/// One after the other that names most of what those before it leave unnamed. Where several name nine tenths of that, the
/// longest: it is the least likely to be another's one day. Then those that add nothing.
fn in_order(mut marks: Vec<TagMark>, blocks: usize) -> Vec<TagMark> {
    let mut unnamed = vec![true; blocks];
    let mut kept = Vec::new();
    while kept.len() < KEPT {
        let left = unnamed.iter().filter(|&&it| it).count();
        let rank = |mark: &TagMark| {
            let adds = mark.found.places.iter().filter(|&&place| unnamed[place]).count();
            let most = adds > 0 && adds * 10 >= left * 9;
            (most, if most { 0 } else { adds }, mark.text.len(), adds, mark.found.places.len())
        };
        // of equal ones the first, as they were sorted
        let Some(best) = (0..marks.len()).rev().max_by_key(|&at| rank(&marks[at])) else { break };
        let best = marks.remove(best);
        best.found.places.iter().for_each(|&place| unnamed[place] = false);
        kept.push(best);
    }
    kept
}

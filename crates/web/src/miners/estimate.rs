//! What listed miners mine: blocks of their own pools, and an estimate from the hashrate that they disclose.
//!
//! A miner of h hashes a second finds h·t / w blocks in t seconds in expectation, where w is the work of a block. Day by day, so
//! that each disclosure and each pool counts at its time.

use std::{collections::HashMap, sync::Arc};

use hashwatch_metrics::{Prediction, expected_blocks, predicted};
use hashwatch_model::Window;
use hashwatch_registry::{Disclosure, Miner, MinesWith, day_of};
use hashwatch_store::{ChainColumns, MinerColumn};
use jiff::civil::Date;

use crate::{
    answers::Question,
    error::WebError,
    shares::{CONFIDENCE, Range, Shares},
    state::WebState,
    view::View,
};

const DAY: u64 = 86_400;
/// Blocks of the network below which nothing is estimated: what median times past say of their time is off by an hour.
const LEAST_BLOCKS: u64 = 72;

/// All listed miners over a window, by slug.
pub(crate) struct Miners {
    pub(crate) shares: Arc<Shares>,
    pub(crate) found: Vec<Found>,
}

/// What is known of one.
pub(crate) struct Found {
    pub(crate) slug: String,
    /// Blocks of pools that are its own; none where it has none in the window.
    pub(crate) direct: Option<u64>,
    pub(crate) estimate: Result<Estimate, NoEstimate>,
}

/// Blocks that are expected of it.
pub(crate) struct Estimate {
    pub(crate) blocks: Prediction,
    /// Blocks of the network on the days for which there is something to go by, and the last of these days.
    pub(crate) of_blocks: u64,
    pub(crate) until: Date,
    /// Disclosures that went into it, the oldest first.
    pub(crate) disclosures: Vec<Used>,
    /// Pools that it was said to mine with.
    pub(crate) pools: Vec<Spread>,
    /// Blocks that those pools found on the days on which it was said to mine with them.
    pub(crate) pool_blocks: u64,
}

/// A disclosure, for how many days it counted, and for how many it had been carried forward at the last of them.
pub(crate) struct Used {
    pub(crate) said: Disclosure,
    pub(crate) days: u32,
    pub(crate) stale_days: u32,
}

/// A pool, and the blocks that are expected there.
pub(crate) struct Spread {
    pub(crate) with: MinesWith,
    pub(crate) blocks: f64,
}

/// Why nothing is estimated: of several days, as far as any came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum NoEstimate {
    NoDisclosure,
    NoPool,
    TooShort,
}

impl NoEstimate {
    /// The API's word.
    pub(crate) fn code(self) -> &'static str {
        match self {
            NoEstimate::NoDisclosure => "no_disclosure",
            NoEstimate::NoPool => "no_pool",
            NoEstimate::TooShort => "too_short",
        }
    }

    pub(crate) fn words(self) -> &'static str {
        match self {
            NoEstimate::NoDisclosure => "no disclosed hashrate holds in this window",
            NoEstimate::NoPool => "with which pool it mines is not known",
            NoEstimate::TooShort => "too few blocks to say",
        }
    }
}

/// A day of a window: its blocks, and the seconds of it that lie in the window.
struct Span {
    /// Its blocks as places in the chain: the first, and one beyond the last.
    places: (usize, usize),
    date: Date,
    seconds: u64,
    /// Expected hashes of its blocks, and how many these are: the window's first does not count.
    work: f64,
    worked: u64,
}

impl Miners {
    /// From memory where it was asked for lately.
    pub(crate) async fn read(state: &WebState, view: &View, window: Window) -> Result<Arc<Miners>, WebError> {
        let question = Question { mark: view.mark().clone(), window, what: "miners".into() };
        let found = async {
            let shares = Shares::read(state, view, window).await?;
            let (chain, pools) = tokio::try_join!(view.chain(), view.miners())?;
            let days = by_day(spans(&chain, shares.range, state), &pools);
            let all: HashMap<&str, u64> =
                shares.pools.iter().map(|share| (share.slug.as_str(), share.blocks)).collect();
            let found = view.who.miners().iter().map(|miner| Found {
                slug: miner.slug.clone(),
                direct: direct(miner, &days),
                estimate: estimate(miner, &days, &all),
            });
            Ok(Arc::new(Miners { found: found.collect(), shares: Arc::clone(&shares) }))
        };
        state.miners.get(question, found).await
    }

    /// Blocks of the window that listed miners found in pools of their own.
    pub(crate) fn direct_blocks(&self) -> u64 {
        self.found.iter().filter_map(|found| found.direct).sum()
    }
}

/// The days of a range, in UTC by median time past; those without a block are left out.
fn spans(chain: &ChainColumns, range: Range, state: &WebState) -> Vec<Span> {
    let (Some(first), Some(last)) = (chain.place(range.from), chain.place(range.to)) else { return Vec::new() };
    let days = days(chain.median_times(), first, last);
    let span = |Day { places: (from, to), midnight, seconds }| {
        // the range's first block is where the clock starts, as with the hashrate: its own work was done before
        let below = usize::saturating_sub(from, 1).max(first);
        Span {
            places: (from, to),
            date: day_of(u32::try_from(midnight).unwrap_or(u32::MAX)),
            seconds,
            work: chain.work_between(below, to - 1) * state.origin().hash_scale,
            worked: (to - 1 - below) as u64,
        }
    };
    days.into_iter().map(span).collect()
}

/// A day of a range: its blocks as places, where it begins, and its seconds within the range.
#[derive(Debug, PartialEq)]
struct Day {
    places: (usize, usize),
    midnight: u64,
    seconds: u64,
}

/// Days by median times, from the first block's to the last one's. A first block that is alone on its day goes with the next: no work of
/// the range was done on it by itself, and its seconds would be nobody's.
fn days(medians: &[u32], first: usize, last: usize) -> Vec<Day> {
    let midnight_of = |place: usize| u64::from(medians[place]) / DAY * DAY;
    let (begins, ends) = (u64::from(medians[first]), u64::from(medians[last]));
    let (mut from, mut days) = (first, Vec::new());
    while from <= last {
        let alone = from == first && first < last && midnight_of(first) < midnight_of(first + 1);
        let of = if alone { first + 1 } else { from };
        let midnight = midnight_of(of);
        let to = of + medians[of..=last].partition_point(|median| u64::from(*median) < midnight + DAY);
        let since = if alone { begins } else { midnight.max(begins) };
        days.push(Day { places: (from, to), midnight, seconds: (midnight + DAY).min(ends).saturating_sub(since) });
        from = to;
    }
    days
}

/// A day, and the blocks that pools found on it.
type DayOfPools<'s> = (Span, HashMap<&'s str, u64>);

fn by_day(spans: Vec<Span>, pools: &MinerColumn) -> Vec<DayOfPools<'_>> {
    let day = |span: Span| {
        let mut found = HashMap::new();
        for id in &pools.ids()[span.places.0..span.places.1] {
            *found.entry(&*pools.slugs()[usize::from(*id)]).or_default() += 1;
        }
        (span, found)
    };
    spans.into_iter().map(day).collect()
}

/// Pools that a miner is said to mine with on a day, each once.
fn pools_on(miner: &Miner, day: Date) -> Vec<&MinesWith> {
    let mut pools: Vec<&MinesWith> = Vec::new();
    for with in miner.pools_on(day) {
        if pools.iter().all(|known| known.pool != with.pool) {
            pools.push(with);
        }
    }
    pools
}

/// Blocks of pools that were the miner's own when they were mined.
fn direct(miner: &Miner, days: &[DayOfPools<'_>]) -> Option<u64> {
    let mut blocks = None;
    for (span, found) in days {
        for with in pools_on(miner, span.date).into_iter().filter(|with| with.own) {
            *blocks.get_or_insert(0) += found.get(with.pool.as_str()).copied().unwrap_or_default();
        }
    }
    blocks
}

fn estimate(miner: &Miner, days: &[DayOfPools<'_>], all: &HashMap<&str, u64>) -> Result<Estimate, NoEstimate> {
    let (mut mean, mut of_blocks, mut pool_blocks, mut until) = (0.0, 0, 0, None);
    let (mut disclosures, mut pools): (Vec<Used>, Vec<Spread>) = (Vec::new(), Vec::new());
    let mut why = NoEstimate::NoDisclosure;
    for (span, found) in days {
        let Some((said, stale_days)) = miner.disclosure_on(span.date) else { continue };
        let known = pools_on(miner, span.date);
        if known.is_empty() {
            why = why.max(NoEstimate::NoPool);
            continue;
        }
        why = NoEstimate::TooShort;
        // on a day without work nothing can be expected of anybody
        let Some(expected) = expected_blocks(said.hashes_per_second, span.seconds, span.work, span.worked) else {
            continue;
        };
        mean += expected;
        of_blocks += span.worked;
        until = Some(span.date);
        match disclosures.last_mut().filter(|used| used.said == *said) {
            Some(used) => (used.days, used.stale_days) = (used.days + 1, stale_days),
            None => disclosures.push(Used { said: said.clone(), days: 1, stale_days }),
        }
        pool_blocks += known.iter().filter_map(|with| found.get(with.pool.as_str())).sum::<u64>();
        spread(expected, &known, all, &mut pools);
    }
    let until = until.ok_or(why)?;
    if of_blocks < LEAST_BLOCKS {
        return Err(NoEstimate::TooShort);
    }
    let blocks = predicted(mean, CONFIDENCE).ok_or(NoEstimate::TooShort)?;
    Ok(Estimate { blocks, of_blocks, until, disclosures, pools, pool_blocks })
}

/// A day's expectation over the pools of that day, by their blocks in the window: nobody says how a miner divides its machines.
#[allow(clippy::cast_precision_loss, reason = "no chain has 2^53 blocks")]
fn spread(expected: f64, known: &[&MinesWith], all: &HashMap<&str, u64>, pools: &mut Vec<Spread>) {
    let of = |with: &MinesWith| all.get(with.pool.as_str()).copied().unwrap_or_default() as f64;
    let sum: f64 = known.iter().map(|with| of(with)).sum();
    for with in known {
        let part = if sum > 0.0 { of(with) / sum } else { 1.0 / known.len() as f64 };
        match pools.iter_mut().find(|spread| spread.with.pool == with.pool) {
            Some(spread) => spread.blocks += expected * part,
            None => pools.push(Spread { with: (*with).clone(), blocks: expected * part }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_second_of_a_range_is_some_day_s() {
        let noon = 43_200;
        let day = |midnight: u64, places, seconds| Day { places, midnight: midnight * DAY, seconds };
        // ten blocks, one every six hours, from noon
        let medians: Vec<u32> = (0..10).map(|block| noon + block * 21_600).collect();
        assert_eq!(days(&medians, 0, 9), [day(0, (0, 2), 43_200), day(1, (2, 6), 86_400), day(2, (6, 10), 64_800)]);
        // the first is alone on its day, half a minute before midnight
        let medians = [86_370, 87_000, 90_000, 172_900];
        let found = days(&medians, 0, 3);
        assert_eq!(found, [day(1, (0, 3), 86_430), day(2, (3, 4), 100)]);
        assert_eq!(found.iter().map(|day| day.seconds).sum::<u64>(), 172_900 - 86_370);
        assert_eq!(days(&medians, 0, 0), [day(0, (0, 1), 0)]);
    }
}

//! What listed miners mine: blocks of their own pools, and an estimate from the hashrate that they disclose.
//!
//! A miner of h hashes a second finds h·t / w blocks in t seconds in expectation, where w is the work of a block. Day by day, so
//! that each disclosure and each pool counts at its time.

use std::{collections::HashMap, sync::Arc};

use hashwatch_metrics::{Prediction, expected_blocks, predicted};
use hashwatch_model::Window;
use hashwatch_registry::{Disclosure, Miner, day_of};
use hashwatch_store::{Day, WorkAt};
use jiff::civil::Date;

use crate::{
    answers::Question,
    error::WebError,
    shares::{CONFIDENCE, Range, Shares, to_f64},
    state::WebState,
    view::View,
};

const DAY: u64 = 86_400;

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

/// Blocks that it should have found.
pub(crate) struct Estimate {
    pub(crate) blocks: Prediction,
    /// Blocks of the network on the days for which there is something to go by.
    pub(crate) of_blocks: u64,
    /// The latest disclosure that went into it, and for how many days that was carried forward at the window's end.
    pub(crate) disclosure: Disclosure,
    pub(crate) stale_days: u32,
    /// Pools that it was said to mine with, with the blocks that are expected there: by the pools' own blocks in the window.
    pub(crate) pools: Vec<(String, f64)>,
    /// Blocks that those pools found in the window.
    pub(crate) pool_blocks: u64,
}

/// Why nothing is estimated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoEstimate {
    NoDisclosure,
    NoPool,
}

impl NoEstimate {
    pub(crate) fn words(self) -> &'static str {
        match self {
            NoEstimate::NoDisclosure => "no disclosed hashrate holds in this window",
            NoEstimate::NoPool => "with which pool it mines is not known",
        }
    }
}

/// A day of a window: its blocks, and the seconds of it that lie in the window.
struct Span {
    from: u32,
    to: u32,
    date: Date,
    seconds: u64,
    /// Expected hashes of its blocks, and how many these are: the window's first does not count.
    work: f64,
    worked: u64,
}

impl Miners {
    /// From memory where it was asked for lately.
    pub(crate) async fn read(state: &WebState, view: &View, window: Window) -> Result<Arc<Miners>, WebError> {
        let question = Question { mark: view.mark().clone(), window, what: "miners".to_owned() };
        let found = async {
            let shares = Shares::read(state, view, window).await?;
            let Range { from, to } = shares.range;
            let own = own_pools(view);
            let (days, first, own) = tokio::try_join!(
                view.days((from, to)),
                // the first block is where the clock starts, as with the hashrate: its own work was done before
                view.work_at(from),
                view.heights_of(&own, (from, to)),
            )?;
            let spans = first.map_or_else(Vec::new, |first| spans(&days, first, view.mark().median_time, state));
            let pools: HashMap<&str, u64> =
                shares.pools.iter().map(|share| (share.slug.as_str(), share.blocks)).collect();
            let found = view.who.miners().iter().map(|miner| Found {
                slug: miner.slug.clone(),
                direct: direct(miner, &spans, &own),
                estimate: estimate(miner, &spans, &pools),
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

fn own_pools(view: &View) -> Vec<&str> {
    let mut own: Vec<&str> = view
        .who
        .miners()
        .iter()
        .flat_map(|miner| &miner.pools)
        .filter(|with| with.own)
        .map(|with| with.pool.as_str())
        .collect();
    own.sort_unstable();
    own.dedup();
    own
}

fn spans(days: &[Day], first: WorkAt, ends: u32, state: &WebState) -> Vec<Span> {
    let (mut below, begins, ends) = (first.chainwork, u64::from(first.median_time), u64::from(ends));
    let mut spans = Vec::with_capacity(days.len());
    for day in days {
        let midnight = u64::from(day.day) * DAY;
        let work = to_f64(day.chainwork - below) * state.origin().hash_scale;
        below = day.chainwork;
        spans.push(Span {
            from: day.from_height,
            to: day.to_height,
            date: day_of(u32::try_from(midnight).unwrap_or(u32::MAX)),
            seconds: (midnight + DAY).min(ends).saturating_sub(midnight.max(begins)),
            work,
            worked: u64::from(day.to_height - day.from_height) + u64::from(!spans.is_empty()),
        });
    }
    spans
}

/// Blocks of pools that were the miner's own when they were mined.
fn direct(miner: &Miner, spans: &[Span], own: &[(u32, String)]) -> Option<u64> {
    let mut blocks = None;
    for span in spans {
        for with in miner.pools_on(span.date).filter(|with| with.own) {
            let first = own.partition_point(|(height, _)| *height < span.from);
            let within = own[first..].iter().take_while(|(height, _)| *height <= span.to);
            let count = within.filter(|(_, pool)| *pool == with.pool).count() as u64;
            *blocks.get_or_insert(0) += count;
        }
    }
    blocks
}

fn estimate(miner: &Miner, spans: &[Span], pools: &HashMap<&str, u64>) -> Result<Estimate, NoEstimate> {
    let (mut mean, mut of_blocks) = (0.0, 0);
    let mut used: Vec<&str> = Vec::new();
    let mut latest = None;
    let mut disclosed = false;
    for span in spans {
        let Some((disclosure, stale_days)) = miner.disclosure_on(span.date) else { continue };
        disclosed = true;
        let mut known = miner.pools_on(span.date).map(|with| with.pool.as_str()).peekable();
        if known.peek().is_none() {
            continue;
        }
        let Some(expected) = expected_blocks(disclosure.hashes_per_second, span.seconds, span.work, span.worked) else {
            continue;
        };
        mean += expected;
        of_blocks += span.worked;
        latest = Some((disclosure, stale_days));
        for pool in known {
            if !used.contains(&pool) {
                used.push(pool);
            }
        }
    }
    let (disclosure, stale_days) =
        latest.ok_or(if disclosed { NoEstimate::NoPool } else { NoEstimate::NoDisclosure })?;
    let pool_blocks = used.iter().filter_map(|pool| pools.get(pool)).sum();
    Ok(Estimate {
        blocks: predicted(mean, CONFIDENCE).ok_or(NoEstimate::NoDisclosure)?,
        of_blocks,
        disclosure: disclosure.clone(),
        stale_days,
        pools: spread(mean, &used, pools, pool_blocks),
        pool_blocks,
    })
}

/// The expectation spread over pools by their blocks: nobody says how a miner divides its machines.
#[allow(clippy::cast_precision_loss, reason = "no chain has 2^53 blocks")]
fn spread(mean: f64, used: &[&str], pools: &HashMap<&str, u64>, all: u64) -> Vec<(String, f64)> {
    let part = |pool: &str| match all {
        0 => 1.0 / used.len() as f64,
        all => pools.get(pool).copied().unwrap_or_default() as f64 / all as f64,
    };
    used.iter().map(|pool| ((*pool).to_owned(), mean * part(pool))).collect()
}

//! Where a scenario starts: our own tip where the network's hashrate is our own, else what is published, at the beginning of an epoch;
//! whose blocks are counted; and what a block pays, with its halvings.

use hashwatch_economics::{cost::NETWORK, path::Start, scenario::Pool};
use hashwatch_model::Window;
use hashwatch_registry::{Published, Source};
use jiff::{ToSpan, civil::Date};

use crate::{
    error::WebError,
    inputs::{Inputs, Origin},
    mainnet::Mainnet,
    published::after,
    shares::Shares,
    span::midnight,
    state::WebState,
    window_links::range_words,
};

/// Shares are of as much as a published month has.
const WINDOW: Window = Window::Days(30);
/// Blocks from one halving to the next.
const HALVING_BLOCKS: u64 = 210_000;
/// The newest height that a published difficulty names (data/market.toml), at noon of its day, 2026-10-27: others are reckoned from it
/// where no block is stored.
const KNOWN: (u64, i64) = (973_413, 1_793_102_400);

/// Where it starts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Begins {
    pub(super) start: Start,
    pub(super) day: Date,
    pub(super) exahashes_per_second: f64,
    /// Of the tip; reckoned at ten minutes a block where it is not our own.
    pub(super) height: u64,
    pub(super) own: bool,
}

impl Begins {
    pub(super) fn of(asked: &Mainnet, inputs: &Inputs) -> Result<Begins, WebError> {
        let none = || WebError::BadValue {
            name: NETWORK,
            reason: format!("nobody has published a hashrate of the network by {}: give one", asked.day),
        };
        let network = inputs.get(NETWORK).ok_or_else(none)?;
        let epoch = inputs.epoch().ok_or_else(none)?;
        let own =
            asked.view.as_ref().filter(|_| matches!(network.origin, Origin::Verified { .. })).map(|view| view.mark());
        let time = own.map_or(midnight(asked.day), |mark| i64::from(mark.time));
        Ok(Begins {
            start: Start { time, epoch },
            day: own.map_or(asked.day, |mark| hashwatch_registry::day_of(mark.time)),
            exahashes_per_second: network.range.central,
            height: own.map_or(height_at(time), |mark| u64::from(mark.tip.height)),
            own: own.is_some(),
        })
    }
}

fn height_at(time: i64) -> u64 {
    let (height, then) = KNOWN;
    u64::try_from(i64::try_from(height).unwrap_or(0) + (time - then) / 600).unwrap_or(0)
}

/// What a block creates, BTC.
pub(super) fn subsidy_btc(height: u64) -> f64 {
    i32::try_from(height / HALVING_BLOCKS).map_or(0.0, |halvings| 50.0 * 0.5_f64.powi(halvings))
}

/// What a block pays that lies so many after the start: what exceeds the subsidy stays, the rest halves with it.
pub(super) fn reward_btc(at_start: f64, height: u64, blocks: u64) -> f64 {
    let now = subsidy_btc(height);
    let created = at_start.min(now);
    let left = if now > 0.0 { subsidy_btc(height.saturating_add(blocks)) / now } else { 1.0 };
    at_start - created + created * left
}

/// Whose blocks shares are taken from.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    pub(super) pools: Vec<Pool>,
    pub(super) unknown: u64,
    /// Which blocks, in words.
    pub(super) words: String,
    /// Where the labels can be read; none where they are our own.
    pub(super) source: Option<Source>,
}

impl Counted {
    /// Our own last 30 days; else the last month that others have published as a whole by the day.
    pub(super) async fn of(state: &WebState, asked: &Mainnet) -> Result<Counted, WebError> {
        if let Some(view) = &asked.view {
            let shares = Shares::read(state, view, WINDOW).await?;
            let pool = |it: &crate::shares::Share| Pool { name: it.slug.clone(), blocks: it.blocks };
            return Ok(Counted {
                pools: shares.pools.iter().map(pool).collect(),
                unknown: shares.unknown,
                words: format!("{} of our own chain", range_words(shares.range)),
                source: None,
            });
        }
        let published = Published::builtin();
        let last = |month: Date| after(month).saturating_sub(1.days());
        let mut known = published.months.iter().filter(|month| !month.partial && last(month.month) <= asked.day);
        let Some(month) = known.next_back() else {
            let words = "no month that was published by then".to_owned();
            return Ok(Counted { pools: Vec::new(), unknown: 0, words, source: None });
        };
        let pools = month.counts.iter().map(|(slug, blocks)| Pool { name: slug.clone(), blocks: *blocks });
        Ok(Counted {
            pools: pools.collect(),
            unknown: month.unknown,
            words: format!("the blocks of {} by published labels", month.month.strftime("%Y-%m")),
            source: Some(published.source.clone()),
        })
    }
}

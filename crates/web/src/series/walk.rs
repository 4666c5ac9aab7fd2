//! A figure at block after block: a window that moves along the chain.
//!
//! What moves in and out is counted, not the window: a step of one block takes as long for a week as for a year.

use std::sync::Arc;

use hashwatch_metrics::{Index, Interval, Moving, Rolling, figure, wilson};
use hashwatch_model::Window;
use hashwatch_store::ChainColumns;

use super::Metric;
use crate::{
    shares::{CONFIDENCE, Range, entities::Entities},
    work::{
        difficulty::difficulty_of,
        hashrate::{Clock, estimate},
    },
};

/// A figure as of a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    pub(crate) height: u32,
    /// Median time past, Unix seconds.
    pub(crate) time: u32,
    /// None where the window reaches below what is stored, or nothing can be said of it.
    pub(crate) value: Option<f64>,
    /// What chance allows; none where it was not asked for.
    pub(crate) bounds: Option<(f64, f64)>,
    /// Where the value lies whatever Unknown is: of an index.
    pub(crate) unknown: Option<(f64, f64)>,
}

/// How much is told of each point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    Values,
    Intervals,
}

/// From one place of a chain to another.
pub(crate) struct Walk {
    chain: ChainColumns,
    entities: Option<Arc<Entities>>,
    metric: Metric,
    window: Window,
    scale: f64,
    detail: Detail,
    /// The place that comes next, and the last one.
    next: Option<usize>,
    last: usize,
    step: usize,
    begun: bool,
    /// Whose share it is.
    whose: Option<u16>,
    moving: Moving,
    sums: Sums,
}

/// Sums from the lowest block up to each: rewards, subsidies and empty blocks.
#[derive(Default)]
struct Sums {
    rewards: Vec<u64>,
    subsidies: Vec<u64>,
    empty: Vec<u64>,
}

/// Where a walk leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    /// The first and the last height, of which the last is always on the way.
    pub(crate) range: Range,
    /// Blocks from one point to the next.
    pub(crate) step: u32,
}

impl Way {
    /// How many points.
    pub(crate) fn points(self) -> u64 {
        u64::from((self.range.to - self.range.from) / self.step) + 1
    }
}

impl Walk {
    /// Heights of the way must be the chain's. `entities` are of the same chain, where the metric needs them.
    pub(crate) fn new(
        chain: ChainColumns,
        entities: Option<Arc<Entities>>,
        (metric, window): (Metric, Window),
        way: Way,
        (scale, detail): (f64, Detail),
    ) -> Walk {
        let first = way.range.to - (way.range.to - way.range.from) / way.step * way.step;
        let known = entities.as_ref().map_or(0, |entities| entities.who().len() - 1);
        let whose = match (&metric, &entities) {
            (Metric::Share(id), Some(entities)) => entities.number(id),
            _ => None,
        };
        let sums = match metric {
            Metric::Hashprice | Metric::FeeShare | Metric::EmptyShare => Sums::of(&chain),
            _ => Sums::default(),
        };
        Walk {
            next: chain.place(first),
            last: chain.place(way.range.to).unwrap_or_default(),
            step: way.step as usize,
            begun: false,
            whose,
            // there are no more entities than numbers
            moving: Moving::new(u16::try_from(known).unwrap_or(u16::MAX)),
            chain,
            entities,
            metric,
            window,
            scale,
            detail,
            sums,
        }
    }

    /// Whether it has told a point.
    pub(crate) fn begun(&self) -> bool {
        self.begun
    }

    /// The counts of the window from a place to another, both with it.
    fn counted(&mut self, first: usize, place: usize) -> Option<&Rolling> {
        self.moving.to(self.entities.as_ref()?.ids(), first, place + 1)
    }

    fn index(&mut self, index: Index, first: usize, place: usize) -> Told {
        let detail = self.detail;
        let Some(counted) = self.counted(first, place) else { return Told::value(None) };
        if detail == Detail::Values {
            return Told::value(counted.value(index));
        }
        let found = figure(index, &counted.tally(), CONFIDENCE);
        Told {
            value: counted.value(index),
            bounds: found.and_then(|it| it.low.zip(it.high)),
            unknown: found.map(|it| (it.unknown_low, it.unknown_high)),
        }
    }

    fn share(&mut self, first: usize, place: usize) -> Told {
        let whose = self.whose;
        let counted = self.counted(first, place);
        Told::interval(counted.and_then(|it| wilson(whose.map_or(0, |who| it.blocks(who)), it.total(), CONFIDENCE)))
    }

    fn told(&mut self, place: usize) -> Told {
        if self.metric == Metric::Difficulty {
            return Told::value(Some(difficulty_of(self.chain.bits()[place], self.scale)));
        }
        let Some(first) = self.chain.first_of(self.window, place) else { return Told::value(None) };
        match self.metric.clone() {
            Metric::Index(index) => self.index(index, first, place),
            Metric::Share(_) => self.share(first, place),
            Metric::Hashrate => {
                let range = Range { from: self.chain.height(first), to: self.chain.height(place) };
                let found = estimate(&self.chain, range, Clock::Medians, self.scale);
                Told::interval(found.map(|found| found.rate))
            }
            Metric::Hashprice => {
                let work = self.chain.work(first, place) * self.scale;
                let reward = Sums::between(&self.sums.rewards, first, place);
                Told::value(hashwatch_metrics::hashprice_sats_per_th_day(reward, work))
            }
            Metric::FeeShare => {
                let reward = Sums::between(&self.sums.rewards, first, place);
                let subsidy = Sums::between(&self.sums.subsidies, first, place);
                let fees = reward.checked_sub(subsidy);
                Told::value(fees.and_then(|fees| hashwatch_metrics::fee_share(fees, reward)))
            }
            Metric::EmptyShare => {
                let empty = Sums::between(&self.sums.empty, first, place);
                Told::interval(wilson(empty, (place - first) as u64 + 1, CONFIDENCE))
            }
            Metric::Difficulty => Told::value(None),
        }
    }
}

/// What is said as of a block.
struct Told {
    value: Option<f64>,
    bounds: Option<(f64, f64)>,
    unknown: Option<(f64, f64)>,
}

impl Told {
    fn value(value: Option<f64>) -> Told {
        Told { value, bounds: None, unknown: None }
    }

    fn interval(found: Option<Interval>) -> Told {
        Told { value: found.map(|it| it.value), bounds: found.map(|it| (it.low, it.high)), unknown: None }
    }
}

impl Sums {
    fn of(chain: &ChainColumns) -> Sums {
        let mut sums = Sums::default();
        let (mut rewards, mut subsidies, mut empty) = (0_u64, 0_u64, 0_u64);
        for (place, reward) in chain.rewards().iter().enumerate() {
            rewards = rewards.wrapping_add(*reward);
            subsidies = subsidies.wrapping_add(chain.subsidy(place));
            empty += u64::from(chain.tx_counts()[place] == 1);
            sums.rewards.push(rewards);
            sums.subsidies.push(subsidies);
            sums.empty.push(empty);
        }
        sums
    }

    /// Of the blocks from one place to another, both with them.
    fn between(sums: &[u64], first: usize, last: usize) -> u64 {
        sums[last].wrapping_sub(first.checked_sub(1).map_or(0, |below| sums[below]))
    }
}

impl Iterator for Walk {
    type Item = Point;

    fn next(&mut self) -> Option<Point> {
        let place = self.next.filter(|place| *place <= self.last)?;
        (self.next, self.begun) = (Some(place + self.step), true);
        let Told { value, bounds, unknown } = self.told(place);
        Some(Point {
            height: self.chain.height(place),
            time: self.chain.median_times()[place],
            value,
            bounds: bounds.filter(|_| self.detail == Detail::Intervals),
            unknown,
        })
    }
}

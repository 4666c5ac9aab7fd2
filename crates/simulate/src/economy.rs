//! How much hashrate there is, and whose, on each day of a chain: growth, seasons, a ban, drift, births and deaths.
//!
//! All of it is integer arithmetic on parts per thousand, interpolated between anchors drawn from the seed.

use hashwatch_model::Network;

use crate::{
    lottery::Lottery,
    pools::{POOLS, Pool, UNKNOWN_SIZE},
    random::{Purpose, Streams},
};

/// Milliseconds of a day.
const DAY_MS: u64 = 86_400_000;
/// Thousandths of a hash in ten minutes between which a sim network stays: it keeps blocks at 16 to 512 hashes.
const RATE_BOUNDS: (u64, u64) = (20_000, 440_000);
/// Regtest's limit is two hashes a block; there is no retarget to answer anything else.
const REGTEST_RATE: u64 = 2_000;

/// One day's hashrate and its owners.
#[derive(Clone, Debug)]
pub(crate) struct Day {
    /// Who finds a block, by weight.
    pub lottery: Lottery,
    /// Thousandths of a hash in ten minutes, of the whole network.
    pub rate: u64,
    /// What users pay, in parts per thousand of the usual.
    pub congestion: u64,
}

impl Day {
    /// Microseconds that the network takes for one hash.
    pub(crate) fn micros_per_hash(&self) -> u64 {
        600_000_000 * 1_000 / self.rate
    }
}

/// The hashrate over a chain's life.
#[derive(Clone, Debug)]
pub(crate) struct Economy {
    network: Network,
    streams: Streams,
    start_ms: u64,
    /// The day last asked for: asked again for every block of it.
    today: Option<(u32, Day)>,
}

impl Economy {
    pub(crate) fn new(network: Network, streams: Streams, start_time: u32) -> Economy {
        Economy { network, streams, start_ms: u64::from(start_time) * 1_000, today: None }
    }

    /// The day on which the moment `clock_ms` (Unix milliseconds) falls.
    pub(crate) fn at(&mut self, clock_ms: u64) -> &Day {
        let number = u32::try_from(clock_ms.saturating_sub(self.start_ms) / DAY_MS).unwrap_or(u32::MAX);
        let kept = self.today.take().filter(|(day, _)| *day == number);
        let (_, day) = self.today.insert(kept.unwrap_or_else(|| (number, self.day(number))));
        day
    }

    fn day(&self, day: u32) -> Day {
        let sizes: Vec<u64> = POOLS
            .iter()
            .zip(0_u32..)
            .map(|(pool, index)| u64::from(pool.size) * life(pool, day) / 1_000 * self.drift(index, day) / 1_000)
            .chain([u64::from(UNKNOWN_SIZE) * self.drift(u32::MAX >> 16, day) / 1_000])
            .collect();
        let total: u64 = sizes.iter().sum();
        let rate = match self.network {
            Network::Regtest => REGTEST_RATE,
            _ => (total * self.growth(day) / 1_000 * season(day) / 1_000 * self.ban(day) / 1_000)
                .clamp(RATE_BOUNDS.0, RATE_BOUNDS.1),
        };
        Day { lottery: Lottery::new(sizes), rate, congestion: self.congestion(day) }
    }

    /// A pool's luck in business: 700 to 1,300, with an anchor every 45 days. The first is 1,000.
    fn drift(&self, index: u32, day: u32) -> u64 {
        interpolate(day, 45, |anchor| match anchor {
            0 => 1_000,
            _ => u64::from(self.streams.draw(Purpose::Drift, index << 16 | anchor & 0xffff).between(700, 1_300)),
        })
    }

    /// The trend: up by 2.5 % in 30 days, with luck, until it has nearly trebled; then it wavers.
    fn growth(&self, day: u32) -> u64 {
        let mut level = 1_000_u64;
        let mut next = level;
        for anchor in 0..=day / 30 {
            let step = self.streams.draw(Purpose::Growth, anchor).between(980, 1_070);
            level = next;
            next = level * u64::from(if level > 2_600 { step - 60 } else { step }) / 1_000;
        }
        between(level, next, day % 30, 30)
    }

    /// The ban: within 10 days four tenths of the network go dark, and come back over 120. Once in 700 days.
    fn ban(&self, day: u32) -> u64 {
        let begins = self.streams.draw(Purpose::Ban, day / 700).between(100, 170);
        match (day % 700).checked_sub(begins) {
            Some(since @ 0..10) => between(1_000, 600, since, 10),
            Some(since @ 10..130) => between(600, 1_000, since - 10, 120),
            _ => 1_000,
        }
    }

    fn congestion(&self, day: u32) -> u64 {
        interpolate(day, 12, |anchor| {
            let mut dice = self.streams.draw(Purpose::Fees, anchor);
            // most fortnights are calm, one in ten is not
            if dice.chance(1, 10) { u64::from(dice.between(2_500, 6_000)) } else { u64::from(dice.between(300, 1_400)) }
        })
    }
}

/// How much of its size a pool has: births take 60 days, deaths 30, a pivot 90.
fn life(pool: &Pool, day: u32) -> u64 {
    let grown = match (pool.born, day.checked_sub(pool.born)) {
        (0, _) => 1_000,
        (_, None) => 0,
        (_, Some(age)) => between(50, 1_000, age.min(60), 60),
    };
    let left = match pool.gone.and_then(|gone| day.checked_sub(gone)) {
        None => 1_000,
        Some(since) => between(1_000, 0, since.min(30), 30),
    };
    let kept = match pool.pivot.and_then(|pivot| day.checked_sub(pivot)) {
        None => 1_000,
        Some(since) => between(1_000, 100, since.min(90), 90),
    };
    grown * left / 1_000 * kept / 1_000
}

/// Cheap water in summer: 920 to 1,080 over a year, as a triangle (a sine would need floats). Starts at 1,000, rising.
fn season(day: u32) -> u64 {
    let phase = (day + 91) % 365;
    if phase < 182 { between(920, 1_080, phase, 182) } else { between(1_080, 920, phase - 182, 183) }
}

/// The value at `day` on straight lines between anchors `every` days apart.
fn interpolate(day: u32, every: u32, anchor: impl Fn(u32) -> u64) -> u64 {
    between(anchor(day / every), anchor(day / every + 1), day % every, every)
}

/// `done` steps of `of` on the way from one value to another.
fn between(from: u64, to: u64, done: u32, of: u32) -> u64 {
    (from * u64::from(of - done) + to * u64::from(done)) / u64::from(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn economy(seed: u64) -> Economy {
        Economy::new(Network::Sim, Streams::new(Network::Sim, seed), 0)
    }

    #[test]
    fn the_network_stays_in_bounds_and_moves() {
        for seed in 0..8 {
            let mut economy = economy(seed);
            let rates: Vec<u64> = (0..1_500).map(|day| economy.at(day * DAY_MS).rate).collect();
            assert!(rates.iter().all(|rate| (20_000..=440_000).contains(rate)), "seed {seed}");
            let year = &rates[..365];
            let (low, high) = (year.iter().min().unwrap(), year.iter().max().unwrap());
            assert!(*high * 10 > *low * 15, "seed {seed}: {low} to {high}");
        }
    }

    #[test]
    fn pools_come_go_and_turn_away() {
        let weight = |slug: &str, day: u64| {
            let index = POOLS.iter().position(|pool| pool.slug == slug).unwrap();
            economy(3).at(day * DAY_MS).lottery.weight(index)
        };
        assert!(weight("sim-isobar", 100) > 0);
        assert_eq!(weight("sim-isobar", 180), 0);
        assert_eq!(weight("sim-nimbus", 239), 0);
        assert!(weight("sim-nimbus", 300) > 4_000);
        assert!(weight("sim-drumlin", 300) * 5 < weight("sim-drumlin", 199));
    }

    #[test]
    fn a_day_is_the_same_in_any_order() {
        let mut forth = economy(5);
        let mut back = economy(5);
        let there: Vec<u64> = (0..50).map(|day| forth.at(day * DAY_MS).rate).collect();
        let mut again: Vec<u64> = (0..50).rev().map(|day| back.at(day * DAY_MS).rate).collect();
        again.reverse();
        assert_eq!(there, again);
    }
}

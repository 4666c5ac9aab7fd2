//! The course of an attack: each side mines its own branch, and each branch has its own retarget.

use hashwatch_metrics::{EPOCH_BLOCKS, Epoch};
use statrs::distribution::{ContinuousCDF, Normal};

use super::Forces;
use crate::{
    checked::{Error, Result, contradiction, figure, float, not_negative, part, positive},
    mining::SECONDS_PER_DAY,
    race::MOST_BLOCKS,
    schedule::Schedule,
    walk::{Means, Walk},
};

/// An attack that lasts longer is none: a hundred years.
const MOST_SECONDS: f64 = 3.2e9;

/// The pace of one side's branch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Blocks a day at the difficulty of the fork.
    pub blocks_per_day_before: f64,
    /// Seconds from the fork to the last block of the branch's epoch.
    pub seconds_to_retarget: f64,
    /// New difficulty over old on the branch, a quarter to four.
    pub change: f64,
    /// Blocks a day from then on.
    pub blocks_per_day_after: f64,
}

/// The pace of a branch that so many EH/s mine from a fork within an epoch, in expectation: `86400 H/W` blocks a day of W
/// exahashes each until the epoch's last block; then by the difficulty of **this branch's own** retarget, whose time holds
/// what the epoch had taken before the fork.
///
/// An attacker from outside who matches the network finds 144 blocks a day, as the others do on their branch: each branch
/// retargets by its own blocks alone.
///
/// Range: above 0. What it does not show: header times that an attacker makes up (above the median of eleven, two hours
/// ahead at most), which move its retarget.
pub fn pace(exahashes_per_second: f64, epoch: Epoch) -> Result<Pace> {
    let rate = positive("exahashes_per_second", exahashes_per_second)?;
    let mut walk = Walk::new(0, epoch)?;
    let before = blocks_per_day(rate, &walk)?;
    let turn = walk.turn(&Schedule::constant(0, rate)?, &mut Means).ok_or(Error::Overflow("seconds_to_retarget"))?;
    Ok(Pace {
        blocks_per_day_before: before,
        seconds_to_retarget: turn.time,
        change: turn.change,
        blocks_per_day_after: blocks_per_day(rate, &walk)?,
    })
}

fn blocks_per_day(rate: f64, walk: &Walk) -> Result<f64> {
    figure("blocks_per_day", rate / walk.exahashes_per_block() * SECONDS_PER_DAY)
}

/// Blocks that so many EH/s find on a branch in so many seconds from the fork, in expectation, over as many retargets of the
/// branch as fall within. An attacker whose branch wins keeps all of them.
///
/// Range: 0 and above. It is the count of the mean course: where a retarget is near the end, the expectation of the count is
/// off by less than one block in a thousand. None beyond a hundred years.
pub fn branch_blocks(exahashes_per_second: f64, epoch: Epoch, duration_seconds: f64) -> Result<f64> {
    let rate = positive("exahashes_per_second", exahashes_per_second)?;
    let end = not_negative("duration_seconds", duration_seconds)?;
    if end > MOST_SECONDS {
        return contradiction("duration_seconds", "longer than a hundred years");
    }
    let (schedule, mut walk, mut blocks) = (Schedule::constant(0, rate)?, Walk::new(0, epoch)?, 0.0);
    loop {
        let (from, left) = (walk, float(walk.left));
        match walk.turn(&schedule, &mut Means).filter(|turn| turn.time <= end) {
            Some(_) => blocks += left,
            None => return figure("branch_blocks", blocks + rate * (end - from.time) / from.exahashes_per_block()),
        }
        // far too much hashrate for a difficulty is caught by a factor of four an epoch, far below a thousand of these
        if blocks > float(EPOCH_BLOCKS) * 10_000.0 {
            return Err(Error::Overflow("branch_blocks"));
        }
    }
}

/// USD of so many blocks of a branch that wins: `blocks R P (1 - f)`, with R the reward in BTC, subsidy and fees, P the price
/// before and f the part of it that is lost by the attack. A branch that loses earns nothing.
///
/// Range: 0 and above. What it does not show: that coins of a coinbase can be spent after a hundred blocks only, and whether
/// anyone buys them.
pub fn branch_revenue_usd(blocks: f64, reward_btc: f64, usd_per_btc: f64, price_fall_share: f64) -> Result<f64> {
    let coins = not_negative("blocks", blocks)? * not_negative("reward_btc", reward_btc)?;
    let price = not_negative("usd_per_btc", usd_per_btc)? * (1.0 - part("price_fall_share", price_fall_share)?);
    figure("branch_revenue_usd", coins * price)
}

/// Seconds that an attacker is expected to need to make up z blocks: `z W/(A - H)`, with A and H the EH/s of both sides and W the
/// exahashes of a block at the fork.
///
/// Branches are compared by work, not by blocks. A branch of A hashes per second gains work at the rate A in expectation
/// **whatever its difficulty**: so this holds over retargets too, but for the part of a block by which the last one goes
/// beyond level. To be ahead is one block more than to be level.
///
/// None for an attacker who is not faster: one of the same hashrate draws level for certain but has no mean time
/// ([`median_overtake_seconds`]); a slower one may never.
///
/// Source: Wald's identity (A. Wald, «On cumulative sums of random variables», 1944).
pub fn expected_overtake_seconds(forces: &Forces, difficulty: f64, deficit_blocks: u64) -> Result<Option<f64>> {
    let rates = Rates::new(forces, difficulty, deficit_blocks)?;
    if rates.deficit == 0.0 {
        return Ok(Some(0.0));
    }
    // of a match, rounding leaves nothing or next to nothing
    if forces.attacker_share <= 0.5 + f64::EPSILON {
        return Ok(None);
    }
    figure("expected_overtake_seconds", rates.deficit / (rates.attacker - rates.honest)).map(Some)
}

/// The probability that an attacker who is at least as fast makes up z blocks within so many seconds:
/// `N((vt - z)/s) + e^(2vz/(a+b)) N((-vt - z)/s)` with a and b the blocks per second of both sides at the fork's difficulty,
/// `v = a - b`, `s = sqrt((a+b) t)` and N the normal distribution function.
///
/// Range: 0 to 1, rising in time. None for an attacker who is slower than the others. It is that of Brownian motion: within 0.03
/// of the race of blocks for z from 6 on, by simulation. A retarget within that time changes the size of blocks, hence s,
/// and is left out.
///
/// Source: the inverse Gaussian distribution of first passages; D. R. Cox, H. D. Miller, «The Theory of Stochastic
/// Processes» (1965).
pub fn overtaken_within(forces: &Forces, difficulty: f64, deficit_blocks: u64, seconds: f64) -> Result<Option<f64>> {
    let rates = Rates::new(forces, difficulty, deficit_blocks)?;
    let time = not_negative("seconds", seconds)?;
    rates.is_no_slower().then(|| figure("overtaken_within", rates.within(time))).transpose()
}

/// The time within which an attacker who is at least as fast makes up z blocks with a probability of a half
/// ([`overtaken_within`]). For a match, whose mean time is infinite, it is the figure to tell.
///
/// Range: 0 and above. None for a slower attacker.
pub fn median_overtake_seconds(forces: &Forces, difficulty: f64, deficit_blocks: u64) -> Result<Option<f64>> {
    let rates = Rates::new(forces, difficulty, deficit_blocks)?;
    if !rates.is_no_slower() || rates.deficit == 0.0 {
        return Ok((rates.deficit == 0.0).then_some(0.0));
    }
    let (mut low, mut high) = (0.0, rates.deficit / rates.attacker);
    while rates.within(high) < 0.5 {
        (low, high) = (high, figure("median_overtake_seconds", 2.0 * high)?);
    }
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if rates.within(middle) < 0.5 { low = middle } else { high = middle }
    }
    Ok(Some(high))
}

/// Blocks per second of both sides at the fork's difficulty, and those to make up.
struct Rates {
    attacker: f64,
    honest: f64,
    deficit: f64,
}

impl Rates {
    fn new(forces: &Forces, difficulty: f64, deficit_blocks: u64) -> Result<Self> {
        if deficit_blocks > MOST_BLOCKS {
            return contradiction("deficit_blocks", "more than ten million blocks");
        }
        let each = crate::mining::exahashes_per_block(difficulty)?;
        let rate = |name: &str, rate: f64| positive(name, positive(name, rate)? / each);
        Ok(Self {
            attacker: rate("attacker_exahashes_per_second", forces.attacker_exahashes_per_second)?,
            honest: rate("honest_exahashes_per_second", forces.honest_exahashes_per_second)?,
            deficit: float(deficit_blocks),
        })
    }

    fn is_no_slower(&self) -> bool {
        self.attacker >= self.honest * (1.0 - 1e-12)
    }

    fn within(&self, time: f64) -> f64 {
        let (z, drift, both) = (self.deficit, self.attacker - self.honest, self.attacker + self.honest);
        let spread = (both * time).sqrt();
        if z == 0.0 {
            return 1.0;
        }
        if spread == 0.0 {
            return 0.0;
        }
        let normal = Normal::standard();
        let reflected = normal.cdf((-drift * time - z) / spread);
        // the product of a great number and a small one, by their logarithms
        let reflected = if reflected > 0.0 { (2.0 * drift * z / both + reflected.ln()).exp() } else { 0.0 };
        (normal.cdf((drift * time - z) / spread) + reflected).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests;

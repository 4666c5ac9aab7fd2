//! Whether an attacker catches up, and how long that takes: probabilities at a share of the hashrate that stays as it is.
//!
//! q is the attacker's share of all hashes per second that are tried, p = 1 - q that of all others, z a number of blocks.
//! What the attack earns and how retargets change its pace is in [`crate::attack`].

use hashwatch_metrics::incomplete_beta;
use statrs::distribution::{DiscreteCDF, Poisson};

use crate::checked::{Result, contradiction, figure, float, inner_part, part, positive};

/// More blocks than any chain has: no one waits for as many.
pub const MOST_BLOCKS: u64 = 10_000_000;

/// The probability that an attacker who is z blocks behind ever catches up: `(q/p)^z` for q below p, else 1.
///
/// Range: 0 to 1. For z = 0 it is 1, for q = 0 and z above 0 it is 0. Level is caught up: to be ahead is one block more.
///
/// Source: W. Feller, «An Introduction to Probability Theory and Its Applications» I (1968), chapter XIV, the gambler's ruin;
/// S. Nakamoto, «Bitcoin» (2008), section 11.
pub fn catch_up_probability(share: f64, deficit_blocks: u64) -> Result<f64> {
    let q = part("share", share)?;
    let z = blocks("deficit_blocks", deficit_blocks)?;
    if z == 0.0 || q >= 0.5 {
        return Ok(1.0);
    }
    Ok((q / (1.0 - q)).powf(z))
}

/// The probability that a payment with z confirmations can be undone by an attacker who starts with the block that holds it:
/// `I(4pq; z, 1/2)` of the regularized incomplete beta function for q below a half, else 1.
///
/// While the others find z blocks, the attacker finds a number that is negative binomial; then it catches up or not
/// ([`catch_up_probability`]). The sum over both is Rosenfeld's; Grunspan and Perez-Marco proved it equal to this function.
/// A branch that draws level counts as a success, as in both papers.
///
/// Range: 0 to 1; 1 for z = 0 and for q of a half and more, 0 for q = 0 and z above 0. It falls in z and rises in q. Its cost
/// does not grow with z.
///
/// What it does not show: what the attacker can know (how long the z blocks took), an attacker who prepared a branch before
/// paying, a share that changes, and what the attempt costs.
///
/// Source: M. Rosenfeld, «Analysis of hashrate-based double spending» (2014), arXiv 1402.2009; C. Grunspan and
/// R. Perez-Marco, «Double spend races» (2018), arXiv 1702.02867, theorem 1.
pub fn double_spend_probability(share: f64, confirmations: u64) -> Result<f64> {
    let q = part("share", share)?;
    let z = blocks("confirmations", confirmations)?;
    if z == 0.0 || q >= 0.5 {
        return Ok(1.0);
    }
    if q == 0.0 {
        return Ok(0.0);
    }
    // I(x; a, b) = 1 - I(1 - x; b, a), and 1 - 4pq = (1 - 2q)^2, which keeps its digits where q is near a half
    let x = (1.0 - 2.0 * q).powi(2);
    let (_, above) = incomplete_beta(0.5, z, x).map_or_else(|| contradiction("confirmations", "too many"), Ok)?;
    Ok(above.clamp(0.0, 1.0))
}

/// Nakamoto's estimate of [`double_spend_probability`], for comparison: he takes the attacker's blocks for Poisson distributed
/// with mean `zq/p`, as if z blocks took exactly their mean time. It is too low for small shares, by half for q = 0.1 and six
/// confirmations.
///
/// Computed as `P(X > z) + (q/p)^z e^(z - zq/p) P(Y <= z)` with Poisson variables X of mean `zq/p` and Y of mean z, which is
/// his sum.
///
/// Range: 0 to 1; 1 for z = 0 and for q of a half and more.
///
/// Source: S. Nakamoto, «Bitcoin» (2008), section 11.
pub fn nakamoto_probability(share: f64, confirmations: u64) -> Result<f64> {
    let q = part("share", share)?;
    let z = blocks("confirmations", confirmations)?;
    if z == 0.0 || q >= 0.5 {
        return Ok(1.0);
    }
    let ratio = q / (1.0 - q);
    let (Ok(found), Ok(meant)) = (Poisson::new(z * ratio), Poisson::new(z)) else { return Ok(0.0) };
    let behind = (z * (ratio.ln() + 1.0 - ratio)).exp() * meant.cdf(confirmations);
    Ok((found.sf(confirmations) + behind).clamp(0.0, 1.0))
}

/// The smallest z at which a payment can be undone with a probability below `risk` ([`double_spend_probability`]).
///
/// Range: 1 and more. None where no number of blocks is enough: for a share of a half and more, and where more than ten million
/// are needed. The risk lies between 0 and 1, both refused.
pub fn confirmations_needed(share: f64, risk: f64) -> Result<Option<u64>> {
    smallest(share, risk, double_spend_probability)
}

/// [`confirmations_needed`] by Nakamoto's estimate, for comparison.
pub fn nakamoto_confirmations_needed(share: f64, risk: f64) -> Result<Option<u64>> {
    smallest(share, risk, nakamoto_probability)
}

fn smallest(share: f64, risk: f64, probability: impl Fn(f64, u64) -> Result<f64>) -> Result<Option<u64>> {
    let (q, risk) = (part("share", share)?, inner_part("risk", risk)?);
    if q >= 0.5 {
        return Ok(None);
    }
    let mut high = 1;
    while probability(q, high)? >= risk {
        if high == MOST_BLOCKS {
            return Ok(None);
        }
        high = (2 * high).min(MOST_BLOCKS);
    }
    let mut low = high / 2;
    // above low the risk is kept, at low it is not
    while high - low > 1 {
        let middle = low.midpoint(high);
        if probability(q, middle)? < risk { high = middle } else { low = middle }
    }
    Ok(Some(high))
}

/// Seconds that an attacker with more than half is expected to need to make up z blocks: `z T/(q - p)`, with T the mean wait for
/// a block of both together. None for a share of a half or less: at a half it catches up for certain, but the expected time is
/// infinite; below, it may never.
///
/// T is 600 seconds where a part of the network itself attacks. Where hashrate comes from outside, T is shorter until the
/// retarget; [`crate::attack::expected_overtake_seconds`] takes that from the attack.
///
/// It is the distance over the drift of a random walk (Wald's identity).
pub fn expected_catch_up_seconds(share: f64, deficit_blocks: u64, joint_wait_seconds: f64) -> Result<Option<f64>> {
    let q = part("share", share)?;
    let wait = positive("joint_wait_seconds", joint_wait_seconds)?;
    let z = blocks("deficit_blocks", deficit_blocks)?;
    if q <= 0.5 {
        return Ok((z == 0.0).then_some(0.0));
    }
    figure("expected_catch_up_seconds", z * wait / (2.0 * q - 1.0)).map(Some)
}

fn blocks(parameter: &str, count: u64) -> Result<f64> {
    if count <= MOST_BLOCKS { Ok(float(count)) } else { contradiction(parameter, "more than ten million blocks") }
}

#[cfg(test)]
mod tests;

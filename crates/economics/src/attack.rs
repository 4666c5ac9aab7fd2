//! What kind of attack is meant, what hashrate it takes, and the course that follows from it: blocks a day of both sides before
//! and after the retarget, the time to make up a deficit, the revenue of a branch that wins.
//!
//! Published costs differ by two through the kind alone. What the hashrate costs is in [`crate::rental`],
//! [`crate::hardware`] and [`crate::supply`].

mod course;

pub use course::{
    Pace, branch_blocks, branch_revenue_usd, expected_overtake_seconds, median_overtake_seconds, overtaken_within, pace,
};

use crate::checked::{Result, figure, inner_part, not_negative, positive};

/// Where an attacker's hashrate is from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Attack {
    /// As much again as the network has comes from outside: half of the enlarged network.
    MatchFromOutside,
    /// So much comes from outside that it is a share of the enlarged network.
    AddToShare {
        /// Between 0 and 1.
        share: f64,
    },
    /// A share of the network itself changes sides; the others are so many fewer.
    CaptureInside {
        /// Between 0 and 1.
        share: f64,
    },
    /// As [`Attack::AddToShare`], with machines that were taken off the network as far as these go.
    BuyRetired {
        /// Between 0 and 1.
        share: f64,
        /// What the retired machines together would do.
        stock_exahashes_per_second: f64,
    },
}

/// Both sides of an attack.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forces {
    /// What the attacker needs, and mines its branch with.
    pub attacker_exahashes_per_second: f64,
    /// Of it, what retired machines supply.
    pub retired_exahashes_per_second: f64,
    /// What the others mine with meanwhile.
    pub honest_exahashes_per_second: f64,
    /// The attacker's part of both.
    pub attacker_share: f64,
}

impl Attack {
    /// The hashrate it takes against a network of that many EH/s: H for a match, `H s/(1-s)` added from outside, `H s` inside.
    ///
    /// Range: all above 0. Published totals for "51 %" mean 1.04 H, H or 0.51 H: compare only like with like.
    pub fn forces(self, network_exahashes_per_second: f64) -> Result<Forces> {
        let network = positive("network_exahashes_per_second", network_exahashes_per_second)?;
        let inside = |share: f64| inner_part("share", share);
        let (attacker, honest, retired) = match self {
            Self::MatchFromOutside => (network, network, 0.0),
            Self::AddToShare { share } => (network * inside(share)? / (1.0 - share), network, 0.0),
            Self::CaptureInside { share } => (network * inside(share)?, network * (1.0 - share), 0.0),
            Self::BuyRetired { share, stock_exahashes_per_second } => {
                let needed = network * inside(share)? / (1.0 - share);
                let stock = not_negative("stock_exahashes_per_second", stock_exahashes_per_second)?;
                (needed, network, stock.min(needed))
            }
        };
        Ok(Forces {
            attacker_exahashes_per_second: positive("share", figure("attacker_exahashes_per_second", attacker)?)?,
            retired_exahashes_per_second: retired,
            honest_exahashes_per_second: positive("share", honest)?,
            attacker_share: attacker / figure("both_exahashes_per_second", attacker + honest)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_kinds_differ_by_two() {
        let needed = |attack: Attack| attack.forces(1_000.0).unwrap().attacker_exahashes_per_second;
        assert_eq!(needed(Attack::MatchFromOutside), 1_000.0);
        assert!((needed(Attack::AddToShare { share: 0.51 }) - 1_040.8).abs() < 0.02);
        assert!((needed(Attack::CaptureInside { share: 0.51 }) - 510.0).abs() < 1e-9);
        let retired = Attack::BuyRetired { share: 0.51, stock_exahashes_per_second: 300.0 }.forces(1_000.0).unwrap();
        assert!((retired.attacker_exahashes_per_second - 1_040.8).abs() < 0.02);
        assert_eq!(retired.retired_exahashes_per_second, 300.0);
        let plenty = Attack::BuyRetired { share: 0.5, stock_exahashes_per_second: 3_000.0 }.forces(1_000.0).unwrap();
        assert_eq!(plenty.retired_exahashes_per_second, 1_000.0, "no more than it takes");
    }

    #[test]
    fn bad_input_is_refused_by_name() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let said = Attack::MatchFromOutside.forces(bad).unwrap_err().to_string();
            assert!(said.starts_with("network_exahashes_per_second is "), "{said}");
            for attack in [Attack::AddToShare { share: bad }, Attack::CaptureInside { share: bad }] {
                assert!(attack.forces(1.0).unwrap_err().to_string().starts_with("share is "), "{bad}");
            }
        }
        assert!(Attack::AddToShare { share: 1.0 }.forces(1.0).is_err());
        let bad = Attack::BuyRetired { share: 0.5, stock_exahashes_per_second: -1.0 };
        assert!(bad.forces(1.0).unwrap_err().to_string().starts_with("stock_exahashes_per_second is "));
        assert!(Attack::AddToShare { share: 0.999 }.forces(f64::MAX).is_err(), "beyond a float");
        assert!(Attack::MatchFromOutside.forces(f64::MAX).is_err());
        assert!(Attack::CaptureInside { share: 1e-300 }.forces(1e-300).is_err(), "nothing");
    }

    proptest! {
        #[test]
        fn the_share_is_the_share(share in 0.001..0.999, network in 1e-3..1e6) {
            for attack in [
                Attack::AddToShare { share },
                Attack::CaptureInside { share },
                Attack::BuyRetired { share, stock_exahashes_per_second: network / 3.0 },
            ] {
                let forces = attack.forces(network).unwrap();
                prop_assert!((forces.attacker_share - share).abs() < 1e-9);
                prop_assert!(forces.retired_exahashes_per_second <= forces.attacker_exahashes_per_second);
                let more = attack.forces(2.0 * network).unwrap();
                prop_assert!(more.attacker_exahashes_per_second > forces.attacker_exahashes_per_second);
            }
        }
    }
}

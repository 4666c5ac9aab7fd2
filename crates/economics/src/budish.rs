//! Budish's limits: what miners must be paid, all the time, so that an attack of a given value does not pay.

use crate::checked::{Result, figure, float, not_negative, part, positive};

/// A majority attack in units of what honest mining of a block costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Duration {
    /// The attacker's hashrate over the others', A, above 1 for a majority.
    pub multiple: f64,
    /// How long it lasts, in blocks that the others would find, t.
    pub honest_blocks: f64,
    /// What the attacker pays for a hash above what others pay, as a part: k.
    pub cost_friction: f64,
    /// The part of the blocks' pay that is lost, by a fall of the price or by never being spendable: f. 0 where the attacker keeps
    /// all of it.
    pub reward_lost_share: f64,
}

/// Blocks' worth of honest mining that an attack costs, before what it earns: `A t (1 + k)`.
pub fn gross_block_equivalents(attack: &Duration) -> Result<f64> {
    let blocks = positive("multiple", attack.multiple)? * not_negative("honest_blocks", attack.honest_blocks)?;
    figure("block_equivalents", blocks * (1.0 + not_negative("cost_friction", attack.cost_friction)?))
}

/// The same, less the blocks that the attacker is paid for: `a = A t (k + f)`.
///
/// Its branch has A t blocks at the old difficulty, which it keeps if it wins ([`crate::attack::branch_blocks`], played out in
/// the tests); each is worth what mining it costs others, by the zero-profit condition. Without friction and without a loss of
/// value an attack costs **nothing**.
///
/// Range: 0 and above. The form is our own derivation: Budish's draft of 2022 says that it mends the arithmetic of his first
/// (footnote 11), and neither's was at hand.
pub fn net_block_equivalents(attack: &Duration) -> Result<f64> {
    gross_block_equivalents(attack)?;
    let lost = attack.cost_friction + part("reward_lost_share", attack.reward_lost_share)?;
    figure("block_equivalents", attack.multiple * attack.honest_blocks * lost)
}

/// Blocks that the others are expected to find until a majority has made up z: `z/(A - 1)`, the t of an attack that starts so far
/// behind. It is [`crate::attack::expected_overtake_seconds`] in waits of the others' branch.
///
/// None for a multiple of 1 and less: for these there is no mean.
pub fn expected_honest_blocks(multiple: f64, deficit_blocks: u64) -> Result<Option<f64>> {
    let lead = positive("multiple", multiple)? - 1.0;
    if lead <= 0.0 {
        return Ok((deficit_blocks == 0).then_some(0.0));
    }
    figure("honest_blocks", float(deficit_blocks) / lead).map(Some)
}

/// The flow condition: what a block must pay so that an attack worth `value_usd` does not pay, `V/a`, with a in blocks'
/// worth of honest mining ([`net_block_equivalents`], [`gross_block_equivalents`]).
///
/// It joins (1) zero profit, `N c = p`: all that is spent on a block is what it pays, and (2) incentive compatibility, `a N c > V`.
///
/// Range: 0 and above, in proportion to the value: securing a billion costs a thousand times what a million does. None for an attack
/// that costs nothing, which no pay deters.
///
/// Source: E. Budish, «The economic limits of Bitcoin and the blockchain» (2018), NBER w24717; «Trust at scale», QJE 140 (2025).
pub fn deterring_usd_per_block(value_usd: f64, block_equivalents: f64) -> Result<Option<f64>> {
    let value = not_negative("value_usd", value_usd)?;
    match not_negative("block_equivalents", block_equivalents)? {
        0.0 => Ok((value == 0.0).then_some(0.0)),
        equivalents => figure("deterring_usd_per_block", value / equivalents).map(Some),
    }
}

/// The value of the greatest attack that a pay per block deters: `a p`.
pub fn deterred_value_usd(usd_per_block: f64, block_equivalents: f64) -> Result<f64> {
    let pay = not_negative("usd_per_block", usd_per_block)?;
    figure("deterred_value_usd", pay * not_negative("block_equivalents", block_equivalents)?)
}

/// The stock condition: the value of the greatest sabotage that is deterred where the attacker loses machines, too: `a p + m K`,
/// K the worth of its machines and m the part of it that the attack destroys. It holds only for machines that mine nothing
/// else.
///
/// Range: 0 and above.
///
/// Source: in words, Budish's abstracts of 2018 and 2022; the form is our own.
pub fn deterred_sabotage_usd(
    usd_per_block: f64,
    block_equivalents: f64,
    machines_usd: f64,
    machines_lost_share: f64,
) -> Result<f64> {
    let flow = deterred_value_usd(usd_per_block, block_equivalents)?;
    let stock = not_negative("machines_usd", machines_usd)? * part("machines_lost_share", machines_lost_share)?;
    figure("deterred_sabotage_usd", flow + stock)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn attack() -> Duration {
        Duration { multiple: 1.05, honest_blocks: 100.0, cost_friction: 0.1, reward_lost_share: 0.4 }
    }

    #[test]
    fn by_hand() {
        assert!((gross_block_equivalents(&attack()).unwrap() - 115.5).abs() < 1e-9);
        let net = net_block_equivalents(&attack()).unwrap();
        assert!((net - 52.5).abs() < 1e-9);
        assert_eq!(deterring_usd_per_block(52.5e6, net).unwrap().map(f64::round), Some(1e6));
        assert!((deterred_value_usd(250_000.0, net).unwrap() - 13.125e6).abs() < 1e-3);
        assert!((deterred_sabotage_usd(250_000.0, net, 15e9, 0.8).unwrap() - 12.013_125e9).abs() < 1.0);
    }

    /// Six blocks behind with 0.51 of both: 147 blocks of the others, as the expected time of 88,200 seconds has it.
    #[test]
    fn blocks_until_overtaken() {
        let found = expected_honest_blocks(0.51 / 0.49, 6).unwrap().unwrap();
        assert!((found - 147.0).abs() < 1e-9, "{found}");
        assert_eq!((expected_honest_blocks(1.0, 6), expected_honest_blocks(0.5, 0)), (Ok(None), Ok(Some(0.0))));
    }

    /// A billion is a thousand times as expensive as a million.
    #[test]
    fn in_proportion() {
        let of = |value| deterring_usd_per_block(value, 52.5).unwrap().unwrap();
        assert!((of(1e9) / of(1e6) - 1_000.0).abs() < 1e-9);
    }

    #[test]
    fn an_attack_that_costs_nothing_is_not_deterred() {
        let free = Duration { cost_friction: 0.0, reward_lost_share: 0.0, ..attack() };
        assert_eq!(net_block_equivalents(&free), Ok(0.0));
        assert_eq!((deterring_usd_per_block(1.0, 0.0), deterring_usd_per_block(0.0, 0.0)), (Ok(None), Ok(Some(0.0))));
    }

    #[test]
    fn bad_input_is_refused_by_name() {
        for bad in [f64::NAN, f64::INFINITY, -1.0] {
            assert!(deterring_usd_per_block(bad, 1.0).unwrap_err().to_string().starts_with("value_usd is "));
            assert!(deterred_value_usd(1.0, bad).unwrap_err().to_string().starts_with("block_equivalents is "));
            let said = net_block_equivalents(&Duration { reward_lost_share: bad, ..attack() }).unwrap_err().to_string();
            assert!(said.starts_with("reward_lost_share is "), "{said}");
            assert!(gross_block_equivalents(&Duration { multiple: bad, ..attack() }).is_err());
        }
    }

    proptest! {
        /// What deters and what is deterred are each other's inverse.
        #[test]
        fn there_and_back(value in 0.0..1e13, equivalents in 1e-3..1e6) {
            let pay = deterring_usd_per_block(value, equivalents).unwrap().unwrap();
            prop_assert!((deterred_value_usd(pay, equivalents).unwrap() - value).abs() <= 1e-9 * value);
        }
    }
}

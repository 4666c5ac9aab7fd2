//! A supply curve of hashrate: what is for rent first, then second-hand machines, then new ones at a price that rises with
//! what is bought; and how long it takes.
//!
//! Sites and power for the machines are in [`crate::hardware`].

use crate::checked::{Result, figure, inner_part, not_negative, positive};

/// Hashrate for rent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rent {
    /// How much there is.
    pub exahashes_per_second: f64,
    /// Its price.
    pub usd_per_ph_day: f64,
}

/// Machines that others have run: retired ones, too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SecondHand {
    /// How much there is.
    pub exahashes_per_second: f64,
    /// Its price.
    pub usd_per_terahash_per_second: f64,
}

/// Machines to be made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NewMachines {
    /// The price while nobody buys more than usual.
    pub usd_per_terahash_per_second: f64,
    /// What the industry makes in a year.
    pub exahashes_per_second_per_year: f64,
    /// The part of that which the attacker gets, between 0 and 1.
    pub production_share: f64,
    /// Percent more that is offered for a percent more of price. The smaller, the dearer.
    pub supply_elasticity: f64,
}

/// What can be had. What is none is left out of the curve.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Market {
    /// For rent.
    pub rent: Option<Rent>,
    /// Second-hand.
    pub second_hand: Option<SecondHand>,
    /// New.
    pub new: Option<NewMachines>,
}

/// What a step of the curve is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supplier {
    /// Rented.
    Rent,
    /// Bought from others.
    SecondHand,
    /// Bought new.
    New,
}

/// A step of the curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SupplyStep {
    /// Where it is from.
    pub supplier: Supplier,
    /// What it gives.
    pub exahashes_per_second: f64,
    /// What it costs over the time of the attack.
    pub usd: f64,
    /// Days until it is there: those of its making, 0 for what exists.
    pub days: f64,
    /// With the steps before it.
    pub cumulative_exahashes_per_second: f64,
    /// With the steps before it.
    pub cumulative_usd: f64,
}

/// What is needed, and where it is from.
#[derive(Clone, Debug, PartialEq)]
pub struct Supply {
    /// In order; steps that give nothing are left out.
    pub steps: Vec<SupplyStep>,
    /// What nobody supplies: above 0 only where no new machines are to be had.
    pub unmet_exahashes_per_second: f64,
    /// All steps.
    pub usd: f64,
    /// Until the last of it is there.
    pub days: f64,
}

/// Buys the hashrate for an attack of so many days, step by step: all that is for rent, then second-hand machines, then new ones.
///
/// X EH/s of new machines, where the industry makes Q a year, cost `k Q ((1 + X/Q)^(1+1/E) - 1)/(1 + 1/E)`: each is paid the
/// price at which, with elasticity E, the industry would offer so many more (`k (1 + x/Q)^(1/E)`). They take `X/(Q s)` years at
/// a share s of the production. In that time the network grows, too: what is needed then is the caller's to say.
///
/// Range: 0 and above. What it does not show: that whoever rents or buys as much moves the price of the first two as well.
pub fn supply(needed_exahashes_per_second: f64, days: f64, market: &Market) -> Result<Supply> {
    let needed = positive("needed_exahashes_per_second", needed_exahashes_per_second)?;
    let days = not_negative("days", days)?;
    let mut curve = Supply { steps: Vec::new(), unmet_exahashes_per_second: needed, usd: 0.0, days: 0.0 };
    if let Some(rent) = market.rent {
        let found = curve.take(not_negative("rent.exahashes_per_second", rent.exahashes_per_second)?);
        let usd = found * 1_000.0 * days * not_negative("rent.usd_per_ph_day", rent.usd_per_ph_day)?;
        curve.step(Supplier::Rent, found, usd, 0.0)?;
    }
    if let Some(lot) = market.second_hand {
        let found = curve.take(not_negative("second_hand.exahashes_per_second", lot.exahashes_per_second)?);
        let price = not_negative("second_hand.usd_per_terahash_per_second", lot.usd_per_terahash_per_second)?;
        curve.step(Supplier::SecondHand, found, found * 1e6 * price, 0.0)?;
    }
    if let Some(new) = market.new {
        let found = curve.take(f64::INFINITY);
        let (usd, days) = new.cost(found)?;
        curve.step(Supplier::New, found, usd, days)?;
    }
    Ok(curve)
}

impl NewMachines {
    /// USD and days of so many EH/s.
    fn cost(&self, exahashes_per_second: f64) -> Result<(f64, f64)> {
        let price = not_negative("new.usd_per_terahash_per_second", self.usd_per_terahash_per_second)?;
        let yearly = positive("new.exahashes_per_second_per_year", self.exahashes_per_second_per_year)?;
        let share = match self.production_share {
            1.0 => 1.0,
            share => inner_part("new.production_share", share)?,
        };
        let power = 1.0 + 1.0 / positive("new.supply_elasticity", self.supply_elasticity)?;
        // exp_m1 and ln_1p keep the digits of a small purchase
        let usual = (power * (exahashes_per_second / yearly).ln_1p()).exp_m1() / power;
        let usd = price * 1e6 * yearly * usual;
        Ok((usd, exahashes_per_second / (yearly * share) * crate::mining::DAYS_PER_YEAR))
    }
}

impl Supply {
    /// How much of what is on offer is needed.
    fn take(&self, offered: f64) -> f64 {
        offered.min(self.unmet_exahashes_per_second)
    }

    fn step(&mut self, supplier: Supplier, exahashes_per_second: f64, usd: f64, days: f64) -> Result<()> {
        if exahashes_per_second == 0.0 {
            return Ok(());
        }
        self.unmet_exahashes_per_second -= exahashes_per_second;
        self.usd = figure("supply_usd", self.usd + usd)?;
        self.days = figure("supply_days", self.days.max(days))?;
        let before = self.steps.last().map_or(0.0, |step| step.cumulative_exahashes_per_second);
        self.steps.push(SupplyStep {
            supplier,
            exahashes_per_second,
            usd,
            days,
            cumulative_exahashes_per_second: before + exahashes_per_second,
            cumulative_usd: self.usd,
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn market() -> Market {
        Market {
            rent: Some(Rent { exahashes_per_second: 20.0, usd_per_ph_day: 40.0 }),
            second_hand: Some(SecondHand { exahashes_per_second: 100.0, usd_per_terahash_per_second: 5.0 }),
            new: Some(NewMachines {
                usd_per_terahash_per_second: 15.0,
                exahashes_per_second_per_year: 256.0,
                production_share: 1.0,
                supply_elasticity: 1.0,
            }),
        }
    }

    #[test]
    fn step_by_step() {
        let found = supply(376.0, 7.0, &market()).unwrap();
        let rows: Vec<_> =
            found.steps.iter().map(|step| (step.supplier, step.exahashes_per_second, step.usd)).collect();
        assert_eq!(rows[0], (Supplier::Rent, 20.0, 20_000.0 * 40.0 * 7.0));
        assert_eq!(rows[1], (Supplier::SecondHand, 100.0, 500e6));
        // a year's production at a price that doubles meanwhile: one and a half times the usual
        assert!((rows[2].1 - 256.0).abs() < 1e-9 && (rows[2].2 - 1.5 * 256e6 * 15.0).abs() < 1.0, "{rows:?}");
        assert!((found.days - 365.0).abs() < 1e-9 && found.unmet_exahashes_per_second == 0.0);
        assert_eq!(found.steps[2].cumulative_exahashes_per_second, 376.0);
    }

    /// 0.51 of 1,045 EH/s at 256 EH/s a year: 2.1 years of the industry's net growth.
    #[test]
    fn years_of_production() {
        let new_alone = Market { new: market().new, ..Market::default() };
        let found = supply(0.51 * 1_045.0, 7.0, &new_alone).unwrap();
        assert!((found.days / 365.0 - 2.08).abs() < 0.005, "{}", found.days / 365.0);
        // at a tenth of it ten times as long
        let tenth = NewMachines { production_share: 0.1, ..market().new.unwrap() };
        let slow = supply(0.51 * 1_045.0, 7.0, &Market { new: Some(tenth), ..Market::default() }).unwrap();
        assert!((slow.days / found.days - 10.0).abs() < 1e-9);
    }

    #[test]
    fn what_cannot_be_had_is_said() {
        let used = Market { new: None, ..market() };
        assert_eq!(supply(376.0, 7.0, &used).unwrap().unmet_exahashes_per_second, 256.0);
        let nothing = supply(1.0, 7.0, &Market::default()).unwrap();
        assert!(nothing.steps.is_empty() && nothing.unmet_exahashes_per_second == 1.0 && nothing.usd == 0.0);
    }

    #[test]
    fn bad_input_is_refused_by_name() {
        for bad in [f64::NAN, f64::INFINITY, -1.0] {
            let mut found = market();
            found.new = found.new.map(|new| NewMachines { supply_elasticity: bad, ..new });
            let said = supply(376.0, 7.0, &found).unwrap_err().to_string();
            assert!(said.starts_with("new.supply_elasticity is "), "{said}");
            found = market();
            found.rent = Some(Rent { exahashes_per_second: bad, usd_per_ph_day: 1.0 });
            let said = supply(376.0, 7.0, &found).unwrap_err().to_string();
            assert!(said.starts_with("rent.exahashes_per_second is "), "{said}");
            assert!(supply(bad, 7.0, &market()).is_err() && supply(1.0, bad, &market()).is_err());
        }
        let inelastic = NewMachines { supply_elasticity: 1e-6, ..market().new.unwrap() };
        assert!(supply(1e4, 7.0, &Market { new: Some(inelastic), ..Market::default() }).is_err(), "beyond a float");
    }

    proptest! {
        /// More costs more, in all and by the piece; elastic supply costs the usual price at its limit.
        #[test]
        fn dearer_for_more(needed in 1e-3..1e4, more in 1.0..10.0, elasticity in 0.1..100.0) {
            let new = NewMachines { supply_elasticity: elasticity, ..market().new.unwrap() };
            let of = |needed, new| supply(needed, 7.0, &Market { new: Some(new), ..market() }).unwrap();
            let (one, other) = (of(needed, new), of(needed * more, new));
            prop_assert!(other.usd >= one.usd && other.days >= one.days);
            let elastic = NewMachines { supply_elasticity: 1e9, ..new };
            let alone = supply(needed, 7.0, &Market { new: Some(elastic), ..Market::default() }).unwrap();
            prop_assert!((alone.usd / (needed * 15e6) - 1.0).abs() < 1e-6);
            prop_assert!(of(needed, elastic).usd <= one.usd * (1.0 + 1e-9));
        }
    }
}

//! Who mines at a hashprice, and where hashprice and hashrate come to rest: the supply of hashrate by break-even.

use crate::{
    checked::{Result, figure, not_negative, positive},
    mining::hashcost_usd_per_ph_day,
};

/// Machines that stop and start together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tranche {
    /// What they do together.
    pub exahashes_per_second: f64,
    /// Power per hash at the meter.
    pub joules_per_terahash: f64,
    /// Price of their power.
    pub usd_per_kwh: f64,
}

impl Tranche {
    /// The hashprice below which it stops: its hashcost, `24 e c`.
    pub fn break_even_usd_per_ph_day(&self) -> Result<f64> {
        hashcost_usd_per_ph_day(self.joules_per_terahash, self.usd_per_kwh)
    }
}

/// A step of the supply curve of hashrate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FleetStep {
    /// From this hashprice on it mines.
    pub break_even_usd_per_ph_day: f64,
    /// What it does.
    pub exahashes_per_second: f64,
    /// With all that mine for less.
    pub cumulative_exahashes_per_second: f64,
}

/// Tranches by break-even, cheapest first, on top of `unpriced_exahashes_per_second` that mine at any hashprice.
pub fn supply_curve(unpriced_exahashes_per_second: f64, fleet: &[Tranche]) -> Result<Vec<FleetStep>> {
    let mut sum = not_negative("unpriced_exahashes_per_second", unpriced_exahashes_per_second)?;
    let mut steps = Vec::new();
    for tranche in fleet {
        steps.push(FleetStep {
            break_even_usd_per_ph_day: tranche.break_even_usd_per_ph_day()?,
            exahashes_per_second: not_negative("exahashes_per_second", tranche.exahashes_per_second)?,
            cumulative_exahashes_per_second: 0.0,
        });
    }
    steps.sort_by(|one, other| one.break_even_usd_per_ph_day.total_cmp(&other.break_even_usd_per_ph_day));
    for step in &mut steps {
        sum = figure("cumulative_exahashes_per_second", sum + step.exahashes_per_second)?;
        step.cumulative_exahashes_per_second = sum;
    }
    Ok(steps)
}

/// EH/s that mine at a hashprice: those unpriced, and the tranches whose break-even is not above it.
pub fn supplied(curve: &[FleetStep], unpriced_exahashes_per_second: f64, hashprice_usd_per_ph_day: f64) -> f64 {
    let on = curve.partition_point(|step| step.break_even_usd_per_ph_day <= hashprice_usd_per_ph_day);
    curve[..on].last().map_or(unpriced_exahashes_per_second, |step| step.cumulative_exahashes_per_second)
}

/// Where hashrate and hashprice come to rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rest {
    /// EH/s that mine.
    pub exahashes_per_second: f64,
    /// What a PH/s is paid then; none where nothing mines.
    pub hashprice_usd_per_ph_day: Option<f64>,
}

/// The rest that a fleet comes to once the difficulty has followed: the H at which hashprice `V/H` keeps just H mining, V the USD that
/// blocks pay a day at 144 blocks.
///
/// The supply rises in the hashprice and the hashprice falls in H, so there is one such H, the fixed point of "who mines at the
/// hashprice of those who mine". It is read off the curve: repeating the step itself may swing for ever between two tranches.
/// Where a tranche earns just its power, as much of it mines as the price carries.
///
/// Range: from the unpriced hashrate to all of it. What it does not show: contracts that keep machines on at a loss, those who
/// sell power back, the time it takes.
pub fn rest(unpriced_exahashes_per_second: f64, fleet: &[Tranche], usd_per_day: f64) -> Result<Rest> {
    let curve = supply_curve(unpriced_exahashes_per_second, fleet)?;
    let paid = positive("usd_per_day", usd_per_day)? / 1_000.0;
    let mut mining = unpriced_exahashes_per_second;
    for step in &curve {
        // as many as can mine at this tranche's break-even
        let most =
            if step.break_even_usd_per_ph_day > 0.0 { paid / step.break_even_usd_per_ph_day } else { f64::INFINITY };
        mining = mining.max(step.cumulative_exahashes_per_second.min(most));
    }
    let hashprice = if mining > 0.0 { Some(figure("hashprice_usd_per_ph_day", paid / mining)?) } else { None };
    Ok(Rest { exahashes_per_second: mining, hashprice_usd_per_ph_day: hashprice })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Break-evens of 24, 36 and 60 USD per PH/s and day.
    fn fleet() -> [Tranche; 3] {
        [(300.0, 20.0), (200.0, 30.0), (100.0, 50.0)].map(|(exahashes_per_second, joules_per_terahash)| Tranche {
            exahashes_per_second,
            joules_per_terahash,
            usd_per_kwh: 0.05,
        })
    }

    #[test]
    fn who_mines_at_a_hashprice() {
        let curve = supply_curve(400.0, &fleet()).unwrap();
        for (price, expected) in [(0.0, 400.0), (23.9, 400.0), (24.1, 700.0), (36.1, 900.0), (1e9, 1_000.0)] {
            assert_eq!(supplied(&curve, 400.0, price), expected, "{price}");
        }
        assert_eq!(supplied(&[], 400.0, 5.0), 400.0);
    }

    /// 32.4 MUSD a day are 36 a PH/s for 900 EH/s. When 100 unpriced leave, the hashprice of the rest rises to 40.5: none
    /// returns below 60. When 500 leave it would be 81, at which the last tranche returns, to 64.8.
    #[test]
    fn others_return() {
        let at = |unpriced| rest(unpriced, &fleet(), 32.41e6).unwrap();
        assert_eq!(at(400.0).exahashes_per_second, 900.0);
        assert_eq!(at(300.0).exahashes_per_second, 800.0);
        assert!((at(300.0).hashprice_usd_per_ph_day.unwrap() - 40.5).abs() < 0.02);
        assert_eq!(at(0.0).exahashes_per_second, 32_410.0 / 60.0, "a part of the last one");
        assert_eq!(at(0.0).hashprice_usd_per_ph_day.map(f64::round), Some(60.0));
        assert_eq!(rest(0.0, &[], 1e6).unwrap().hashprice_usd_per_ph_day, None, "all have left");
    }

    #[test]
    fn bad_input_is_refused_by_name() {
        for bad in [f64::NAN, f64::INFINITY, -1.0] {
            assert!(rest(bad, &fleet(), 1.0).unwrap_err().to_string().starts_with("unpriced_exahashes_per_second is "));
            assert!(rest(1.0, &fleet(), bad).unwrap_err().to_string().starts_with("usd_per_day is "));
            let tranche = Tranche { joules_per_terahash: bad, ..fleet()[0] };
            assert!(rest(1.0, &[tranche], 1.0).unwrap_err().to_string().starts_with("joules_per_terahash is "));
        }
    }

    proptest! {
        /// At rest nobody gains by starting or stopping.
        #[test]
        fn a_fixed_point(
            unpriced in 0.001..1_000.0, usd in 1e4..1e9,
            tranches in proptest::collection::vec((0.0..500.0, 5.0..100.0, 0.0..0.2), 0..8),
        ) {
            let fleet: Vec<Tranche> = tranches
                .iter()
                .map(|&(exahashes_per_second, joules_per_terahash, usd_per_kwh)| Tranche {
                    exahashes_per_second, joules_per_terahash, usd_per_kwh,
                })
                .collect();
            let found = rest(unpriced, &fleet, usd).unwrap();
            let price = found.hashprice_usd_per_ph_day.unwrap();
            let curve = supply_curve(unpriced, &fleet).unwrap();
            let at = |price| supplied(&curve, unpriced, price);
            prop_assert!(at(price * (1.0 - 1e-9)) <= found.exahashes_per_second * (1.0 + 1e-9));
            prop_assert!(at(price * (1.0 + 1e-9)) >= found.exahashes_per_second * (1.0 - 1e-9));
            prop_assert!(rest(unpriced, &fleet, 2.0 * usd).unwrap().exahashes_per_second >= found.exahashes_per_second);
        }
    }
}

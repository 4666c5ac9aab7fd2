//! What it costs to own the hashrate of an attack: machines, a site, power over its time, less what is earned and sold after.

use crate::checked::{Result, at_least, figure, not_negative, part, positive};

/// What is bought and run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hardware {
    /// The hashrate of the machines.
    pub exahashes_per_second: f64,
    /// Price of a machine per TH/s, at which all are bought. A price that rises with what is bought is in [`crate::supply`].
    pub usd_per_terahash_per_second: f64,
    /// Power of the machines per hash.
    pub joules_per_terahash: f64,
    /// All power of a site over that of its machines, 1 and more.
    pub power_usage_effectiveness: f64,
    /// Cost of a site per kW that it draws.
    pub site_usd_per_kw: f64,
    /// Price of power.
    pub usd_per_kwh: f64,
    /// How long it runs.
    pub days: f64,
    /// Part of the price of the machines that is got back when they are sold.
    pub resale_share: f64,
    /// What the blocks earn ([`crate::attack::branch_revenue_usd`]).
    pub revenue_usd: f64,
}

/// The cost and what it is made of, in USD, each 0 and above but for the net, which a gain makes negative.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HardwareCost {
    /// `H k`.
    pub machines_usd: f64,
    /// `P s`.
    pub site_usd: f64,
    /// `24 P d c`.
    pub energy_usd: f64,
    /// As given.
    pub revenue_usd: f64,
    /// `H k r`.
    pub resale_usd: f64,
    /// Machines, site and energy: what has to be there at first.
    pub gross_usd: f64,
    /// What is left of it after revenue and resale.
    pub net_usd: f64,
    /// The power P that is drawn.
    pub megawatts: f64,
}

/// The cost of owning an attack's hashrate: machines `H k`, site `P s`, energy `24 P d c`, less revenue and resale `H k r`; with
/// the power `P = H e PUE`.
///
/// Source: the parts are those of Harvey's decomposition (Duke, October 2025) and of Nuzzi, Waters and Andrade, «Breaking BFT»
/// (2024), SSRN 4727999.
pub fn hardware_cost(hardware: &Hardware) -> Result<HardwareCost> {
    let h = hardware;
    let terahashes = positive("exahashes_per_second", h.exahashes_per_second)? * 1e6;
    let machines_usd = terahashes * not_negative("usd_per_terahash_per_second", h.usd_per_terahash_per_second)?;
    let overhead = at_least("power_usage_effectiveness", h.power_usage_effectiveness, 1.0)?;
    let kilowatts = terahashes * positive("joules_per_terahash", h.joules_per_terahash)? / 1_000.0 * overhead;
    let site_usd = kilowatts * not_negative("site_usd_per_kw", h.site_usd_per_kw)?;
    let hours = not_negative("days", h.days)? * 24.0;
    let energy_usd = kilowatts * hours * not_negative("usd_per_kwh", h.usd_per_kwh)?;
    let resale_usd = machines_usd * part("resale_share", h.resale_share)?;
    let revenue_usd = not_negative("revenue_usd", h.revenue_usd)?;
    let gross_usd = figure("gross_usd", machines_usd + site_usd + energy_usd)?;
    let net_usd = figure("net_usd", gross_usd - revenue_usd - resale_usd)?;
    let megawatts = figure("megawatts", kilowatts / 1_000.0)?;
    Ok(HardwareCost { machines_usd, site_usd, energy_usd, revenue_usd, resale_usd, gross_usd, net_usd, megawatts })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hardware() -> Hardware {
        Hardware {
            exahashes_per_second: 1_000.0,
            usd_per_terahash_per_second: 15.0,
            joules_per_terahash: 15.5,
            power_usage_effectiveness: 1.0,
            site_usd_per_kw: 100.0,
            usd_per_kwh: 0.05,
            days: 7.0,
            resale_share: 0.2,
            revenue_usd: 1e8,
        }
    }

    /// 1 ZH/s at 15.5 J/TH draws 15.5 GW: 0.13 billion USD of power a week at 5 cents (Harvey, October 2025).
    #[test]
    fn test_values() {
        let found = hardware_cost(&hardware()).unwrap();
        assert!((found.megawatts - 15_500.0).abs() < 1e-6);
        assert!((found.energy_usd / 1e9 - 0.130_2).abs() < 1e-9);
        assert!((found.machines_usd - 15e9).abs() < 1.0 && (found.site_usd - 1.55e9).abs() < 1.0);
        assert!((found.net_usd - (15e9 + 1.55e9 + 0.130_2e9 - 0.1e9 - 3e9)).abs() < 10.0);
        // 50,000 TH/s at 30 J/TH are 1.5 MW, 150 USD an hour at 10 cents
        let small = Hardware {
            exahashes_per_second: 0.05,
            joules_per_terahash: 30.0,
            usd_per_kwh: 0.1,
            days: 1.0 / 24.0,
            ..hardware()
        };
        assert!((hardware_cost(&small).unwrap().energy_usd - 150.0).abs() < 1e-9);
    }

    #[test]
    fn bad_input_is_refused_by_name() {
        type Set = fn(&mut Hardware, f64);
        let fields: [(&str, Set); 9] = [
            ("exahashes_per_second", |h, x| h.exahashes_per_second = x),
            ("usd_per_terahash_per_second", |h, x| h.usd_per_terahash_per_second = x),
            ("joules_per_terahash", |h, x| h.joules_per_terahash = x),
            ("power_usage_effectiveness", |h, x| h.power_usage_effectiveness = x),
            ("site_usd_per_kw", |h, x| h.site_usd_per_kw = x),
            ("usd_per_kwh", |h, x| h.usd_per_kwh = x),
            ("days", |h, x| h.days = x),
            ("resale_share", |h, x| h.resale_share = x),
            ("revenue_usd", |h, x| h.revenue_usd = x),
        ];
        for (name, set) in fields {
            for bad in [f64::NAN, f64::INFINITY, -1.0] {
                let mut hardware = hardware();
                set(&mut hardware, bad);
                let said = hardware_cost(&hardware).unwrap_err().to_string();
                assert!(said.starts_with(&format!("{name} is ")), "{said}");
            }
        }
        assert!(hardware_cost(&Hardware { exahashes_per_second: f64::MAX, ..hardware() }).is_err());
    }

    proptest! {
        #[test]
        fn dearer_for_more(rate in 1.0..1e5, more in 1.0..10.0, days in 0.0..1_000.0) {
            let of = |rate, days| hardware_cost(&Hardware { exahashes_per_second: rate, days, ..hardware() }).unwrap();
            prop_assert!(of(rate * more, days).net_usd >= of(rate, days).net_usd);
            prop_assert!(of(rate, days * more).net_usd >= of(rate, days).net_usd);
        }
    }
}

//! Our figures beside a published total, part by part, and what the difference is made of. Nothing is fitted: the inputs are
//! the caller's, from sources of their own.

use crate::{
    checked::{Result, figure, not_negative, positive},
    hardware::{Hardware, hardware_cost},
};

/// A published cost of machines, sites and power, in USD. A part that the publication does not name is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Published {
    /// Machines.
    pub machines_usd: Option<f64>,
    /// Sites.
    pub site_usd: Option<f64>,
    /// Power over the time of the attack.
    pub energy_usd: Option<f64>,
    /// All of it, as published: the least and the greatest, equal where there is one figure.
    pub total_usd: (f64, f64),
}

/// Which part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Machines.
    Machines,
    /// Sites.
    Site,
    /// Power.
    Energy,
}

/// A part of both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compared {
    /// Which.
    pub part: Part,
    /// Ours.
    pub ours_usd: f64,
    /// Theirs, where they name it.
    pub published_usd: Option<f64>,
    /// Ours less theirs.
    pub gap_usd: Option<f64>,
    /// Our price of a unit: USD per TH/s, USD per kW, USD per kWh.
    pub ours_per_unit: f64,
    /// The price of a unit at which our quantities would cost what they say: where it differs from ours, prices or quantities
    /// do.
    pub published_per_our_unit: Option<f64>,
}

/// Both totals.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Machines, site, power.
    pub parts: [Compared; 3],
    /// Ours, before revenue and resale, which published totals leave out.
    pub ours_usd: f64,
    /// Ours less the nearer end of theirs; 0 within their range.
    pub gap_usd: f64,
    /// What of the gap the parts explain that they name; none unless they name all three.
    pub explained_usd: Option<f64>,
    /// Their parts added up less their total, which may not be 0: 4.6, 1.4 and 0.13 are 6.13, told as 6.0.
    pub rounding_usd: Option<f64>,
}

/// Our cost for inputs of one's own beside a published one.
pub fn compare(ours: &Hardware, published: &Published) -> Result<Comparison> {
    let cost = hardware_cost(ours)?;
    let terahashes = ours.exahashes_per_second * 1e6;
    let kilowatts = cost.megawatts * 1_000.0;
    let rows = [
        (Part::Machines, cost.machines_usd, published.machines_usd, terahashes),
        (Part::Site, cost.site_usd, published.site_usd, kilowatts),
        (Part::Energy, cost.energy_usd, published.energy_usd, kilowatts * 24.0 * positive("days", ours.days)?),
    ];
    let mut parts = Vec::new();
    for (part, ours_usd, theirs, units) in rows {
        let published_usd = theirs.map(|usd| not_negative("published_usd", usd)).transpose()?;
        parts.push(Compared {
            part,
            ours_usd,
            published_usd,
            gap_usd: published_usd.map(|usd| ours_usd - usd),
            ours_per_unit: figure("ours_per_unit", ours_usd / units)?,
            published_per_our_unit: published_usd.map(|usd| figure("published_per_unit", usd / units)).transpose()?,
        });
    }
    let (least, greatest) = published.total_usd;
    not_negative("total_usd", least)?;
    crate::checked::at_least("total_usd", greatest, least)?;
    let sum = |of: &dyn Fn(&Compared) -> Option<f64>| parts.iter().map(of).sum::<Option<f64>>();
    let gap = cost.gross_usd - cost.gross_usd.clamp(least, greatest);
    let named = sum(&|row| row.published_usd);
    Ok(Comparison {
        ours_usd: cost.gross_usd,
        gap_usd: gap,
        explained_usd: sum(&|row| row.gap_usd),
        rounding_usd: named.map(|named| named - named.clamp(least, greatest)),
        parts: [parts[0], parts[1], parts[2]],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Harvey (Duke), October 2025: 4.6 billion USD of machines, 1.4 of sites, 0.13 of power a week, told as 6.0.
    fn harvey() -> Published {
        Published {
            machines_usd: Some(4.6e9),
            site_usd: Some(1.4e9),
            energy_usd: Some(0.13e9),
            total_usd: (6.0e9, 6.0e9),
        }
    }

    /// Inputs of our own: a network of 1,045 EH/s (December 2025), and round prices for arithmetic.
    fn ours() -> Hardware {
        Hardware {
            exahashes_per_second: 1_045.0,
            usd_per_terahash_per_second: 16.0,
            joules_per_terahash: 15.5,
            power_usage_effectiveness: 1.0,
            site_usd_per_kw: 300.0,
            usd_per_kwh: 0.05,
            days: 7.0,
            resale_share: 0.0,
            revenue_usd: 0.0,
        }
    }

    #[test]
    fn a_gap_and_its_parts() {
        let found = compare(&ours(), &harvey()).unwrap();
        let [machines, site, energy] = found.parts;
        assert!((machines.gap_usd.unwrap() - (16.72e9 - 4.6e9)).abs() < 1.0);
        // their machines cost 4.40 USD per TH/s of ours: a price far below, or far fewer of them
        assert!((machines.published_per_our_unit.unwrap() - 4.402).abs() < 1e-3);
        assert!((site.published_per_our_unit.unwrap() - 86.43).abs() < 0.01);
        // their power fits ours: 0.0478 USD per kWh
        assert!((energy.published_per_our_unit.unwrap() - 0.047_78).abs() < 1e-5);
        assert!((found.rounding_usd.unwrap() - 0.13e9).abs() < 1.0);
        let explained = found.explained_usd.unwrap() + found.rounding_usd.unwrap();
        assert!((explained - found.gap_usd).abs() < 1.0, "parts and rounding are the whole gap");
    }

    /// Nuzzi, Waters and Andrade, February 2024: 5 to 20 billion, without parts.
    #[test]
    fn a_range_without_parts() {
        let theirs = Published { machines_usd: None, site_usd: None, energy_usd: None, total_usd: (5e9, 20e9) };
        let found = compare(&ours(), &theirs).unwrap();
        assert!((found.ours_usd - 21.71e9).abs() < 0.01e9);
        assert!((found.gap_usd - 1.71e9).abs() < 0.01e9 && found.explained_usd.is_none());
        let within = compare(&Hardware { usd_per_terahash_per_second: 8.0, ..ours() }, &theirs).unwrap();
        assert_eq!(within.gap_usd, 0.0);
    }

    #[test]
    fn bad_input_is_refused_by_name() {
        let said = |theirs: Published| compare(&ours(), &theirs).unwrap_err().to_string();
        assert!(said(Published { site_usd: Some(f64::NAN), ..harvey() }).starts_with("published_usd is "));
        assert!(said(Published { total_usd: (2.0, 1.0), ..harvey() }).starts_with("total_usd is "));
        assert!(compare(&Hardware { days: 0.0, ..ours() }, &harvey()).is_err());
    }
}

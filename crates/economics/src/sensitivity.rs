//! Which parameter matters most: each at its low and its high while the others are central; and the range of a result over all.

use crate::{
    checked::Result,
    range::{Point, Range, Value, Values},
};

/// What one parameter's range makes of a result.
#[derive(Clone, Debug, PartialEq)]
pub struct Swing {
    /// Its name.
    pub parameter: &'static str,
    /// The result with the parameter at its low, all others central.
    pub at_low: f64,
    /// The result with the parameter at its high.
    pub at_high: f64,
}

impl Swing {
    /// How far the result moves.
    pub fn width(&self) -> f64 {
        (self.at_high - self.at_low).abs()
    }
}

/// The swing of each parameter whose low and high differ, widest first; of equal ones, in the model's order.
///
/// What it does not show: parameters that move together, and what lies between the ends of a range.
pub fn sensitivity(values: &Values, model: impl Fn(&Point) -> Result<f64>) -> Result<Vec<Swing>> {
    let mut swings = Vec::new();
    for moved in values.iter().filter(|value| value.range.low < value.range.high) {
        let with = |end: &dyn Fn(&Value) -> f64| {
            model(&values.at(|value| {
                if value.parameter.name == moved.parameter.name { end(value) } else { value.range.central }
            }))
        };
        let (at_low, at_high) = (with(&|value| value.range.low)?, with(&|value| value.range.high)?);
        swings.push(Swing { parameter: moved.parameter.name, at_low, at_high });
    }
    swings.sort_by(|one, other| other.width().total_cmp(&one.width()));
    Ok(swings)
}

/// The result as low, central and high: each parameter at that end at which alone it makes the result lower, or higher.
///
/// For a result that is monotone in each parameter it is the range over all combinations; for others it is a part of that. It
/// is no interval of any confidence: that all are at their worst at once is less likely than that one is.
pub fn result(values: &Values, model: impl Fn(&Point) -> Result<f64>) -> Result<Range> {
    let swings = sensitivity(values, &model)?;
    let rises = |value: &Value| {
        let swing = swings.iter().find(|swing| swing.parameter == value.parameter.name);
        swing.is_none_or(|swing| swing.at_low <= swing.at_high)
    };
    let central = model(&values.central())?;
    let low = model(&values.at(|value| if rises(value) { value.range.low } else { value.range.high }))?;
    let high = model(&values.at(|value| if rises(value) { value.range.high } else { value.range.low }))?;
    Ok(Range { low: low.min(central), central, high: high.max(central) })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{mining::break_even_usd_per_kwh, range::Parameter};

    const MODEL: [Parameter; 2] = [
        Parameter { name: "hashprice_usd_per_ph_day", unit: "USD/PH/day", least: 0.0, greatest: 1e4, meaning: "" },
        Parameter { name: "joules_per_terahash", unit: "J/TH", least: 1.0, greatest: 1e4, meaning: "" },
    ];

    fn values(hashprice: Range, joules: Range) -> Values {
        let given = [("hashprice_usd_per_ph_day", hashprice), ("joules_per_terahash", joules)];
        let given = given.into_iter().map(|(name, range)| (name.to_owned(), range)).collect();
        Values::resolve(&MODEL, &given, &BTreeMap::new()).unwrap()
    }

    fn model(point: &Point) -> Result<f64> {
        break_even_usd_per_kwh(point.get("hashprice_usd_per_ph_day")?, point.get("joules_per_terahash")?)
    }

    #[test]
    fn widest_first() {
        let asked =
            values(Range { low: 30.0, central: 36.0, high: 40.0 }, Range { low: 10.0, central: 20.0, high: 30.0 });
        let swings = sensitivity(&asked, model).unwrap();
        assert_eq!(swings[0], Swing { parameter: "joules_per_terahash", at_low: 0.15, at_high: 0.05 });
        assert_eq!(swings[1].parameter, "hashprice_usd_per_ph_day");
        assert!((swings[1].width() - 10.0 / 480.0).abs() < 1e-12);
        let found = result(&asked, model).unwrap();
        let expected = [30.0 / 720.0, 36.0 / 480.0, 40.0 / 240.0];
        for (found, expected) in [found.low, found.central, found.high].into_iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn what_is_known_does_not_swing() {
        let asked = values(Range::exactly(36.0), Range::exactly(20.0));
        assert_eq!(sensitivity(&asked, model), Ok(vec![]));
        assert_eq!(result(&asked, model), Ok(Range::exactly(0.075)));
        assert!(result(&asked, |_| crate::checked::positive("x", f64::NAN)).is_err());
    }
}

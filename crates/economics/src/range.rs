//! Parameters with a unit, bounds and, where the caller has one, a default with its source and date; values as low, central and
//! high. Which defaults there are is for the caller, who has the facts.

use std::collections::BTreeMap;

use crate::checked::{Error, Result, refused};

/// A value that is not known exactly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The least that is held possible.
    pub low: f64,
    /// What is taken where one value is asked for.
    pub central: f64,
    /// The greatest that is held possible.
    pub high: f64,
}

impl Range {
    /// A value that is taken as known.
    pub const fn exactly(value: f64) -> Self {
        Self { low: value, central: value, high: value }
    }

    /// The value itself where `low <= central <= high` and all are finite; refused by the name of `parameter` otherwise.
    pub fn checked(self, parameter: &str) -> Result<Self> {
        for value in [self.low, self.central, self.high] {
            if !value.is_finite() {
                return refused(parameter, value, "finite");
            }
        }
        if self.low > self.central || self.central > self.high {
            return refused(parameter, self.central, "between its low and its high");
        }
        Ok(self)
    }
}

/// A default, and who says so.
#[derive(Clone, Debug, PartialEq)]
pub struct Sourced {
    /// The value.
    pub range: Range,
    /// Where it is from: an address, a paper and its page.
    pub source: String,
    /// The day it speaks of, as `2026-05-25`.
    pub date: String,
}

/// A parameter of a model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameter {
    /// Its name, which ends in its unit where it has one.
    pub name: &'static str,
    /// Its unit as it is shown: `USD/kWh`; `1` for a part or a factor.
    pub unit: &'static str,
    /// The least value that is taken.
    pub least: f64,
    /// The greatest value that is taken.
    pub greatest: f64,
    /// What it is.
    pub meaning: &'static str,
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// From the one who asked.
    Given,
    /// From the caller's facts.
    Default {
        /// Where it is from.
        source: String,
        /// The day it speaks of.
        date: String,
    },
}

/// A parameter with the value it has in an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// Which one.
    pub parameter: Parameter,
    /// Its value.
    pub range: Range,
    /// Where that is from.
    pub origin: Origin,
}

/// Every parameter of a model with its value, in the model's order.
#[derive(Clone, Debug, PartialEq)]
pub struct Values(Vec<Value>);

impl Values {
    /// Each parameter's value: what was `given`, else its default. Refused are names that the model does not have, ranges
    /// out of order, values out of bounds; last, **all** parameters without a value are named at once ([`Error::Missing`]).
    pub fn resolve(
        parameters: &[Parameter],
        given: &BTreeMap<String, Range>,
        defaults: &BTreeMap<String, Sourced>,
    ) -> Result<Self> {
        if let Some(name) = given.keys().find(|name| !parameters.iter().any(|parameter| parameter.name == *name)) {
            return Err(Error::Unknown(name.clone()));
        }
        let (mut values, mut missing) = (Vec::new(), Vec::new());
        for &parameter in parameters {
            let default = defaults.get(parameter.name).map(|default| {
                let Sourced { range, source, date } = default.clone();
                (range, Origin::Default { source, date })
            });
            let asked = given.get(parameter.name).map(|range| (*range, Origin::Given));
            match asked.or(default) {
                Some((range, origin)) => {
                    values.push(Value { parameter, range: parameter.bounded(range)?, origin });
                }
                None => missing.push(parameter.name),
            }
        }
        if missing.is_empty() { Ok(Self(values)) } else { Err(Error::Missing(missing)) }
    }

    /// In the model's order.
    pub fn iter(&self) -> impl Iterator<Item = &Value> {
        self.0.iter()
    }

    /// The same with another range for a parameter. Refused by name where the model has none of that name.
    pub fn with(&self, name: &'static str, range: Range) -> Result<Self> {
        let mut values = self.clone();
        match values.0.iter_mut().find(|value| value.parameter.name == name) {
            Some(value) => value.range = value.parameter.bounded(range)?,
            None => return Err(Error::Unknown(name.to_owned())),
        }
        Ok(values)
    }

    /// The range of a parameter; named as missing where the model has none of that name.
    pub fn range(&self, name: &'static str) -> Result<Range> {
        let found = self.0.iter().find(|value| value.parameter.name == name);
        found.map_or_else(|| Err(Error::Missing(vec![name])), |value| Ok(value.range))
    }

    /// All at their central value.
    pub fn central(&self) -> Point {
        self.at(|value| value.range.central)
    }

    /// One value of each.
    pub(crate) fn at(&self, of: impl Fn(&Value) -> f64) -> Point {
        Point(self.0.iter().map(|value| (value.parameter.name, of(value))).collect())
    }
}

impl Parameter {
    fn bounded(&self, range: Range) -> Result<Range> {
        let range = range.checked(self.name)?;
        for value in [range.low, range.high] {
            if value < self.least || value > self.greatest {
                return refused(self.name, value, &format!("from {} to {}", self.least, self.greatest));
            }
        }
        Ok(range)
    }
}

/// One value of each parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Point(BTreeMap<&'static str, f64>);

impl Point {
    /// The same with another value for a parameter.
    #[must_use]
    pub fn with(&self, name: &'static str, value: f64) -> Self {
        let mut point = self.0.clone();
        point.insert(name, value);
        Self(point)
    }

    /// The value of a parameter; named as missing where the point has none.
    pub fn get(&self, name: &'static str) -> Result<f64> {
        self.0.get(name).copied().ok_or_else(|| Error::Missing(vec![name]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: [Parameter; 3] = [
        Parameter { name: "joules_per_terahash", unit: "J/TH", least: 1.0, greatest: 1e4, meaning: "" },
        Parameter { name: "usd_per_kwh", unit: "USD/kWh", least: 0.0, greatest: 10.0, meaning: "" },
        Parameter { name: "days", unit: "d", least: 0.0, greatest: 1e4, meaning: "" },
    ];

    fn given(values: &[(&str, f64)]) -> BTreeMap<String, Range> {
        values.iter().map(|&(name, value)| (name.to_owned(), Range::exactly(value))).collect()
    }

    fn defaults() -> BTreeMap<String, Sourced> {
        let sourced = Sourced {
            range: Range { low: 0.04, central: 0.05, high: 0.07 },
            source: "a paper".to_owned(),
            date: "2025-10-01".to_owned(),
        };
        [("usd_per_kwh".to_owned(), sourced)].into()
    }

    #[test]
    fn what_is_missing_is_named_all_at_once() {
        let asked = Values::resolve(&MODEL, &given(&[]), &defaults());
        assert_eq!(asked, Err(Error::Missing(vec!["joules_per_terahash", "days"])));
    }

    #[test]
    fn defaults_keep_their_source() {
        let values =
            Values::resolve(&MODEL, &given(&[("joules_per_terahash", 20.0), ("days", 7.0)]), &defaults()).unwrap();
        let power = values.iter().find(|value| value.parameter.name == "usd_per_kwh").unwrap();
        assert!(
            matches!(&power.origin, Origin::Default { source, date } if source == "a paper" && date == "2025-10-01")
        );
        assert_eq!(values.central().get("usd_per_kwh"), Ok(0.05));
        assert_eq!(values.with("usd_per_kwh", Range::exactly(0.1)).unwrap().central().get("usd_per_kwh"), Ok(0.1));
        assert!(values.with("usd_per_kwh", Range::exactly(f64::NAN)).is_err());
        assert_eq!(values.with("dogs", Range::exactly(1.0)), Err(Error::Unknown("dogs".to_owned())));
        assert_eq!(values.range("usd_per_kwh").map(|range| range.high), Ok(0.07));
        assert_eq!(values.central().get("nothing"), Err(Error::Missing(vec!["nothing"])));
    }

    #[test]
    fn bad_values_are_refused_by_name() {
        let of = |name: &str, range: Range| {
            let mut asked = given(&[("joules_per_terahash", 20.0), ("days", 7.0)]);
            asked.insert(name.to_owned(), range);
            Values::resolve(&MODEL, &asked, &defaults()).unwrap_err().to_string()
        };
        for bad in [f64::NAN, f64::INFINITY, -1.0, 1e9] {
            assert!(of("usd_per_kwh", Range::exactly(bad)).starts_with("usd_per_kwh is "), "{bad}");
        }
        let reversed = Range { low: 2.0, central: 1.0, high: 3.0 };
        assert!(of("days", reversed).starts_with("days is 1"));
        assert_eq!(of("dogs", Range::exactly(1.0)), "there is no parameter dogs");
    }
}

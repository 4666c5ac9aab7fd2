//! Parameters as they are given: `name=value`, `name=low..high` or `name=low..central..high`.

use std::{collections::BTreeMap, fmt, str::FromStr};

use hashwatch_economics::Range;

/// A range as it stands in an address. Where two numbers stand, the central value is their mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span(
    /// Which.
    pub Range,
);

/// What was given, by name.
#[derive(Clone, Debug, Default)]
pub struct Given(BTreeMap<&'static str, Range>);

impl Given {
    /// What was given for a parameter.
    pub fn get(&self, name: &str) -> Option<Range> {
        self.0.get(name).copied()
    }

    /// With a value of one's own.
    pub fn with(mut self, name: &'static str, range: Range) -> Given {
        self.0.insert(name, range);
        self
    }

    /// Of which parameters something was given.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }
}

/// A number in digits: what floats are read from holds words, too, inf and nan, and what is beyond them is none.
pub fn decimal(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b".-eE+".contains(&byte));
    let opens = text.starts_with(|first: char| first.is_ascii_digit() || first == '-');
    let number = if plain && opens && text.len() <= 40 { text.parse::<f64>().ok() } else { None };
    number.filter(|number| number.is_finite())
}

impl FromStr for Span {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Span, Self::Err> {
        const WHAT: &str = "a number, low..high or low..central..high";
        let mut parts = Vec::new();
        for part in text.split("..") {
            parts.push(decimal(part).ok_or(WHAT)?);
        }
        let range = match parts[..] {
            [value] => Range::exactly(value),
            [low, high] => Range { low, central: f64::midpoint(low, high), high },
            [low, central, high] => Range { low, central, high },
            _ => return Err(WHAT),
        };
        match range.low <= range.central && range.central <= range.high {
            true => Ok(Span(range)),
            false => Err("low..central..high has to rise"),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Range { low, central, high } = self.0;
        match low < high {
            true => write!(f, "{low}..{central}..{high}"),
            false => write!(f, "{central}"),
        }
    }
}

//! Parameters as visitors give them: `name=value`, `name=low..high` or `name=low..central..high`.

use std::{collections::BTreeMap, fmt, str::FromStr};

use hashwatch_economics::{Parameter, Range};

use super::unit;
use crate::{error::WebError, params::Params};

/// A range as it stands in an address. Where two numbers stand, the central value is their mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Span(pub(crate) Range);

/// What was given, by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given(BTreeMap<&'static str, Range>);

impl Given {
    /// Takes the parameters of a model out of a question. One that cannot be read, out of order or out of bounds, is refused by
    /// its name.
    pub(crate) fn read(params: &mut Params, parameters: &[Parameter]) -> Result<Given, WebError> {
        let mut given = Given::default();
        for parameter in parameters.iter() {
            if given.0.contains_key(parameter.name) {
                continue;
            }
            let Some(Span(range)) = params.part::<Span>(parameter.name)? else { continue };
            if range.low < parameter.least || range.high > parameter.greatest {
                let Parameter { least, greatest, .. } = parameter;
                let reason = format!("from {least} to {greatest} {}", unit(parameter)).trim_end().to_owned();
                return Err(WebError::BadValue { name: parameter.name, reason });
            }
            given.0.insert(parameter.name, range);
        }
        Ok(given)
    }

    pub(crate) fn get(&self, name: &str) -> Option<Range> {
        self.0.get(name).copied()
    }

    /// With a value of one's own.
    pub(crate) fn with(mut self, name: &'static str, range: Range) -> Given {
        self.0.insert(name, range);
        self
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }
}

/// A number in digits: what floats are read from holds words, too, inf and nan, and what is beyond them is none.
pub(crate) fn decimal(text: &str) -> Option<f64> {
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

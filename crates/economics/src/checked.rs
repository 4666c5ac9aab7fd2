//! What is refused, by name, and the checks that refuse it. Every figure that leaves this crate has passed [`figure`].

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// A parameter that is not what it may be. NaN and infinity are never.
    #[error("{parameter} is {value}, and is to be {wanted}")]
    Refused {
        /// Its name.
        parameter: String,
        /// What was given.
        value: f64,
        /// What may be given.
        wanted: String,
    },
    /// Parameters that cannot all be true.
    #[error("{parameter}: {why}")]
    Contradiction {
        /// The one of them that is named.
        parameter: String,
        /// What it contradicts.
        why: String,
    },
    /// No parameter of the model has that name.
    #[error("there is no parameter {0}")]
    Unknown(String),
    /// Required parameters without a value or a default, all of them.
    #[error("missing: {}", .0.join(", "))]
    Missing(Vec<&'static str>),
    /// A result that no float can hold, of parameters that are each in range.
    #[error("{0} is beyond what a number holds")]
    Overflow(&'static str),
}

/// An answer, or why there is none.
pub type Result<T> = std::result::Result<T, Error>;

/// A refusal of a parameter.
pub(crate) fn refused<T>(parameter: &str, value: f64, wanted: &str) -> Result<T> {
    Err(Error::Refused { parameter: parameter.to_owned(), value, wanted: wanted.to_owned() })
}

/// A contradiction of parameters.
pub(crate) fn contradiction<T>(parameter: &str, why: &str) -> Result<T> {
    Err(Error::Contradiction { parameter: parameter.to_owned(), why: why.to_owned() })
}

/// A finite number above 0.
pub(crate) fn positive(parameter: &str, value: f64) -> Result<f64> {
    if value.is_finite() && value > 0.0 { Ok(value) } else { refused(parameter, value, "above 0 and finite") }
}

/// A finite number of at least 0.
pub(crate) fn not_negative(parameter: &str, value: f64) -> Result<f64> {
    if value.is_finite() && value >= 0.0 { Ok(value) } else { refused(parameter, value, "0 or more and finite") }
}

/// A finite number of at least that.
pub(crate) fn at_least(parameter: &str, value: f64, least: f64) -> Result<f64> {
    if value.is_finite() && value >= least { Ok(value) } else { refused(parameter, value, &format!("{least} or more")) }
}

/// A part of one, both ends included.
pub(crate) fn part(parameter: &str, value: f64) -> Result<f64> {
    if (0.0..=1.0).contains(&value) { Ok(value) } else { refused(parameter, value, "from 0 to 1") }
}

/// A part of one, neither end included.
pub(crate) fn inner_part(parameter: &str, value: f64) -> Result<f64> {
    if value > 0.0 && value < 1.0 { Ok(value) } else { refused(parameter, value, "between 0 and 1") }
}

/// A result, if it is a number. Underflow to 0 is let through.
pub(crate) fn figure(name: &'static str, value: f64) -> Result<f64> {
    if value.is_finite() { Ok(value) } else { Err(Error::Overflow(name)) }
}

/// A whole number as a float.
#[allow(clippy::cast_precision_loss, reason = "blocks and seconds, of which there are not 2^53")]
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_name_the_parameter() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0] {
            for refusal in [
                positive("usd_per_kwh", bad),
                not_negative("usd_per_kwh", bad),
                part("usd_per_kwh", bad),
                inner_part("usd_per_kwh", bad),
                at_least("usd_per_kwh", bad, 1.0),
            ] {
                let said = refusal.unwrap_err().to_string();
                assert!(said.starts_with("usd_per_kwh is "), "{said}");
            }
        }
        assert_eq!(positive("x", 0.0).unwrap_err().to_string(), "x is 0, and is to be above 0 and finite");
        assert_eq!((not_negative("x", 0.0), part("x", 1.0), at_least("x", 1.0, 1.0)), (Ok(0.0), Ok(1.0), Ok(1.0)));
        assert!(inner_part("x", 1.0).is_err() && inner_part("x", 0.0).is_err());
        assert_eq!(Error::Missing(vec!["a", "b"]).to_string(), "missing: a, b");
        assert_eq!(figure("net_usd", f64::INFINITY), Err(Error::Overflow("net_usd")));
    }
}

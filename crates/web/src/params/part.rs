//! A parameter that is a part of a whole: from 0 to 1.

use std::{
    fmt::{self, Display},
    str::FromStr,
};

/// A number of an address that is a part of one.
pub(crate) struct Part(pub(crate) f64);

impl FromStr for Part {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Part, Self::Err> {
        let plain = text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_digit() || b".eE-".contains(&byte));
        let number = if plain { text.parse::<f64>().ok() } else { None };
        number
            .filter(|number| (0.0..=1.0).contains(number))
            // minus nothing is nothing
            .map(|number| Part(number.abs()))
            .ok_or("a number from 0 to 1")
    }
}

impl Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_lie_between_nothing_and_all() {
        let part = |text: &str| text.parse::<Part>().map(|Part(part)| part);
        for (text, expected) in [("0", 0.0), ("1", 1.0), ("0.51", 0.51), (".5", 0.5), ("5e-1", 0.5)] {
            assert_eq!(part(text), Ok(expected), "{text}");
        }
        assert_eq!(part("-0").map(|it| it.to_string()), Ok("0".to_owned()));
        let long = format!("0.{}", "1".repeat(40));
        for text in ["", "-0.1", "1.1", "NaN", "inf", "+0.5", "1e308", "0,5", " 0.5", long.as_str()] {
            assert!(part(text).is_err(), "{text}");
        }
    }
}

//! A number, and its time, out of a JSON answer.

use serde_json::Value;

use super::settings::{Source, time};

/// Times beyond this are in milliseconds: as seconds it is the year 5138.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

/// The value in the quantity's own unit, and its time in Unix seconds where the source is said to give it.
pub(super) fn read(body: &[u8], source: &Source) -> Result<(f64, Option<i64>), String> {
    let answer: Value = serde_json::from_slice(body).map_err(|error| format!("the answer is no JSON: {error}"))?;
    let at = |pointer: &str| answer.pointer(pointer).ok_or_else(|| format!("the answer has nothing at {pointer:?}"));
    let found = match at(&source.pointer)? {
        Value::Number(number) => number.as_f64(),
        // exchanges write prices as texts
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let value = found.ok_or_else(|| format!("what the answer has at {:?} is no number", source.pointer))?;
    let Some(pointer) = &source.at_pointer else { return Ok((value * source.factor, None)) };
    let told = match at(pointer)? {
        Value::Number(number) => {
            number.as_i64().map(|time| if time >= MILLISECONDS_FROM { time / 1_000 } else { time })
        }
        Value::String(text) => time(text.trim()),
        _ => None,
    };
    let told = told.ok_or_else(|| format!("what the answer has at {pointer:?} is no time"))?;
    Ok((value * source.factor, Some(told)))
}

//! `hashwatch market`: what a coin and hashrate cost, from where, and how old that is.

use std::process::ExitCode;

use hashwatch_model::{Moving, Quantity};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::verify_block::say;
use crate::{
    cli::MarketArgs,
    clock::unix_now,
    config::Config,
    market::{Gathered, gather},
};

pub(crate) async fn market(args: MarketArgs) -> anyhow::Result<ExitCode> {
    let config = Config::read(&args.common)?;
    let now = unix_now();
    let gathered = gather(&config.market, now).await?;
    say(&if args.json { as_json(&gathered, now).to_string() } else { as_text(&gathered, now) })?;
    for problem in &gathered.problems {
        tracing::warn!("{problem}");
    }
    Ok(if gathered.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn as_text(gathered: &Gathered, now: u64) -> String {
    let line = |value: &Moving| {
        let hours = value.age_seconds(now) / 3_600;
        let age = if hours < 48 { format!("{hours} hours") } else { format!("{} days", hours / 24) };
        format!("{} {}, {age} old ({}), from {}", value.what, value.value, shown_time(value.at), value.origin)
    };
    let mut lines: Vec<String> = gathered.market.values.iter().map(line).collect();
    lines.extend(gathered.market.missing().map(|what| format!("{what} is missing: no source has it")));
    lines.join("\n")
}

fn as_json(gathered: &Gathered, now: u64) -> Value {
    let value = |value: &Moving| {
        json!({
            "what": value.what.name(), "value": value.value, "at": shown_time(value.at),
            "age_seconds": value.age_seconds(now), "origin": value.origin.to_string(),
        })
    };
    let missing: Vec<&str> = gathered.market.missing().map(Quantity::name).collect();
    json!({
        "values": gathered.market.values.iter().map(value).collect::<Vec<_>>(),
        "missing": missing,
        "problems": gathered.problems,
    })
}

fn shown_time(at: u64) -> String {
    let time = i64::try_from(at).ok().and_then(|at| Timestamp::from_second(at).ok());
    time.unwrap_or_default().to_string()
}

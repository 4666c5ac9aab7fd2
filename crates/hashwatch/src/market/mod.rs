//! Where the price of a coin, hashprice and the rent of hashrate come from: the configuration, a CSV as Coin Metrics publishes
//! it, an HTTP source that the operator names. Nothing is asked unless it is named, and what is missing or cannot be is said.

mod answer;
mod follow;
mod price_csv;
mod settings;

use std::time::Duration;

use hashwatch_model::{Market, Moving, ValueOrigin};
use hashwatch_outbound::{Client, Fetched, Limits, OutboundError, Validators};

use self::settings::{Settings, Source};
pub(crate) use self::{follow::follow, settings::MarketSection};
use crate::BadUsage;

/// An answer holds a number or a few.
const LIMITS: Limits =
    Limits { connect: Duration::from_secs(10), whole: Duration::from_secs(20), body_bytes: 1 << 20, redirects: 3 };

/// What was found, and what each source that failed says.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    pub(crate) market: Market,
    pub(crate) problems: Vec<String>,
}

/// Asks every source once. One that fails leaves the others as they are.
///
/// # Errors
/// Where the section itself is wrong.
pub(crate) async fn gather(section: &MarketSection, now: u64) -> anyhow::Result<Gathered> {
    let settings = section.settle(now)?;
    let mut gathered = Gathered::default();
    gathered.market.values.clone_from(&settings.stated);
    let mut note = |found: Result<Moving, String>| match found {
        Ok(value) => gathered.market.values.push(value),
        Err(problem) => gathered.problems.push(problem),
    };
    if let Some(file) = &settings.csv {
        note(price_csv::latest(file, now));
    }
    if !settings.sources.is_empty() {
        let client = client(&settings)?;
        for source in &settings.sources {
            note(ask(&client, source, now).await);
        }
    }
    Ok(gathered)
}

fn client(settings: &Settings) -> anyhow::Result<Client> {
    match Client::new(settings.allowed.clone(), LIMITS, settings.contact.as_deref()) {
        Err(error @ OutboundError::Agent) => Err(BadUsage(format!("market.contact: {error}")).into()),
        client => Ok(client?),
    }
}

async fn ask(client: &Client, source: &Source, now: u64) -> Result<Moving, String> {
    let about = |problem: &dyn std::fmt::Display| format!("{} from {}: {problem}", source.what, source.target);
    let fetched = client.get(&source.target, &Validators::default()).await;
    match fetched.map_err(|error| format!("{}: {error}", source.what))? {
        Fetched::NotModified => Err(about(&"nothing came")),
        Fetched::Answer(answer) => {
            let (value, at) = answer::read(&answer.body, source).map_err(|problem| about(&problem))?;
            let at = at.unwrap_or(i64::try_from(now).unwrap_or(i64::MAX));
            let origin = ValueOrigin::Http(source.target.to_string());
            Moving::new(source.what, value, at, now, origin).map_err(|problem| about(&problem))
        }
    }
}

#[cfg(test)]
mod tests;

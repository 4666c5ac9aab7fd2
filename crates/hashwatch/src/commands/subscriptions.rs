//! `hashwatch subscriptions`: an operator's view of them, and the last word.

use std::process::ExitCode;

use hashwatch_delivery::{DeadLetter, Listed, Subscribers, SubscriptionId};
use hashwatch_model::Network;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::verify_block::say;
use crate::{
    BadUsage,
    cli::{CommonArgs, SubscriptionsCommand},
    config::Config,
    database::Database,
    subscriptions,
};

pub(crate) async fn subscriptions(command: SubscriptionsCommand) -> anyhow::Result<ExitCode> {
    match command {
        SubscriptionsCommand::List { common, json } => {
            let listed = open(&common).await?.subscribers.list().await?;
            say(&if json { Value::from_iter(listed.iter().map(as_json)).to_string() } else { as_text(&listed) })?;
            Ok(ExitCode::SUCCESS)
        }
        SubscriptionsCommand::Test { common, id } => {
            let (opened, id) = (open(&common).await?, read(&id)?);
            let senders = opened.config.subscriptions.senders()?;
            match senders.test_now(&opened.subscribers, id).await?.ok_or_else(|| unknown(id))? {
                Ok(()) => Ok(ExitCode::SUCCESS),
                Err(reason) => anyhow::bail!("subscription {id}: {reason}"),
            }
        }
        SubscriptionsCommand::Remove { common, id } => {
            let id = read(&id)?;
            let removed = open(&common).await?.subscribers.remove(id).await?;
            if removed { Ok(ExitCode::SUCCESS) } else { Err(unknown(id).into()) }
        }
        SubscriptionsCommand::Dead { common, json } => {
            let letters = open(&common).await?.subscribers.dead_letters().await?;
            say(&if json {
                Value::from_iter(letters.iter().map(letter_json)).to_string()
            } else {
                letters_text(&letters)
            })?;
            Ok(ExitCode::SUCCESS)
        }
        SubscriptionsCommand::Retry { common, id } => {
            let id = id.as_deref().map(read).transpose()?;
            let count = open(&common).await?.subscribers.retry(id).await?;
            say(&format!("{count} dead letters are tried again by whoever delivers"))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The subscribers, and what keeps their database open.
struct Opened {
    subscribers: Subscribers,
    config: Config,
    _database: Database,
}

async fn open(common: &CommonArgs) -> anyhow::Result<Opened> {
    let config = Config::read(common)?;
    let data_dir = config.data_dir(config.network.unwrap_or(Network::Mainnet));
    if config.store.url.is_none() && !data_dir.is_dir() {
        anyhow::bail!("there is no data directory {}: give --data, or index first", data_dir.display());
    }
    let database = Database::open(&config, &data_dir).await?;
    let (settings, client) = (&config.subscriptions, database.client.clone());
    let subscribers = subscriptions::open(settings, client, &config.store.database, &data_dir).await?;
    Ok(Opened { subscribers, config, _database: database })
}

fn read(id: &str) -> Result<SubscriptionId, BadUsage> {
    id.parse().map_err(|error| BadUsage(format!("{id:?}: {error}")))
}

fn unknown(id: SubscriptionId) -> BadUsage {
    BadUsage(format!("there is no confirmed subscription {id}: `hashwatch subscriptions list` lists those there are"))
}

fn time(milliseconds: u64) -> String {
    let time = i64::try_from(milliseconds).ok().and_then(|at| Timestamp::from_millisecond(at).ok());
    time.map_or_else(String::new, |time| time.strftime("%Y-%m-%d %H:%M").to_string())
}

fn as_text(listed: &[Listed]) -> String {
    let line = |it: &Listed| {
        let served = it.served.map_or_else(String::new, |seq| format!("  served up to {seq}"));
        let tries = if it.tries > 0 { format!("  fails, {} tries", it.tries) } else { String::new() };
        let (state, channel) = (it.state.name(), it.channel.name());
        format!("{}  {}  {state}  {channel}{served}{tries}", it.id, time(it.requested_at))
    };
    let lines = listed.iter().map(line).chain([format!("{} subscriptions", listed.len())]);
    lines.collect::<Vec<_>>().join("\n")
}

fn as_json(it: &Listed) -> Value {
    let least = &it.filter.least_level;
    json!({
        "id": it.id.to_string(), "state": it.state.name(), "channel": it.channel.name(),
        "rules": it.filter.rules, "subjects": it.filter.subjects, "least_level": least,
        "requested_at": it.requested_at, "confirmed_at": it.confirmed_at, "served": it.served, "tries": it.tries,
    })
}

fn letters_text(letters: &[DeadLetter]) -> String {
    let line = |it: &DeadLetter| {
        let several = if it.seqs.len() > 1 { format!(" with {} more", it.seqs.len() - 1) } else { String::new() };
        format!("{}  {}  notice {}{several}  {} tries: {}", it.id, time(it.at), it.seq, it.tries, it.reason)
    };
    let lines = letters.iter().map(line).chain([format!("{} dead letters", letters.len())]);
    lines.collect::<Vec<_>>().join("\n")
}

fn letter_json(it: &DeadLetter) -> Value {
    json!({
        "id": it.id.to_string(), "seq": it.seq, "seqs": it.seqs, "reason": it.reason, "tries": it.tries, "at": it.at,
    })
}

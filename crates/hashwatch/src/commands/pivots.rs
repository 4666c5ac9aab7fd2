//! `hashwatch pivots`: watches feeds, and takes what the operator says of the drafts.

use std::{fs::OpenOptions, io::Write, path::Path, process::ExitCode};

use anyhow::Context;
use hashwatch_model::Network;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{stop_signal, verify_block::say};
use crate::{
    BadUsage,
    cli::{CommonArgs, PivotsCommand},
    config::Config,
    pivots::{Draft, Drafts, State, Watch, skeleton},
};

pub(crate) async fn watch(common: &CommonArgs, once: bool) -> anyhow::Result<ExitCode> {
    let config = Config::read(common)?;
    let mut watch = Watch::new(&config.pivots, &config.registry()?, &data_dir(&config))?;
    if once {
        let well = watch.once().await?;
        return Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    watch.run(stop_signal()?).await?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn pivots(command: PivotsCommand) -> anyhow::Result<ExitCode> {
    match command {
        PivotsCommand::Watch { common, once } => crate::run_async(watch(&common, once)),
        PivotsCommand::Drafts { common, all, json } => {
            let mut drafts = kept(&common)?.all()?;
            drafts.retain(|draft| all || draft.state == State::Open);
            say(&if json { Value::from_iter(drafts.iter().map(as_json)).to_string() } else { as_text(&drafts) })?;
            Ok(ExitCode::SUCCESS)
        }
        PivotsCommand::Accept { common, id, to } => {
            let drafts = kept(&common)?;
            let draft = drafts.all()?.into_iter().find(|draft| draft.id == id).ok_or_else(|| unknown(&id))?;
            // handed over before it counts as decided: what fails in between is there to be accepted again
            match to {
                Some(file) => append(&file, &draft)?,
                None => say(skeleton(&draft).trim_end())?,
            }
            drafts.decide(&id, State::Accepted)?;
            Ok(ExitCode::SUCCESS)
        }
        PivotsCommand::Refuse { common, id } => {
            let before = kept(&common)?.decide(&id, State::Refused)?.ok_or_else(|| unknown(&id))?;
            if before.state == State::Accepted {
                tracing::warn!("it was accepted before: an entry that was made of it stays where it is");
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn data_dir(config: &Config) -> std::path::PathBuf {
    config.data_dir(config.network.unwrap_or(Network::Mainnet))
}

fn kept(common: &CommonArgs) -> anyhow::Result<Drafts> {
    Ok(Drafts::new(&data_dir(&Config::read(common)?)))
}

fn unknown(id: &str) -> BadUsage {
    BadUsage(format!("there is no draft {id:?}: `hashwatch pivots drafts` lists those there are"))
}

/// Adds to the operator's own file, which is made if it is not there.
fn append(file: &Path, draft: &Draft) -> anyhow::Result<()> {
    let failed = |error: std::io::Error| BadUsage(format!("cannot write {}: {error}", file.display()));
    let mut open = OpenOptions::new().append(true).create(true).open(file).map_err(failed)?;
    let begun = open.metadata().map_err(failed)?.len() > 0;
    let entry = format!("{}{}", if begun { "\n" } else { "" }, skeleton(draft));
    open.write_all(entry.as_bytes()).map_err(failed)?;
    open.sync_all().map_err(failed).context("the entry may be there in part")?;
    tracing::info!("appended to {}: complete it, then check it with `hashwatch registry check`", file.display());
    Ok(())
}

fn day(seconds: Option<i64>) -> String {
    let time = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.map_or_else(|| "undated".to_owned(), |time| time.strftime("%Y-%m-%d").to_string())
}

fn as_text(drafts: &[Draft]) -> String {
    let mut lines = Vec::new();
    for draft in drafts {
        let state = match draft.state {
            State::Open => "",
            State::Accepted => " (accepted)",
            State::Refused => " (refused)",
        };
        lines.push(format!("{}  {}  {}{state}", draft.id, day(draft.published), draft.title));
        lines.push(format!("    {} of {}: {}", draft.feed, draft.miners.join(", "), draft.by.join(", ")));
        lines.extend(draft.link.iter().map(|link| format!("    {link}")));
        if !draft.summary.is_empty() {
            lines.push(format!("    {}", draft.summary));
        }
    }
    lines.push(format!("{} drafts", drafts.len()));
    lines.join("\n")
}

fn as_json(draft: &Draft) -> Value {
    json!({
        "id": draft.id, "state": draft.state, "feed": draft.feed, "title": draft.title, "summary": draft.summary,
        "link": draft.link, "published": draft.published, "miners": draft.miners, "by": draft.by, "found": draft.found,
    })
}

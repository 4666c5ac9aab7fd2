//! `hashwatch alerts`: what the rules would have said of the past.

use std::{collections::BTreeMap, path::Path, process::ExitCode, sync::Arc};

use bitcoin::{BlockHash, hashes::Hash};
use hashwatch_alerts::{Fold, Rule, Rules, Step, words};
use hashwatch_model::{Change, Notice, RegistryVersion};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    serve::{Existing, registry_for},
    verify_block::say,
};
use crate::{
    BadUsage,
    alerts::{Whole, read_labels, read_store},
    cli::{AlertsCommand, ReplayArgs},
    config::Config,
};

pub(crate) async fn alerts(command: AlertsCommand) -> anyhow::Result<ExitCode> {
    let AlertsCommand::Replay(args) = command;
    if args.from.zip(args.to).is_some_and(|(from, to)| from > to) {
        return Err(BadUsage("--from is above --to".to_owned()).into());
    }
    let (chain, rules) = match &args.labels {
        Some(file) => of_labels(&args, file)?,
        None => of_store(&args).await?,
    };
    let replayed = replay(&chain, &rules, &args);
    say(&if args.json { as_json(&replayed) } else { as_text(&replayed) })?;
    Ok(ExitCode::SUCCESS)
}

fn of_labels(args: &ReplayArgs, file: &Path) -> anyhow::Result<(Whole, Rules)> {
    let config = Config::read(&args.common)?;
    let registry = Arc::new(config.registry()?);
    Ok((read_labels(file, &args.pool_column, &registry)?, config.alerts))
}

async fn of_store(args: &ReplayArgs) -> anyhow::Result<(Whole, Rules)> {
    let existing = Existing::open(&args.common).await?;
    let Some(snapshot) = existing.store.snapshot().await? else {
        anyhow::bail!("nothing was ever committed to this store");
    };
    let registry = Arc::new(registry_for(&existing.config, &existing.store, &existing.data_dir)?);
    Ok((read_store(&snapshot, &registry).await?, existing.config.alerts))
}

/// What would have been said.
struct Replayed {
    from: u32,
    to: u32,
    notices: Vec<Notice>,
    /// Rules that say nothing of such a chain, and why.
    left_out: Vec<(Rule, &'static str)>,
}

fn replay(chain: &Whole, rules: &Rules, args: &ReplayArgs) -> Replayed {
    let scene = chain.scene();
    let mut fold = Fold::new(rules);
    let (lowest, highest) = (scene.from, scene.height(scene.blocks().saturating_sub(1)));
    let (from, to) = (args.from.unwrap_or(lowest).max(lowest), args.to.unwrap_or(highest).min(highest));
    let mut notices = Vec::new();
    for place in 0..scene.blocks() {
        if scene.height(place) > to {
            break;
        }
        let steps = fold.push(&scene);
        notices.extend(steps.into_iter().filter(|step| step.height >= from).map(notice));
    }
    let why = |rule: Rule| match rule {
        _ if !rules.of(rule).enabled => "is off",
        Rule::Hashrate if scene.chainworks.is_none() => "needs the work of blocks, which a table of labels has not",
        _ if !rule.replayed() => "rests on what was seen when it happened",
        _ => "",
    };
    let left_out = Rule::ALL.map(|rule| (rule, why(rule)));
    Replayed { from, to, notices, left_out: left_out.into_iter().filter(|(_, why)| !why.is_empty()).collect() }
}

/// The notice of a step, for its words: nobody says it, and blocks are told by height.
fn notice(step: Step) -> Notice {
    let none = BlockHash::all_zeros();
    step.notice(none, none, RegistryVersion(String::new()))
}

fn day(time: u32) -> String {
    let stamp = Timestamp::from_second(i64::from(time)).unwrap_or(Timestamp::UNIX_EPOCH);
    stamp.strftime("%Y-%m-%d").to_string()
}

/// Notices by rule and change.
fn counts(notices: &[Notice]) -> BTreeMap<Rule, BTreeMap<&'static str, usize>> {
    let mut counts: BTreeMap<Rule, BTreeMap<&'static str, usize>> = BTreeMap::new();
    for notice in notices {
        if let Some(rule) = Rule::from_key(&notice.rule) {
            *counts.entry(rule).or_default().entry(notice.change.name()).or_default() += 1;
        }
    }
    counts
}

fn as_text(replayed: &Replayed) -> String {
    let mut lines: Vec<String> = Vec::new();
    for notice in &replayed.notices {
        lines.push(format!("{}  {}  {}", notice.block.height, day(notice.time), words::headline(notice)));
    }
    let Replayed { from, to, notices, left_out } = replayed;
    lines.push(format!("{} notices of blocks {from} to {to}", notices.len()));
    for (rule, changes) in counts(notices) {
        let order = Change::ALL.into_iter().filter_map(|change| Some((change.name(), changes.get(change.name())?)));
        let told: Vec<String> = order.map(|(change, count)| format!("{count} {change}")).collect();
        lines.push(format!("{}: {}", rule.key(), told.join(", ")));
    }
    lines.extend(left_out.iter().map(|(rule, why)| format!("{} was left out: it {why}", rule.key())));
    lines.join("\n")
}

fn as_json(replayed: &Replayed) -> String {
    let notices = replayed.notices.iter().map(|notice| {
        let measures = notice.measures.iter().map(|measure| {
            let interval = measure.interval.map(|(low, high)| [low, high]);
            json!({ "name": measure.name, "unit": measure.unit, "value": measure.value, "interval": interval })
        });
        json!({
            "height": notice.block.height, "time": notice.time, "rule": notice.rule, "change": notice.change.name(),
            "subject": { "kind": notice.subject.kind, "id": notice.subject.id, "name": words::clean(&notice.subject.name) },
            "from_level": notice.from_level, "level": notice.level, "threshold": notice.threshold,
            "threshold_now": notice.threshold_now,
            "headline": words::headline(notice), "measures": measures.collect::<Vec<_>>(),
        })
    });
    let counts: serde_json::Map<String, Value> =
        counts(&replayed.notices).into_iter().map(|(rule, counts)| (rule.key().to_owned(), json!(counts))).collect();
    let left_out: serde_json::Map<String, Value> =
        replayed.left_out.iter().map(|(rule, why)| (rule.key().to_owned(), json!(why))).collect();
    json!({
        "from": replayed.from, "to": replayed.to, "notices": notices.collect::<Vec<_>>(), "counts": counts,
        "left_out": left_out,
    })
    .to_string()
}

//! What the observed rules rest on: reorgs and stale blocks of the store, marks in coinbases that contradict each other, what listed
//! miners said, the nodes that are followed, what a majority costs.
//!
//! What was seen is given as conditions that hold; what they change is for the rules (alerts).

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use hashwatch_alerts::{Condition, Rule, Rules, Step, observed::stale_rate};
use hashwatch_model::{EvidenceKind, Market, Measure, Network, NotEvaluated, Origin, Status, Subject};
use hashwatch_registry::{AnnouncementKind, Dossier, Miner, Registry, day_of};
use hashwatch_store::{BlockFilter, Snapshot, StoredBlock};
use jiff::{ToSpan, civil::Date};
use tokio::sync::watch;

use super::cost::{Cost, Told};
use crate::clock::{today, unix_now_ms};

/// Reorgs and blocks that are looked at at a time: no more come between two looks.
const MOST: u32 = 100;
/// Days for which an announcement is news, and those for which a report is.
const NEWS_DAYS: i64 = 30;
const REPORT_DAYS: i64 = 100;

/// What was seen, and what of it was told.
pub(super) struct Seen {
    rules: Rules,
    /// What companies say is of mainnet.
    mainnet: bool,
    dossier: watch::Receiver<Arc<Dossier>>,
    status: watch::Receiver<Status>,
    /// Reorgs up to then were told of, Unix milliseconds.
    reorgs_until: u64,
    newest_reorg: u64,
    /// Since when a node has been behind.
    behind: HashMap<String, Instant>,
    /// Of nodes, as they were told last.
    nodes: Vec<Condition>,
    /// What a majority costs, and what of it was told last.
    cost: Cost,
    cost_told: Told,
}

/// What is known of all observed rules.
pub(super) struct Known {
    pub(super) conditions: Vec<Condition>,
    /// Those of which nothing is.
    pub(super) not_evaluated: Vec<NotEvaluated>,
}

impl Seen {
    pub(super) fn new(
        rules: Rules,
        origin: &Origin,
        dossier: watch::Receiver<Arc<Dossier>>,
        market: watch::Receiver<Arc<Market>>,
        status: watch::Receiver<Status>,
    ) -> Seen {
        let now = unix_now_ms();
        let mainnet = origin.network == Network::Mainnet && !origin.simulated;
        Seen {
            cost: Cost::new(rules.clone(), mainnet, market),
            cost_told: Ok(None),
            rules,
            mainnet,
            dossier,
            status,
            reorgs_until: now,
            newest_reorg: now,
            behind: HashMap::new(),
            nodes: Vec::new(),
        }
    }

    /// Whether something has changed that no block brings.
    pub(super) fn has_news(&mut self) -> bool {
        let told = |conditions: &[Condition]| -> Vec<(Subject, u8)> {
            conditions.iter().map(|condition| (condition.subject.clone(), condition.level)).collect()
        };
        let now = self.of_nodes();
        let level = |told: &Told| told.clone().map(|found| found.map(|found| (found.level, found.held)));
        told(&now) != told(&self.nodes) || level(&self.of_cost()) != level(&self.cost_told)
    }

    fn of_cost(&self) -> Told {
        self.cost.told(&self.dossier.borrow(), today())
    }

    /// What was told is not told again.
    pub(super) fn told(&mut self) {
        self.reorgs_until = self.newest_reorg;
    }

    /// All that holds. Blocks above the fork are new.
    pub(super) async fn conditions(
        &mut self,
        snapshot: &Snapshot,
        registry: &Registry,
        fork: Option<u32>,
    ) -> anyhow::Result<Known> {
        let mark = snapshot.mark();
        let tip = mark.tip.height;
        let mut all = Vec::new();
        for reorg in snapshot.reorgs(MOST).await?.into_iter().filter(|reorg| reorg.at > self.reorgs_until) {
            self.newest_reorg = self.newest_reorg.max(reorg.at);
            let depth = f64::from(reorg.depth());
            let measures = vec![measure("depth", "blocks", depth)];
            all.extend(Condition::by(&self.rules, Rule::Reorg, Step::network(), depth, measures));
        }
        let set = self.rules.of(Rule::StaleRate);
        let middle = tip.saturating_sub(set.window);
        if let Some(lowest) = middle.checked_sub(set.before).filter(|_| set.enabled) {
            let stale = snapshot.stale_between((lowest + 1, tip)).await?;
            let recent = stale.iter().filter(|block| block.id.height > middle).count();
            all.extend(stale_rate(&self.rules, recent as u64, (stale.len() - recent) as u64));
        }
        // of the history nobody is told of single blocks
        if let Some(from) = fork.map(|fork| fork.max(tip.saturating_sub(MOST)) + 1).filter(|from| *from <= tip) {
            let filter = BlockFilter { from: Some(from), to: Some(tip), limit: MOST, pool: None };
            let blocks = snapshot.blocks(&filter).await?;
            all.extend(blocks.iter().filter_map(|block| foreign_address(registry, block)));
        }
        if self.mainnet {
            all.extend(self.of_miners(registry, day_of(mark.median_time)));
        }
        self.nodes = self.of_nodes();
        all.extend(self.nodes.iter().cloned());
        self.cost.renew(snapshot).await?;
        self.cost_told = self.of_cost();
        let not_evaluated = match &self.cost_told {
            Ok(found) => {
                all.extend(found.iter().cloned());
                Vec::new()
            }
            Err(lacks) => vec![lacks.clone()],
        };
        Ok(Known { conditions: all, not_evaluated })
    }

    /// What listed miners said of late.
    fn of_miners(&self, registry: &Registry, day: Date) -> Vec<Condition> {
        let dossier = self.dossier.borrow().clone();
        let recent = |said: Date, days: i64| said <= day && day.checked_sub(days.days()).is_ok_and(|from| from < said);
        let turns = |kind: AnnouncementKind| {
            matches!(kind, AnnouncementKind::Lease | AnnouncementKind::Cloud | AnnouncementKind::WindDown)
        };
        let mut all = Vec::new();
        for miner in registry.miners() {
            let mut said = dossier.announcements_of(&miner.slug);
            if said.any(|said| recent(said.on.last(), NEWS_DAYS) && (said.mining.is_some() || turns(said.kind))) {
                all.push(Condition {
                    rule: Rule::Pivot,
                    subject: of_miner(miner),
                    level: 1,
                    held: 1,
                    measures: Vec::new(),
                });
            }
            all.extend(self.disclosed(miner, |said| recent(said, REPORT_DAYS)));
        }
        all
    }

    /// Whether a miner's last disclosure is below the one of the same kind before it.
    fn disclosed(&self, miner: &Miner, recent: impl Fn(Date) -> bool) -> Option<Condition> {
        let mut said: Vec<_> = miner.disclosures.iter().collect();
        said.sort_by_key(|said| (said.period.last(), said.period.first()));
        let last = *said.iter().rev().find(|said| recent(said.period.last()))?;
        let alike = |other: &&&hashwatch_registry::Disclosure| {
            other.kind == last.kind && other.period.last() < last.period.last()
        };
        let before = said.iter().rev().find(alike)?;
        let fall = 1.0 - last.hashes_per_second / before.hashes_per_second;
        let measures = vec![
            measure("fall", "share", fall),
            measure("hashrate", "hashes_per_second", last.hashes_per_second),
            measure("hashrate_before", "hashes_per_second", before.hashes_per_second),
        ];
        Condition::by(&self.rules, Rule::DisclosedHashrate, of_miner(miner), fall, measures)
    }

    /// Nodes that have been behind for long enough, or whose chain goes through a block that was refused.
    fn of_nodes(&mut self) -> Vec<Condition> {
        let status = self.status.borrow().clone();
        let set = self.rules.of(Rule::Node);
        let (least, long) = (set.least, Duration::from_secs(u64::from(set.minutes) * 60));
        let best = status.nodes.iter().filter_map(|node| node.tip).map(|tip| tip.height).max().unwrap_or_default();
        let mut all = Vec::new();
        for node in &status.nodes {
            let Some(tip) = node.tip else { continue };
            let blocks = best.saturating_sub(tip.height);
            let since =
                (blocks >= least.max(1)).then(|| *self.behind.entry(node.name.clone()).or_insert_with(Instant::now));
            if since.is_none() {
                self.behind.remove(&node.name);
            }
            let lags = since.is_some_and(|since| since.elapsed() >= long);
            let lies = status.refusal.as_ref().is_some_and(|refusal| {
                let above = tip.height >= refusal.height && node.ancestor.is_some_and(|at| at.height < refusal.height);
                tip.hash == refusal.hash || above
            });
            let level = if lies { 2 } else { u8::from(lags) };
            if level > 0 {
                let subject = Subject { kind: "node".to_owned(), id: node.name.clone(), name: node.name.clone() };
                let measures = vec![measure("behind", "blocks", f64::from(blocks))];
                all.push(Condition { rule: Rule::Node, subject, level, held: level, measures });
            }
        }
        all
    }
}

/// A tag of one pool and an address of another, which are not known to belong together.
fn foreign_address(registry: &Registry, stored: &StoredBlock) -> Option<Condition> {
    let day = day_of(stored.block.median_time);
    let group = |pool: &str| registry.group_on(pool, day).map(|(group, _)| group.slug.as_str());
    let marks =
        |kind: EvidenceKind| stored.attribution.evidence.iter().filter(move |mark| mark.kind == kind && !mark.outside);
    let foreign = |tag: &str| {
        marks(EvidenceKind::Address)
            .any(|mark| mark.pool != tag && (group(tag).is_none() || group(tag) != group(&mark.pool)))
    };
    let tag = marks(EvidenceKind::Tag).find(|mark| foreign(&mark.pool))?;
    let name = registry.pool(&tag.pool).map_or(&tag.pool, |pool| &pool.name);
    let subject = Subject { kind: "pool".to_owned(), id: tag.pool.clone(), name: name.clone() };
    Some(Condition { rule: Rule::ForeignAddress, subject, level: 1, held: 1, measures: Vec::new() })
}

fn of_miner(miner: &Miner) -> Subject {
    Subject { kind: "miner".to_owned(), id: miner.slug.clone(), name: miner.name.clone() }
}

fn measure(name: &str, unit: &str, value: f64) -> Measure {
    Measure { name: name.to_owned(), unit: unit.to_owned(), value, interval: None }
}

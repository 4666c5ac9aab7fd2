//! What the observed rules rest on: reorgs and stale blocks of the store, marks in coinbases that contradict each other, what listed
//! miners said, the nodes that are followed, what a majority costs.
//!
//! What was seen is given as conditions that hold; what they change is for the rules (alerts).

mod nodes;
mod parted;

use std::sync::Arc;

use hashwatch_alerts::{Condition, Rule, Rules, Step, observed::stale_rate};
use hashwatch_model::{
    BlockId, Evidence, EvidenceKind, Market, Measure, Network, NotEvaluated, Notice, Origin, Status, Subject,
};
use hashwatch_registry::{AnnouncementKind, Disclosure, Dossier, Miner, Registry, day_of};
use hashwatch_store::{BlockFilter, Snapshot, StoreError, StoredBlock};
use jiff::{ToSpan, civil::Date};
use tokio::sync::watch;

use self::{nodes::Nodes, parted::Parted};
use super::cost::{Cost, Told};
use crate::clock::{today, unix_now_ms};

/// Blocks that are looked at at a time: no more come between two looks.
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
    /// Nothing was looked at yet since this process began.
    first: bool,
    parted: Option<Parted>,
    nodes: Nodes,
    /// What a majority costs, and what of it was told last.
    cost: Cost,
    cost_told: Told,
}

/// What holds.
pub(super) struct Holds {
    /// With each new block, the lowest first: its height and its median time past, and what is odd about it.
    pub(super) of_blocks: Vec<(u32, u32, Vec<Condition>)>,
    /// Now, as of the tip.
    pub(super) now: Vec<Condition>,
    /// Rules of which nothing is known now.
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
        let (now, nodes) = (unix_now_ms(), Nodes::new(&rules));
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
            first: true,
            parted: None,
            nodes,
        }
    }

    /// Goes on from what was said last of alerts that are open.
    pub(super) fn resume(&mut self, open: &[Notice]) {
        self.nodes.resume(open.iter().filter(|last| last.rule == Rule::Node.key()));
    }

    /// Whether something has changed that no block brings. `tip` is the height of the chain that is stored.
    pub(super) fn has_news(&mut self, tip: u32) -> bool {
        let announced = self.mainnet && self.dossier.has_changed().unwrap_or(false);
        announced || self.nodes.have_news(&self.status.borrow(), tip) || self.cost_has_moved(today())
    }

    /// Whoever asks looks at all of it then: it is asked of a price or a day once.
    fn cost_has_moved(&mut self, day: Date) -> bool {
        let level = |told: &Told| told.clone().map(|found| found.map(|found| (found.level, found.held)));
        self.cost.is_out_of_date(day) && level(&self.cost.told(&self.dossier.borrow(), day)) != level(&self.cost_told)
    }

    /// What was told is not told again.
    pub(super) fn told(&mut self) {
        self.reorgs_until = self.newest_reorg;
        self.first = false;
    }

    /// All that holds, under the registry that blocks are looked at with. Blocks above the fork are new; `evaluated` is the last that
    /// was looked at, whatever became of it.
    pub(super) async fn holds(
        &mut self,
        snapshot: &Snapshot,
        registry: &Registry,
        fork: Option<u32>,
        evaluated: Option<BlockId>,
    ) -> anyhow::Result<Holds> {
        let mark = snapshot.mark();
        let tip = mark.tip.height;
        let set = self.rules.of(Rule::StaleRate);
        let middle = tip.saturating_sub(set.window);
        let usual = middle.checked_sub(set.before).filter(|_| set.enabled);
        // of the history nobody is told of single blocks
        let new = fork.map(|fork| fork.max(tip.saturating_sub(MOST)) + 1).filter(|from| *from <= tip);
        let known = self.parted.take();
        let (parted, blocks) = tokio::try_join!(Parted::at(snapshot, known), blocks_from(snapshot, new, tip))?;
        let mut now = Vec::new();
        // one that was written and not told before this process began
        let missed = fork.zip(evaluated).filter(|(fork, at)| self.first && *fork < at.height).map(|(_, at)| at.height);
        for reorg in parted.untold(self.reorgs_until, missed) {
            self.newest_reorg = self.newest_reorg.max(reorg.at);
            let depth = f64::from(reorg.depth());
            let measures = vec![Measure::new("depth", "blocks", depth, None)];
            now.extend(Condition::by(&self.rules, Rule::Reorg, Step::network(), depth, measures));
        }
        let stale = usual.map(|usual| (parted.stale(middle, tip), parted.stale(usual, middle)));
        now.extend(stale.and_then(|(recent, before)| stale_rate(&self.rules, recent, before)));
        self.parted = Some(parted);
        let block = |it: &StoredBlock| {
            let found = foreign_address(registry, it).into_iter().collect();
            (it.block.id.height, it.block.median_time, found)
        };
        let mut of_blocks: Vec<_> = blocks.iter().map(block).collect();
        of_blocks.sort_by_key(|(height, ..)| *height);
        if self.mainnet {
            now.extend(self.of_miners(registry, day_of(mark.median_time)));
        }
        now.extend(self.nodes.look(&self.status.borrow(), tip));
        self.cost.renew(snapshot).await?;
        self.cost_told = self.cost.told(&self.dossier.borrow(), today());
        now.extend(self.cost_told.iter().flatten().cloned());
        let not_evaluated = self.cost_told.clone().err().into_iter().collect();
        Ok(Holds { of_blocks, now, not_evaluated })
    }

    /// What listed miners said of late.
    fn of_miners(&mut self, registry: &Registry, day: Date) -> Vec<Condition> {
        let dossier = self.dossier.borrow_and_update().clone();
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

    /// Whether what a miner disclosed last is below what it disclosed before: the kind that fell most.
    fn disclosed(&self, miner: &Miner, recent: impl Fn(Date) -> bool) -> Option<Condition> {
        let (fall, last, before) = largest_fall(&miner.disclosures, recent)?;
        let measures = vec![
            Measure::new("fall", "share", fall, None),
            Measure::new("hashrate", "hashes_per_second", last.hashes_per_second, None),
            Measure::new("hashrate_before", "hashes_per_second", before.hashes_per_second, None),
        ];
        Condition::by(&self.rules, Rule::DisclosedHashrate, of_miner(miner), fall, measures)
    }
}

/// Blocks from a height to the tip; none where none are wanted.
async fn blocks_from(snapshot: &Snapshot, from: Option<u32>, tip: u32) -> Result<Vec<StoredBlock>, StoreError> {
    if from.is_none() {
        return Ok(Vec::new());
    }
    snapshot.blocks(&BlockFilter { from, to: Some(tip), limit: MOST, pool: None }).await
}

/// Of each kind of hashrate, where the last disclosure is recent, by how much of the one before it that is lower; the most of them.
fn largest_fall(all: &[Disclosure], recent: impl Fn(Date) -> bool) -> Option<(f64, &Disclosure, &Disclosure)> {
    let mut said: Vec<&Disclosure> = all.iter().collect();
    said.sort_by_key(|said| (said.period.last(), said.period.first()));
    let mut newest: Vec<&Disclosure> = Vec::new();
    for last in said.iter().rev().filter(|said| recent(said.period.last())) {
        if newest.iter().all(|known| known.kind != last.kind) {
            newest.push(last);
        }
    }
    let falls = newest.into_iter().filter_map(|last| {
        let alike = |other: &&&Disclosure| other.kind == last.kind && other.period.last() < last.period.last();
        let before = *said.iter().rev().find(alike)?;
        Some((1.0 - last.hashes_per_second / before.hashes_per_second, last, before))
    });
    falls.max_by(|(fall, ..), (other, ..)| fall.total_cmp(other))
}

/// A tag of one pool, and the reward goes to an address of another, which are not known to belong together. Who gets less of it is no
/// wonder: pools pay each other's miners.
fn foreign_address(registry: &Registry, stored: &StoredBlock) -> Option<Condition> {
    let day = day_of(stored.block.median_time);
    let group = |pool: &str| registry.group_on(pool, day).map(|(group, _)| group.slug.as_str());
    let is_tag = |mark: &&Evidence| mark.kind == EvidenceKind::Tag;
    let mut marks = stored.attribution.evidence.iter().filter(|mark| !mark.outside);
    // what gets the reward stands before the tags, what gets less behind them
    let rewarded = marks.clone().next().filter(|mark| !is_tag(mark))?;
    let tag = marks.clone().find(is_tag)?;
    let together = |pool: &str| pool == rewarded.pool || group(pool).is_some() && group(pool) == group(&rewarded.pool);
    if marks.any(|mark| is_tag(&mark) && together(&mark.pool)) {
        return None;
    }
    let name = registry.pool(&tag.pool).map_or(&tag.pool, |pool| &pool.name);
    let subject = Subject { kind: "pool".to_owned(), id: tag.pool.clone(), name: name.clone() };
    Some(Condition { rule: Rule::ForeignAddress, subject, level: 1, held: 1, measures: Vec::new() })
}

fn of_miner(miner: &Miner) -> Subject {
    Subject { kind: "miner".to_owned(), id: miner.slug.clone(), name: miner.name.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In February 2026 Cango disclosed 34.55 EH/s operating after 43.36, and 50 EH/s deployed as before (its own monthly reports).
    #[test]
    fn the_kind_that_fell_most_counts() {
        let registry = Registry::builtin();
        let cango = registry.miners().iter().find(|miner| miner.slug == "cango").unwrap();
        let february = |said: Date| said == jiff::civil::date(2026, 2, 28);
        let (fall, last, before) = largest_fall(&cango.disclosures, february).unwrap();
        assert_eq!((last.kind, before.kind), (hashwatch_registry::HashrateKind::Operating, last.kind));
        assert!((fall - (1.0 - 34.55 / 43.36)).abs() < 1e-9, "{fall}");
        assert!(largest_fall(&cango.disclosures, |_| false).is_none());
    }
}

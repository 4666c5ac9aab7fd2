//! The task that follows the chain: whenever the store has a new mark, the blocks that it brought are folded, and what they change
//! is said.
//!
//! It reads what is committed and writes notices, and holds up nobody: where the store fails it is tried again with the next mark.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use hashwatch_alerts::{Fold, Observed, Rule, Rules, Step, words};
use hashwatch_model::{BlockId, Market, NotEvaluated, Notice, RegistryVersion, Status, Sync};
use hashwatch_registry::{Dossier, Registry};
use hashwatch_store::{Mark, Snapshot, Store};
use tokio::sync::watch;

use super::{
    branch::{fork, hashes, left, on_its_way, shared, tail},
    columns::Columns,
    said::{Evaluation, saying},
    seen::{Holds, Seen},
    stored::{append, scene},
};
use crate::clock::unix_now_ms;

/// Between two looks at the nodes; at a block that this process stores there is a look at once.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Who evaluates the chain.
pub(crate) struct Watcher {
    store: Store,
    rules: Rules,
    registry: Arc<Registry>,
    status: watch::Sender<Status>,
    held: Option<Held>,
    seen: Seen,
    /// A tip of which nothing is said before that time, Unix milliseconds.
    waiting: Option<(BlockId, u64)>,
    failed: bool,
}

/// The chain as it was evaluated last.
struct Held {
    version: RegistryVersion,
    columns: Columns,
    fold: Fold,
    observed: Observed,
    /// The last blocks, the tip at the end.
    tail: VecDeque<BlockId>,
}

impl Watcher {
    pub(crate) fn new(
        store: Store,
        rules: Rules,
        registry: Arc<Registry>,
        dossier: watch::Receiver<Arc<Dossier>>,
        market: watch::Receiver<Arc<Market>>,
        status: watch::Sender<Status>,
    ) -> Watcher {
        let seen = Seen::new(rules.clone(), store.origin(), dossier, market, status.subscribe());
        Watcher { store, rules, registry, status, held: None, seen, waiting: None, failed: false }
    }

    /// Until told to stop.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut news = self.store.news();
        loop {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                _ = tokio::time::timeout(LOOK_EVERY, news.changed()) => {}
            }
            if !is_under_way(&self.status.borrow()) {
                self.look().await;
            }
        }
    }

    /// Once. What fails is told once, and tried again by the next look.
    pub(crate) async fn look(&mut self) {
        match self.evaluate().await {
            Ok(()) => self.failed = false,
            Err(error) => {
                self.held = None;
                if !std::mem::replace(&mut self.failed, true) {
                    tracing::warn!("alerts could not be evaluated, and will be tried again: {error:#}");
                }
            }
        }
    }

    async fn evaluate(&mut self) -> anyhow::Result<()> {
        let begun = Instant::now();
        let Some(snapshot) = self.store.snapshot().await? else { return Ok(()) };
        let mark = snapshot.mark().clone();
        let unchanged = |held: &Held| held.version == mark.registry && held.tail.back() == Some(&mark.tip);
        if self.held.as_ref().is_some_and(unchanged) && !self.seen.has_news(mark.tip.height) {
            return Ok(());
        }
        let waits =
            |it: Option<(BlockId, u64)>| it.is_some_and(|(tip, until)| tip == mark.tip && unix_now_ms() < until);
        if waits(self.waiting) {
            return Ok(());
        }
        let evaluated = self.store.evaluated().await?;
        let (fork, open) = tokio::try_join!(fork(&snapshot, evaluated), self.open())?;
        // what goes on from the block that was evaluated last is on its way nowhere
        let left_behind = evaluated.filter(|evaluated| fork.is_some_and(|fork| fork < evaluated.height));
        self.waiting = on_its_way(&snapshot, left_behind).await?.map(|until| (mark.tip, until));
        if waits(self.waiting) {
            return Ok(());
        }
        let mut held = self.rewound(&snapshot, &open).await?;
        let (mut steps, raised) = held.forward(&snapshot).await?;
        steps.retain(|step| fork.is_none_or(|fork| step.height > fork));
        let holds = self.seen.holds(&snapshot, held.columns.registry(), fork, evaluated).await?;
        self.tell_of(holds.not_evaluated.clone());
        steps.extend(held.observe(holds, &mark));
        steps.sort_by_key(|step| step.height);
        let hashes = hashes(&snapshot, steps.iter().chain(&raised)).await?;
        let left = left(&self.store, &snapshot, fork, evaluated).await?;
        let first = evaluated.is_none();
        let (tip, time, now) = (mark.tip, mark.median_time, unix_now_ms());
        let registry = mark.registry.clone();
        let rules = &self.rules;
        let it = Evaluation { rules, tip, time, registry, now, first, open, left, steps, raised, hashes };
        let said = saying(it);
        if !(said.new.is_empty() && said.moved.is_empty() && evaluated == Some(tip)) {
            self.store.say(&said.new, &said.moved, tip).await?;
        }
        for notice in said.new.iter().filter(|notice| !notice.historic) {
            tracing::info!("alert {} at block {}: {}", notice.change.name(), notice.block, words::headline(notice));
        }
        self.seen.told();
        self.held = Some(held);
        let milliseconds = begun.elapsed().as_secs_f64() * 1e3;
        tracing::debug!(height = tip.height, milliseconds, "the rules are evaluated");
        Ok(())
    }

    /// Rules that cannot be evaluated: told where that has changed, and logged where it begins and ends.
    fn tell_of(&self, not_evaluated: Vec<NotEvaluated>) {
        self.status.send_if_modified(|status| {
            let changed = status.not_evaluated != not_evaluated;
            if changed {
                let before = std::mem::replace(&mut status.not_evaluated, not_evaluated);
                let now = &status.not_evaluated;
                let without = |all: &[NotEvaluated], rule: &str| all.iter().all(|it| it.rule != rule);
                for it in now.iter().filter(|it| without(&before, it.rule)) {
                    tracing::warn!("alerts.{} is not evaluated: {}", it.rule, it.reason);
                }
                for it in before.iter().filter(|it| without(now, it.rule)) {
                    tracing::info!("alerts.{} is evaluated again", it.rule);
                }
            }
            changed
        });
    }

    /// What was said last of each alert that is open.
    async fn open(&self) -> anyhow::Result<Vec<Notice>> {
        let open = self.store.notices_open(u32::MAX).await?;
        Ok(open.into_iter().filter_map(|mut alert| Some(alert.pop()?.notice)).collect())
    }

    /// What is held, without the blocks that have left the chain; from the beginning where nothing is, or too many have left.
    async fn rewound(&mut self, snapshot: &Snapshot, open: &[Notice]) -> anyhow::Result<Held> {
        let version = snapshot.registry().clone();
        if let Some(mut held) = self.held.take().filter(|held| held.version == version) {
            let from = held.columns.from();
            let blocks = shared(snapshot, &held.tail).await?.map_or(0, |block| (block.height - from) as usize + 1);
            if blocks > 0 && held.fold.rewind(blocks) {
                held.columns.truncate(blocks);
                held.tail.retain(|block| ((block.height - from) as usize) < blocks);
                return Ok(held);
            }
        }
        self.seen.resume(open);
        let registry = self.registry_of(&version).await?;
        let mut observed = Observed::new(&self.rules);
        for (last, rule) in open.iter().filter_map(|last| Some((last, Rule::from_key(&last.rule)?))) {
            if !rule.replayed() {
                observed.resume(rule, &last.subject, last.level, last.block.height);
            }
        }
        let from = snapshot.chain().await?.from();
        let (columns, fold) = (Columns::new(registry, from), Fold::new(&self.rules));
        Ok(Held { version, columns, fold, observed, tail: VecDeque::new() })
    }

    /// The registry that opinions were formed under; where its files are gone, names are of today.
    async fn registry_of(&self, version: &RegistryVersion) -> anyhow::Result<Arc<Registry>> {
        if self.registry.version() == version {
            return Ok(Arc::clone(&self.registry));
        }
        let files = self.store.registry_files(version).await?.unwrap_or_default();
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let kept = Registry::from_files(&files).ok().filter(|kept| kept.version() == version);
        Ok(kept.map_or_else(|| Arc::clone(&self.registry), Arc::new))
    }
}

/// Whether blocks come in whole chunks, which are looked at when they are there. One that is refused lets nothing come, and is news.
fn is_under_way(status: &Status) -> bool {
    matches!(status.sync, Sync::CatchingUp { .. }) && status.refusal.is_none()
}

impl Held {
    /// What changes by what was seen: with each block what is odd about it, and at the tip all else.
    fn observe(&mut self, holds: Holds, mark: &Mark) -> Vec<Step> {
        let known = |rule: &Rule| holds.not_evaluated.iter().all(|it| it.rule != rule.key());
        let observed = Rule::ALL.into_iter().filter(|rule| !rule.replayed() && known(rule));
        let (of_blocks, others): (Vec<Rule>, Vec<Rule>) = observed.partition(|rule| *rule == Rule::ForeignAddress);
        let mut steps = Vec::new();
        for (height, time, conditions) in holds.of_blocks {
            steps.extend(self.observed.at(&of_blocks, height, time, conditions));
        }
        steps.extend(self.observed.at(&others, mark.tip.height, mark.median_time, holds.now));
        steps
    }

    /// Folds the blocks that came, and gives what they change and what is raised then.
    async fn forward(&mut self, snapshot: &Snapshot) -> anyhow::Result<(Vec<Step>, Vec<Step>)> {
        let (chain, miners) = tokio::try_join!(snapshot.chain(), snapshot.miners())?;
        let found = tokio::task::block_in_place(|| -> anyhow::Result<_> {
            append(&mut self.columns, &chain, &miners)?;
            let (scene, mut steps) = (scene(&self.columns, &chain), Vec::new());
            while self.fold.blocks() < scene.blocks() {
                steps.extend(self.fold.push(&scene));
            }
            Ok((steps, self.fold.open(&scene)))
        })?;
        // who holds on to the store's columns has them copied with the next block
        drop((chain, miners));
        self.tail = tail(snapshot).await?;
        Ok(found)
    }
}

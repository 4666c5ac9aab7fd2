//! The task that follows the chain: whenever the store has a new mark, the blocks that it brought are folded, and what they change
//! is said.
//!
//! It reads what is committed and writes notices, and holds up nobody: where the store fails it is tried again with the next mark.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use hashwatch_alerts::{Fold, Observed, Rule, Rules, Step, words};
use hashwatch_model::{BlockId, Market, NotEvaluated, Notice, RegistryVersion, Status, Sync};
use hashwatch_registry::{Dossier, Registry};
use hashwatch_store::{ChainColumns, Mark, MinerColumn, NoticesMark, Store, StoreError};
use tokio::sync::watch;

use super::{
    branch::{fork, hashes, left, on_its_way, tail},
    columns::Columns,
    said::{Evaluation, Saying, saying},
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
    spoken: Option<Spoken>,
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
    tail: Vec<BlockId>,
}

/// What was said so far.
#[derive(Clone)]
struct Spoken {
    mark: NoticesMark,
    /// The block up to which everything was evaluated.
    evaluated: Option<BlockId>,
    /// The last notice of each alert that is open.
    open: Vec<Notice>,
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
        Watcher { store, rules, registry, status, held: None, spoken: None, seen, waiting: None, failed: false }
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
        let unchanged = |held: &Held| held.version == mark.registry && held.tail.last() == Some(&mark.tip);
        if self.held.as_ref().is_some_and(unchanged) && !self.seen.has_news(mark.tip.height) {
            return Ok(());
        }
        let waits =
            |it: Option<(BlockId, u64)>| it.is_some_and(|(tip, until)| tip == mark.tip && unix_now_ms() < until);
        if waits(self.waiting) {
            return Ok(());
        }
        let (chain, miners, spoken) = tokio::try_join!(snapshot.chain(), snapshot.miners(), self.spoken())?;
        let evaluated = spoken.evaluated;
        let fork = fork(&snapshot, &chain, evaluated).await?;
        // what goes on from the block that was evaluated last is on its way nowhere
        let left_behind = evaluated.filter(|evaluated| fork.is_some_and(|fork| fork < evaluated.height));
        self.waiting = on_its_way(&snapshot, left_behind).await?.map(|until| (mark.tip, until));
        if waits(self.waiting) {
            return Ok(());
        }
        let mut held = self.rewound(mark.registry.clone(), &chain, &spoken.open).await?;
        let (mut steps, raised) = tokio::task::block_in_place(|| held.forward(&chain, &miners))?;
        steps.retain(|step| fork.is_none_or(|fork| step.height > fork));
        let holds = self.seen.holds(&snapshot, held.columns.registry(), fork, evaluated).await?;
        self.tell_of(holds.not_evaluated.clone());
        steps.extend(held.observe(holds, &mark));
        steps.sort_by_key(|step| step.height);
        let hashes = hashes(&chain, steps.iter().chain(&raised));
        let left = left(&self.store, &chain, fork, evaluated).await?;
        // who holds on to the store's columns has them copied with the next block
        drop((chain, miners));
        let first = evaluated.is_none();
        let (tip, time, now) = (mark.tip, mark.median_time, unix_now_ms());
        let registry = mark.registry.clone();
        let (rules, open) = (&self.rules, spoken.open.clone());
        let it = Evaluation { rules, tip, time, registry, now, first, open, left, steps, raised, hashes };
        let said = saying(it);
        self.say(&said, spoken, tip).await?;
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

    /// What was said so far: asked for anew where that has changed.
    async fn spoken(&self) -> Result<Spoken, StoreError> {
        let mark = self.store.notices_mark().await?;
        if let Some(spoken) = self.spoken.as_ref().filter(|spoken| spoken.mark == mark) {
            return Ok(spoken.clone());
        }
        let (evaluated, open) = tokio::try_join!(self.store.evaluated(), self.store.notices_open(u32::MAX))?;
        let open = open.into_iter().filter_map(|mut alert| Some(alert.pop()?.notice)).collect();
        Ok(Spoken { mark, evaluated, open })
    }

    /// Says what came of an evaluation as of the tip, upon what was said before.
    async fn say(&mut self, said: &Saying, mut spoken: Spoken, tip: BlockId) -> Result<(), StoreError> {
        let silent = said.new.is_empty() && said.moved.is_empty();
        if !silent || spoken.evaluated != Some(tip) {
            spoken.mark = self.store.say(&said.new, &said.moved, tip).await?;
            spoken.evaluated = Some(tip);
        }
        self.spoken = silent.then_some(spoken);
        for notice in said.new.iter().filter(|notice| !notice.historic) {
            tracing::info!("alert {} at block {}: {}", notice.change.name(), notice.block, words::headline(notice));
        }
        Ok(())
    }

    /// What is held, without the blocks that have left the chain; from the beginning where nothing is, or too many have left.
    async fn rewound(
        &mut self,
        version: RegistryVersion,
        chain: &ChainColumns,
        open: &[Notice],
    ) -> anyhow::Result<Held> {
        if let Some(mut held) = self.held.take().filter(|held| held.version == version) {
            let from = held.columns.from();
            let shared = held.tail.iter().rposition(|block| chain.holds(*block));
            let blocks = shared.map_or(0, |place| (held.tail[place].height - from) as usize + 1);
            if blocks > 0 && held.fold.rewind(blocks) {
                held.columns.truncate(blocks);
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
        let (columns, fold) = (Columns::new(registry, chain.from()), Fold::new(&self.rules));
        Ok(Held { version, columns, fold, observed, tail: Vec::new() })
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
    fn forward(&mut self, chain: &ChainColumns, miners: &MinerColumn) -> anyhow::Result<(Vec<Step>, Vec<Step>)> {
        append(&mut self.columns, chain, miners)?;
        self.tail = tail(chain);
        let (scene, mut steps) = (scene(&self.columns, chain), Vec::new());
        while self.fold.blocks() < scene.blocks() {
            steps.extend(self.fold.push(&scene));
        }
        Ok((steps, self.fold.open(&scene)))
    }
}

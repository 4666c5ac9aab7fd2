//! Blocks in a row that a pool's share before them makes unlikely.

use hashwatch_metrics::credible_interval;
use hashwatch_model::Measure;

use super::{Finding, Key};
use crate::{
    level::{Found, Levels},
    marks::level,
    rule::Rule,
    rules::{Rules, Setting},
    scene::{By, Scene},
    step::{estimate, known},
};

/// Blocks of a year at one in ten minutes.
const BLOCKS_PER_YEAR: f64 = 52_560.0;

#[derive(Clone, Debug)]
pub(super) struct Streaks {
    set: Setting,
    run: Option<Run>,
}

/// The run that the last block belongs to.
#[derive(Clone, Copy, Debug)]
struct Run {
    entity: u16,
    start: usize,
    length: usize,
    before: Option<Before>,
}

/// What the blocks before a run say of it.
#[derive(Clone, Copy, Debug)]
struct Before {
    hits: u64,
    /// The chance that the blocks of a run are all the pool's: the mean of p^L over the posterior of its share p.
    chance: f64,
    length: usize,
}

impl Streaks {
    pub(super) fn new(rules: &Rules) -> Option<Streaks> {
        let set = rules.of(Rule::Streak);
        set.enabled.then(|| Streaks { set: set.clone(), run: None })
    }

    /// Blocks were taken back.
    pub(super) fn clear(&mut self) {
        self.run = None;
    }

    pub(super) fn find(&mut self, scene: &Scene, place: usize, levels: &Levels<Key>, findings: &mut Vec<Finding>) {
        let run = self.moved(scene.pools.ids, place);
        self.run = Some(run);
        let key = |id: u16| (Rule::Streak, By::Pool, id);
        let firm = run.before.map_or(0, |before| {
            let expected = self.expected(before);
            level(self.set.levels.iter().filter(|mark| expected < **mark).count())
        });
        let now = Found { firm, held: firm };
        let known = levels.between(key(1), key(u16::MAX)).map(|((_, _, id), _)| id).filter(|id| *id != run.entity);
        findings.extend(known.map(|id| (key(id), Found::NOTHING)));
        if run.entity > 0 {
            findings.push((key(run.entity), now));
        }
    }

    /// The run that ends with a block.
    fn moved(&self, ids: &[u16], place: usize) -> Run {
        let id = |place: usize| ids.get(place).copied().unwrap_or_default();
        let entity = id(place);
        let same = |run: &Run| run.entity == entity && run.start + run.length == place;
        let mut run = match self.run {
            Some(run) if same(&run) => Run { length: run.length + 1, ..run },
            Some(run) if run.start + run.length == place => Run { entity, start: place, length: 1, before: None },
            _ => {
                let below = (0..place).rev().take_while(|place| id(*place) == entity).count();
                Run { entity, start: place - below, length: below + 1, before: None }
            }
        };
        if entity > 0 && run.length >= (self.set.least as usize).max(1) {
            run.before = run.before.or_else(|| self.before(ids, &run)).map(|before| self.longer(before, run.length));
        }
        run
    }

    /// The blocks before a run; none where they are fewer than asked for.
    fn before(&self, ids: &[u16], run: &Run) -> Option<Before> {
        let from = run.start.checked_sub(self.set.before as usize)?;
        let hits = ids[from..run.start].iter().filter(|id| **id == run.entity).count();
        Some(Before { hits: hits as u64, chance: 1.0, length: 0 })
    }

    /// The parameters of the posterior of a share, upon Jeffreys' prior.
    fn posterior(&self, before: Before) -> (f64, f64) {
        #[allow(clippy::cast_precision_loss, reason = "no window has 2^53 blocks")]
        let hits = before.hits as f64;
        (hits + 0.5, f64::from(self.set.before) - hits + 0.5)
    }

    /// The chance of a run of that length: each further block is the pool's with the mean of its share after those.
    fn longer(&self, before: Before, length: usize) -> Before {
        let (a, b) = self.posterior(before);
        #[allow(clippy::cast_precision_loss, reason = "no run has 2^53 blocks")]
        let further = (before.length..length).map(|block| (a + block as f64) / (a + b + block as f64));
        Before { chance: before.chance * further.product::<f64>(), length, ..before }
    }

    /// Runs of at least that length in a year: 52,560 times the mean of (1-p) p^L over the posterior.
    #[allow(clippy::cast_precision_loss, reason = "no run has 2^53 blocks")]
    fn expected(&self, before: Before) -> f64 {
        let (a, b) = self.posterior(before);
        BLOCKS_PER_YEAR * before.chance * b / (a + b + before.length as f64)
    }

    pub(super) fn measures(&self, (_, _, id): Key) -> Option<Vec<Measure>> {
        let run = self.run.filter(|run| run.entity == id)?;
        let before = run.before?;
        let share = credible_interval(before.hits, u64::from(self.set.before), 0.95)?;
        #[allow(clippy::cast_precision_loss, reason = "no run has 2^53 blocks")]
        Some(vec![
            known("run", "blocks", run.length as f64),
            known("expected_per_year", "", self.expected(before)),
            estimate("share_before", "share", share.value, Some((share.low, share.high))),
            known("window", "blocks", f64::from(self.set.before)),
        ])
    }
}

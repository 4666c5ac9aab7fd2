//! Whose share of the hashrate is above a threshold, with the probability that the posterior of the window's blocks gives.
//!
//! Unknown's blocks count as somebody else's: what is said holds whoever they are.

use hashwatch_metrics::{credible_above, credible_interval};
use hashwatch_model::Measure;

use super::{
    Finding, Key,
    windows::{Handle, Window, Windows},
};
use crate::{
    level::Levels,
    marks::Hits,
    rule::Rule,
    rules::Rules,
    scene::{By, Scene},
    step::{estimate, known},
};

#[derive(Clone, Debug)]
pub(super) struct Shares {
    hits: Hits,
    windows: [(By, Handle); 3],
}

impl Shares {
    pub(super) fn new(rules: &Rules, windows: &mut Windows) -> Option<Shares> {
        let set = rules.of(Rule::Share);
        let windows = By::ALL.map(|by| (by, windows.make(Window::last(by, set.window))));
        set.enabled.then(|| Shares { hits: Hits::of(set), windows })
    }

    /// Whoever found the last block may have reached a level; whoever has one, or had one lately, may have left it.
    pub(super) fn find(
        &self,
        scene: &Scene,
        place: usize,
        windows: &Windows,
        levels: &Levels<Key>,
        findings: &mut Vec<Finding>,
    ) {
        for (by, handle) in self.windows {
            let Some(window) = windows.of(handle) else { continue };
            let scope = scene.scope(by);
            // in a reading of groups and owners, pools are told of as pools
            let told = |id: &u16| scope.who.get(usize::from(*id)).is_some_and(|who| who.kind == by.kind());
            let key = |id: u16| (Rule::Share, by, id);
            let mut find = |id: u16| findings.push((key(id), self.hits.found(window.blocks(id))));
            let known: Vec<u16> = levels.between(key(1), key(u16::MAX)).map(|((_, _, id), _)| id).collect();
            known.iter().copied().for_each(&mut find);
            let all = 1..u16::try_from(scope.who.len()).unwrap_or(u16::MAX);
            let last = scope.ids.get(place).copied().unwrap_or_default();
            let others = if windows.anew(handle) { all } else { last..last.saturating_add(1) };
            others.filter(|id| *id > 0 && told(id) && !known.contains(id)).for_each(&mut find);
        }
    }

    pub(super) fn measures(&self, windows: &Windows, (_, by, id): Key, threshold: f64) -> Option<Vec<Measure>> {
        let (_, handle) = self.windows.iter().find(|(one, _)| *one == by)?;
        let window = windows.of(*handle)?;
        Some(share_measures("share", window.blocks(id), window.total(), threshold))
    }
}

/// A share with its credible interval, the probability that it is above a threshold, and what they are of.
#[allow(clippy::cast_precision_loss, reason = "no window has 2^53 blocks")]
pub(super) fn share_measures(name: &str, hits: u64, trials: u64, threshold: f64) -> Vec<Measure> {
    let mut measures = Vec::new();
    if let Some(found) = credible_interval(hits, trials, 0.95) {
        measures.push(estimate(name, "share", found.value, Some((found.low, found.high))));
    }
    measures.extend(credible_above(hits, trials, threshold).map(|found| known("posterior", "probability", found)));
    measures.push(known("found", "blocks", hits as f64));
    measures.push(known("window", "blocks", trials as f64));
    measures
}

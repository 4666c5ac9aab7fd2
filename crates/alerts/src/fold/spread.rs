//! How the blocks of groups are spread: few that hold more than half, the HHI, and its rise from one window to the next.
//!
//! Unknown's blocks count against a warning: for half as somebody else's, for the HHI as each somebody's of its own.

use hashwatch_metrics::{Index, Rolling, interval_cheap};
use hashwatch_model::Measure;

use super::{
    Finding, Key, network,
    share::share_measures,
    windows::{Handle, Window, Windows},
};
use crate::{
    level::{Found, Levels},
    marks::{least_hits, level},
    rule::Rule,
    rules::{Rules, Setting},
    scene::By,
    step::{estimate, known},
};

#[derive(Clone, Debug)]
pub(super) struct Spread {
    half: Option<Half>,
    height: Option<(Setting, Handle)>,
    rise: Option<(Setting, Handle, Handle)>,
}

/// Least blocks of the few largest together, to reach and to keep that they hold more than half.
#[derive(Clone, Debug)]
struct Half {
    few: Vec<usize>,
    firm: u64,
    held: u64,
    window: Handle,
}

impl Spread {
    pub(super) fn new(rules: &Rules, windows: &mut Windows) -> Spread {
        let on = |rule: Rule| Some(rules.of(rule)).filter(|set| set.enabled);
        let half = on(Rule::Nakamoto).map(|set| {
            let least = |p: f64| least_hits(u64::from(set.window), 0.5, p);
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 100, as is checked")]
            let few = set.levels.iter().map(|few| *few as usize).collect();
            let window = windows.make(Window::last(By::Group, set.window));
            Half { few, firm: least(set.confidence), held: least(set.keep), window }
        });
        let height = on(Rule::Hhi).map(|set| (set.clone(), windows.make(Window::last(By::Group, set.window))));
        let rise = on(Rule::HhiRise).map(|set| {
            let now = Window::last(By::Group, set.window);
            let before = Window { before: now.blocks, ..now };
            (set.clone(), windows.make(before), windows.make(now))
        });
        Spread { half, height, rise }
    }

    pub(super) fn find(&self, windows: &Windows, levels: &Levels<Key>, findings: &mut Vec<Finding>) {
        let idle = |rule: Rule| levels.between(network(rule), network(rule)).next().is_none();
        if let Some((half, window)) = self.half.as_ref().and_then(|half| Some((half, windows.of(half.window)?))) {
            findings.push((network(Rule::Nakamoto), half.find(window)));
        }
        if let Some((set, window)) = self.height.as_ref().and_then(|(set, now)| Some((set, windows.of(*now)?))) {
            findings.push((network(Rule::Hhi), found(set, idle(Rule::Hhi), |p| least_hhi(window, p))));
        }
        let rise = self.rise.as_ref();
        if let Some((set, before, now)) =
            rise.and_then(|(set, before, now)| Some((set, windows.of(*before)?, windows.of(*now)?)))
        {
            findings.push((network(Rule::HhiRise), found(set, idle(Rule::HhiRise), |p| least_rise(before, now, p))));
        }
    }

    pub(super) fn measures(&self, windows: &Windows, rule: Rule, threshold: f64) -> Option<Vec<Measure>> {
        match rule {
            Rule::Nakamoto => {
                let window = windows.of(self.half.as_ref()?.window)?;
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 100, as is checked")]
                Some(share_measures("held", window.largest(threshold as usize), window.total(), 0.5))
            }
            Rule::Hhi => hhi_measures(windows.of(self.height.as_ref()?.1)?),
            _ => {
                let (_, before, now) = self.rise.as_ref()?;
                rise_measures(windows.of(*before)?, windows.of(*now)?)
            }
        }
    }
}

impl Half {
    fn find(&self, window: &Rolling) -> Found {
        let passed = |least: u64| level(self.few.iter().filter(|few| window.largest(**few) >= least).count());
        Found { firm: passed(self.firm), held: passed(self.held) }
    }
}

/// Levels of what lies above a mark with confidence if its lower bound does. The bound at a half lies above all that are firmer, so
/// that there is nothing to look for where it is below the first mark.
fn found(set: &Setting, idle: bool, bound: impl Fn(f64) -> Option<f64>) -> Found {
    let passed = |p: f64| {
        let bound = bound(p).unwrap_or_default();
        level(set.levels.iter().filter(|mark| bound > **mark).count())
    };
    let middle = passed(0.5);
    if idle && middle == 0 {
        return Found::NOTHING;
    }
    let held = if (set.keep - 0.5).abs() < f64::EPSILON { middle } else { passed(set.keep) };
    Found { firm: passed(set.confidence), held }
}

/// The part of the blocks that is attributed.
#[allow(clippy::cast_precision_loss, reason = "no window has 2^53 blocks")]
fn attributed(window: &Rolling) -> f64 {
    let total = window.total() as f64;
    (total - window.blocks(0) as f64) / total
}

/// The unbiased HHI of the attributed blocks and the bound above which the true one lies with a probability of `p`.
fn bounded(window: &Rolling, p: f64) -> Option<(f64, f64)> {
    let value = window.value(Index::HhiUnbiased)?;
    // one side of the interval that has as much on the other
    let bound = match p {
        p if p > 0.5 => window.interval(Index::HhiUnbiased, 2.0 * p - 1.0)?.0,
        p if p < 0.5 => window.interval(Index::HhiUnbiased, 1.0 - 2.0 * p)?.1,
        _ => value,
    };
    Some((value, bound))
}

/// The same bound with each of Unknown's blocks somebody's of its own.
fn least_hhi(window: &Rolling, p: f64) -> Option<f64> {
    Some(bounded(window, p)?.1 * attributed(window).powi(2))
}

/// The bound above which the rise lies, by the bounds of both windows (MOVER).
///
/// In the later window Unknown's blocks are somebody's of their own each, so that no block which becomes known makes a rise.
///
/// Source: G. Y. Zou, A. Donner, «Construction of confidence limits about effect measures», Statistics in Medicine 27 (2008).
fn least_rise(before: &Rolling, now: &Rolling, p: f64) -> Option<f64> {
    let ((was, high), (is, low)) = (bounded(before, 1.0 - p)?, bounded(now, p)?);
    let known = attributed(now).powi(2);
    let away = ((is - low) * known).hypot(high - was);
    Some(is * known - was - if p < 0.5 { -away } else { away })
}

#[allow(clippy::cast_precision_loss, reason = "no window has 2^53 blocks")]
fn hhi_measures(window: &Rolling) -> Option<Vec<Measure>> {
    let (low, high) = interval_cheap(Index::Hhi, &window.tally(), 0.95)?;
    let (value, known_part) = (window.value(Index::Hhi)?, attributed(window));
    let square = known_part.powi(2);
    Some(vec![
        estimate("hhi", "points", value * square, Some((low * square, high * square))),
        known("unknown", "share", 1.0 - known_part),
        known("window", "blocks", window.total() as f64),
    ])
}

#[allow(clippy::cast_precision_loss, reason = "no window has 2^53 blocks")]
fn rise_measures(before: &Rolling, now: &Rolling) -> Option<Vec<Measure>> {
    let rise = |p: f64| least_rise(before, now, p);
    let (was, is) = (before.value(Index::HhiUnbiased)?, now.value(Index::HhiUnbiased)?);
    Some(vec![
        estimate("rise", "points", rise(0.5)?, Some((rise(0.975)?, rise(0.025)?))),
        known("hhi", "points", is * attributed(now).powi(2)),
        known("hhi_before", "points", was),
        known("window", "blocks", now.total() as f64),
    ])
}

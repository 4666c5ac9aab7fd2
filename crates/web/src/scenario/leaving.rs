//! Who leaves, when and with how much: each miner once, whatever of it was chosen, and never with more than it discloses.

use std::collections::BTreeMap;

use hashwatch_economics::Range;
use hashwatch_registry::{Announcement, CARRIED_DAYS, Disclosure, Dossier, Miner, Registry};
use jiff::civil::Date;

use super::{
    amounts::{Efficiency, Rule, amount, efficiency, sum},
    ask::{Days, Wanted},
    offers::{Offer, check, choices, offer},
};
use crate::error::WebError;

/// The last that a miner has said of its hashrate.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) disclosure: Disclosure,
    pub(super) age_days: u32,
}

impl Said {
    /// However old it is; what is meant for the time after the day does not count.
    pub(super) fn on(miner: &Miner, day: Date) -> Option<Said> {
        let disclosure = miner.last_disclosure_on(day)?.clone();
        let age = (day - disclosure.period.last().min(day)).get_days();
        Some(Said { disclosure, age_days: u32::try_from(age).unwrap_or(u32::MAX) })
    }

    pub(super) fn exahashes_per_second(&self) -> f64 {
        self.disclosure.hashes_per_second / 1e18
    }

    /// Whether it is too old to say that the miner still mines.
    pub(super) fn silent(&self) -> bool {
        self.age_days > CARRIED_DAYS
    }
}

/// Announcements on one matter, and what they end.
#[derive(Clone, Debug)]
pub(super) struct Reason {
    /// Their slugs; none for a part of what is disclosed.
    pub(super) announcements: Vec<String>,
    pub(super) rule: Rule,
    /// EH/s.
    pub(super) amount: Range,
    /// What that was taken from, where it was.
    pub(super) megawatts: Option<Range>,
}

/// A part of a miner's hashrate that leaves on a day.
#[derive(Clone, Debug)]
pub(super) struct Leaver {
    pub(super) miner: String,
    pub(super) name: String,
    /// Why; each with what it would take by itself.
    pub(super) reasons: Vec<Reason>,
    /// EH/s of all of them, and no more than the miner has.
    pub(super) amount: Range,
    pub(super) efficiency: Option<Efficiency>,
    pub(super) said: Said,
    pub(super) date: Date,
    /// Whether the date is an announcement's, and not the one that was asked for.
    pub(super) dated: bool,
    /// Slug of the pool that it mines with, where one is known, and where that can be read.
    pub(super) pool: Option<(String, hashwatch_registry::Source)>,
}

/// Something that was asked for and takes nothing off the network.
#[derive(Clone, Debug)]
pub(super) struct Left {
    pub(super) miner: String,
    pub(super) name: String,
    pub(super) announcements: Vec<String>,
    pub(super) why: &'static str,
}

/// All who leave.
#[derive(Clone, Debug, Default)]
pub(super) struct Leaving {
    pub(super) leavers: Vec<Leaver>,
    pub(super) nothing: Vec<Left>,
    /// Miners that announced a pivot, by the day.
    pub(super) pivoted: usize,
    /// What all listed miners disclose, EH/s.
    pub(super) disclosed: f64,
    /// By miner, the oldest first.
    pub(super) offers: Vec<Offer>,
}

pub(super) const NO_HASHRATE: &str = "it discloses no hashrate";
pub(super) const GONE: &str = "its date lies before the start: that hashrate has left already";
pub(super) const LATER: &str = "its date lies after the end of the scenario";

/// A miner's part of the question.
struct Part<'a> {
    miner: &'a Miner,
    said: Said,
    /// EH/s that have not been taken yet, by case.
    left: Range,
    efficiency: Option<Efficiency>,
    pool: Option<(String, hashwatch_registry::Source)>,
}

pub(super) fn leaving(
    dossier: &Dossier,
    who: &Registry,
    (day, days): (Date, Days),
    wanted: &Wanted,
) -> Result<Leaving, WebError> {
    let able = choices(dossier, who, day);
    for slug in &wanted.slugs {
        check(dossier, slug, day)?;
    }
    let mut by_miner: BTreeMap<&str, Vec<&Announcement>> = BTreeMap::new();
    for it in &able {
        by_miner.entry(&it.miner).or_default().push(it);
    }
    let mut found = Leaving { pivoted: by_miner.len(), ..Leaving::default() };
    for miner in who.miners() {
        let all = by_miner.get(miner.slug.as_str()).map_or(&[][..], Vec::as_slice);
        let chosen: Vec<&Announcement> = all.iter().copied().filter(|it| wanted.slugs.contains(&it.slug)).collect();
        let whole = wanted.all && !all.is_empty();
        let said = Said::on(miner, day);
        let joules = efficiency(dossier, &miner.slug, day, wanted.joules);
        found
            .offers
            .extend(all.iter().map(|it| offer((it, all), miner, (said.as_ref(), joules.as_ref()), (days, wanted))));
        let Some(said) = said else {
            if whole || !chosen.is_empty() {
                found.nothing.push(left(miner, if whole { all } else { &chosen }, NO_HASHRATE));
            }
            continue;
        };
        found.disclosed += said.exahashes_per_second();
        let mut part = Part {
            miner,
            left: Range::exactly(said.exahashes_per_second()),
            efficiency: joules,
            pool: one_pool(miner, day),
            said,
        };
        if whole {
            part.stop(all, days, &mut found);
        } else {
            part.carry_out((&chosen, all), days, &mut found);
        }
        if !whole && chosen.is_empty() {
            part.share(wanted.listed_share, days, &mut found);
        }
    }
    Ok(found)
}

/// The pool that a miner is said to mine with on a day, where it is one.
fn one_pool(miner: &Miner, day: Date) -> Option<(String, hashwatch_registry::Source)> {
    let mut pools = miner.pools_on(day);
    match (pools.next(), pools.next()) {
        (Some(with), None) => Some((with.pool.clone(), with.source.clone())),
        _ => None,
    }
}

fn slugs(all: &[&Announcement]) -> Vec<String> {
    all.iter().map(|it| it.slug.clone()).collect()
}

fn left(miner: &Miner, announcements: &[&Announcement], why: &'static str) -> Left {
    Left { miner: miner.slug.clone(), name: miner.name.clone(), announcements: slugs(announcements), why }
}

/// The last day that announcements state for their end of mining.
pub(super) fn stated(matter: &[&Announcement]) -> Option<Date> {
    matter.iter().filter_map(|it| it.mining.as_ref()?.by.map(hashwatch_registry::When::last)).max()
}

/// Announcements by matter, each matter's the oldest first.
fn matters<'a>(chosen: &[&'a Announcement]) -> Vec<Vec<&'a Announcement>> {
    let mut found: BTreeMap<&str, Vec<&Announcement>> = BTreeMap::new();
    for it in chosen {
        found.entry(it.matter()).or_default().push(it);
    }
    found.into_values().collect()
}

impl Part<'_> {
    /// The company stops altogether: on the day by which it has said so, else on the day asked for.
    fn stop(&mut self, all: &[&Announcement], days: Days, found: &mut Leaving) {
        let ended = matters(all).into_iter().filter(|matter| stated(matter).is_none_or(|day| day >= days.start));
        let said = ended.map(|matter| self.ends(&matter, all).1.low).fold(0.0, |sum, low| sum + low);
        let company: Vec<&Announcement> = all.iter().copied().filter(|it| is_company(it)).collect();
        let date = stated(&company).filter(|day| *day >= days.start);
        let amount = Range { low: said.min(self.left.low), ..self.left };
        let reason = Reason { announcements: slugs(all), rule: Rule::Whole, amount, megawatts: None };
        self.leave(vec![reason], amount, (date.unwrap_or(days.by), date.is_some()), days, found);
    }

    /// What was chosen is carried out: matters that end on one day are one departure.
    fn carry_out(&mut self, (chosen, all): (&[&Announcement], &[&Announcement]), days: Days, found: &mut Leaving) {
        let mut by_date: BTreeMap<(Date, bool), Vec<Reason>> = BTreeMap::new();
        for matter in matters(chosen) {
            let date = stated(&matter);
            if date.is_some_and(|day| day < days.start) {
                found.nothing.push(left(self.miner, &matter, GONE));
                continue;
            }
            let (rule, amount, megawatts) = self.ends(&matter, all);
            let reason = Reason { announcements: slugs(&matter), rule, amount, megawatts };
            by_date.entry((date.unwrap_or(days.by), date.is_some())).or_default().push(reason);
        }
        for (date, reasons) in by_date {
            let amount = reasons.iter().map(|it| it.amount).fold(Range::exactly(0.0), sum);
            self.leave(reasons, amount, date, days, found);
        }
    }

    /// A part of what it discloses, where nothing else of it was chosen.
    fn share(&mut self, share: f64, days: Days, found: &mut Leaving) {
        if share > 0.0 {
            let rate = self.left.central * share;
            let amount = Range { low: if self.said.silent() { 0.0 } else { rate }, ..Range::exactly(rate) };
            let reason = Reason { announcements: Vec::new(), rule: Rule::ListedShare, amount, megawatts: None };
            self.leave(vec![reason], amount, (days.by, false), days, found);
        }
    }

    fn ends(&self, matter: &[&Announcement], all: &[&Announcement]) -> (Rule, Range, Option<Range>) {
        amount((matter, all), self.said.exahashes_per_second(), self.said.silent(), self.efficiency.as_ref())
    }

    /// So much of it leaves, and no more than it has left.
    fn leave(
        &mut self,
        reasons: Vec<Reason>,
        amount: Range,
        (date, dated): (Date, bool),
        days: Days,
        found: &mut Leaving,
    ) {
        if date > days.until {
            let announcements = reasons.into_iter().flat_map(|it| it.announcements).collect();
            let (miner, name) = (self.miner.slug.clone(), self.miner.name.clone());
            found.nothing.push(Left { miner, name, announcements, why: LATER });
            return;
        }
        // of what one case has taken before another may have more left
        let high = amount.high.min(self.left.high);
        let central = amount.central.min(self.left.central).min(high);
        let amount = Range { low: amount.low.min(self.left.low).min(central), central, high };
        let taken = Range { low: -amount.low, central: -amount.central, high: -amount.high };
        self.left = sum(self.left, taken);
        let by_power = reasons.iter().any(|it| it.megawatts.is_some());
        found.leavers.push(Leaver {
            miner: self.miner.slug.clone(),
            name: self.miner.name.clone(),
            reasons,
            amount,
            efficiency: self.efficiency.clone().filter(|_| by_power),
            said: self.said.clone(),
            date,
            dated,
            pool: self.pool.clone(),
        });
    }
}

fn is_company(it: &Announcement) -> bool {
    it.mining.as_ref().is_some_and(|effect| effect.wound_down == hashwatch_registry::WoundDown::Company)
}

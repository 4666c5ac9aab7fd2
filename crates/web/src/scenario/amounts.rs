//! How many EH/s an announcement takes off the network if it is carried out, and by which rule: what it says itself; else its
//! megawatts over the efficiency of the miner's machines; else all that the miner discloses. Never more than that.

use hashwatch_economics::Range;
use hashwatch_registry::{
    Announcement, AnnouncementKind, Dossier, Figure, Measure, Report, Scope, Source, When, WoundDown,
};
use jiff::civil::Date;

/// By which rule so much leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rule {
    /// The announcement says how many hashes a second.
    Stated,
    /// The company is to end its mining.
    Company,
    /// Megawatts of what is wound down, by the efficiency of the machines.
    Power,
    /// Megawatts of what is let or planned for AI, by the same. Whether machines that mine stop for it is not told.
    Converted,
    /// How much is not told: at most all.
    NotTold,
    /// The company is asked to stop altogether.
    Whole,
    /// A part of all that is disclosed.
    ListedShare,
}

impl Rule {
    pub(super) const ALL: [Rule; 7] =
        [Rule::Stated, Rule::Company, Rule::Power, Rule::Converted, Rule::NotTold, Rule::Whole, Rule::ListedShare];

    /// The API's word.
    pub(super) fn word(self) -> &'static str {
        match self {
            Rule::Stated => "stated",
            Rule::Company => "company",
            Rule::Power => "power",
            Rule::Converted => "converted",
            Rule::NotTold => "not_told",
            Rule::Whole => "whole",
            Rule::ListedShare => "listed_share",
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Rule::Stated => "the announcement states the hashrate",
            Rule::Company => "the company is to end its mining: all that it discloses",
            Rule::Power => "megawatts of the site by joules per terahash",
            Rule::Converted => {
                "megawatts let or planned by joules per terahash; at the least nothing, since no source says that mining stops for it"
            }
            Rule::NotTold => "how much is not told: from nothing to all that it discloses",
            Rule::Whole => {
                "stops altogether: all that it discloses; at the least what its announcements themselves end"
            }
            Rule::ListedShare => "a part of what it discloses",
        }
    }
}

/// Why an announcement cannot be chosen; none where it can be.
pub(super) fn why_not(it: &Announcement, day: Date) -> Option<&'static str> {
    let effect = it.mining.as_ref().map(|effect| effect.wound_down);
    if it.on.first() > day {
        return Some("it had not been announced");
    }
    if !it.stands_on(day) {
        return Some("it was called off, turned down or passed on");
    }
    match (it.kind, effect) {
        (AnnouncementKind::Sale, _) => Some("what is sold mines on under another owner"),
        (_, Some(WoundDown::Company | WoundDown::Site | WoundDown::Part)) => None,
        (_, Some(WoundDown::Growth)) => Some("it gives up growth, and no machine that runs"),
        (
            AnnouncementKind::Lease | AnnouncementKind::Cloud | AnnouncementKind::Plan | AnnouncementKind::Proposal,
            None,
        ) => None,
        _ => Some("it ends no mining and turns no site over to AI"),
    }
}

/// The efficiency of a miner's machines, and who says so.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Efficiency {
    pub(super) range: Range,
    /// Reports that it is from: its own last one, or the last of each other miner. None where the visitor gave it.
    pub(super) reports: Vec<(String, When, Source)>,
    pub(super) own: bool,
}

/// What was given; else the miner's last report by the day; else, for want of one, the least, the median and the greatest of the other
/// miners' last ones. None where nobody has reported any.
pub(super) fn efficiency(dossier: &Dossier, miner: &str, day: Date, given: Option<Range>) -> Option<Efficiency> {
    if let Some(range) = given {
        return Some(Efficiency { range, reports: Vec::new(), own: false });
    }
    let told = |it: &&Report| it.joules_per_terahash.is_some() && it.period.last() <= day;
    let last = |of: &str| dossier.reports_of(of).filter(told).max_by_key(|it| (it.period.last(), it.period.first()));
    let said = |it: &Report| (it.miner.clone(), it.period, it.source.clone());
    if let Some((report, joules)) = last(miner).and_then(|it| Some((it, it.joules_per_terahash?))) {
        return Some(Efficiency { range: Range::exactly(joules), reports: vec![said(report)], own: true });
    }
    let mut miners: Vec<&str> = dossier.reports().iter().map(|it| it.miner.as_str()).collect();
    miners.dedup();
    let mut others: Vec<(f64, &Report)> =
        miners.into_iter().filter_map(|miner| last(miner).and_then(|it| Some((it.joules_per_terahash?, it)))).collect();
    others.sort_by(|one, other| one.0.total_cmp(&other.0));
    let at = |place: usize| others.get(place).map(|it| it.0);
    let (low, high) = (at(0)?, at(others.len() - 1)?);
    let central = f64::midpoint(at((others.len() - 1) / 2)?, at(others.len() / 2)?);
    let reports = others.iter().map(|(_, it)| said(it)).collect();
    Some(Efficiency { range: Range { low, central, high }, reports, own: false })
}

/// Power that mines no more if announcements on one matter, the oldest first, are carried out: what reaches the tenant's machines;
/// where also the site's power with its cooling is told, up to that. Where the tenant's is not told, whatever megawatts there are.
/// What grid or plant could give is an upper bound alone.
fn megawatts(matter: &[&Announcement]) -> Option<Range> {
    let of = |what| power(matter, what);
    let site = of(Measure::GrossMw).or_else(|| of(Measure::UnspecifiedMw));
    match (of(Measure::CriticalItMw), site, of(Measure::UtilityMw)) {
        (Some(tenant), site, _) => {
            let high = site.map_or(tenant.high, |site| site.high.max(tenant.high));
            Some(Range { high, ..tenant })
        }
        (None, Some(site), _) => Some(site),
        (None, None, Some(grid)) => Some(Range { low: 0.0, central: grid.central, high: grid.high }),
        (None, None, None) => None,
    }
}

/// The same, or that of the others on the matter where these tell none.
pub(super) fn power_of(matter: &[&Announcement], all: &[&Announcement]) -> Option<Range> {
    let same = |it: &&Announcement| matter.first().is_some_and(|first| first.matter() == it.matter());
    megawatts(matter).or_else(|| megawatts(&all.iter().copied().filter(same).collect::<Vec<_>>()))
}

/// All in all: a total takes the place of all before it, new figures are added, pieces count where there is nothing else.
fn power(matter: &[&Announcement], what: Measure) -> Option<Range> {
    let figures = |scope: Scope| {
        move |it: &&Announcement| {
            let range = |figure: &Figure| Range {
                low: figure.amount.low,
                central: figure.amount.value,
                high: figure.amount.high,
            };
            let found: Vec<Range> = it.figures_of(what).filter(|figure| figure.of == scope).map(range).collect();
            found.into_iter().reduce(sum)
        }
    };
    let mut so_far: Option<Range> = None;
    for it in matter {
        if let Some(total) = figures(Scope::Total)(it) {
            so_far = Some(total);
        } else if let Some(new) = figures(Scope::New)(it) {
            so_far = Some(so_far.map_or(new, |before| sum(before, new)));
        }
    }
    so_far.or_else(|| matter.iter().filter_map(figures(Scope::Part)).reduce(sum))
}

pub(super) fn sum(one: Range, other: Range) -> Range {
    Range { low: one.low + other.low, central: one.central + other.central, high: one.high + other.high }
}

/// What announcements on one matter end, the oldest first, of a miner that discloses so many EH/s; by which rule, and the power if it
/// was taken from that. `all` are the miner's: where those on the matter tell no megawatts, the others on it may. `silent` is whether
/// the miner's figure is too old to say that it still mines: then it may be nothing.
pub(super) fn amount(
    (matter, all): (&[&Announcement], &[&Announcement]),
    disclosed: f64,
    silent: bool,
    efficiency: Option<&Efficiency>,
) -> (Rule, Range, Option<Range>) {
    let effects = || matter.iter().filter_map(|it| it.mining.as_ref());
    let stated: Vec<f64> = effects().filter_map(|it| it.hashes_per_second).map(|rate| rate / 1e18).collect();
    let whole = Range { low: if silent { 0.0 } else { disclosed }, central: disclosed, high: disclosed };
    let capped = |range: Range| Range {
        low: if silent { 0.0 } else { range.low.min(disclosed) },
        central: range.central.min(disclosed),
        high: range.high.min(disclosed),
    };
    if !stated.is_empty() {
        return (Rule::Stated, capped(Range::exactly(stated.iter().sum())), None);
    }
    if effects().any(|it| it.wound_down == WoundDown::Company) {
        return (Rule::Company, whole, None);
    }
    let winds_down = effects().any(|it| it.wound_down != WoundDown::Growth);
    match (power_of(matter, all), efficiency) {
        (Some(power), Some(Efficiency { range: joules, .. })) => {
            let low = if winds_down { power.low / joules.high } else { 0.0 };
            let found = Range { low, central: power.central / joules.central, high: power.high / joules.low };
            (if winds_down { Rule::Power } else { Rule::Converted }, capped(found), Some(power))
        }
        _ => (Rule::NotTold, Range { low: 0.0, ..whole }, None),
    }
}

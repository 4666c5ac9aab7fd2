//! What is publicly known of listed miners beside who they are: what they announced and what became of it, what they report by
//! period, the machines on the market, and published values that models of cost start from. Each claim with source and date.
//!
//! It is always about the real companies, and no part of a [`Registry`]: no opinion on a block rests on it, and no registry's
//! version changes with it. It has a version of its own. What follows from the data is for economics, how they are shown for
//! web. What no source tells is not in here.

mod announcement;
mod check;
mod figure;
mod machine;
mod market;
mod read;
mod read_market;
mod report;
mod totals;
mod version;
mod words;

use std::sync::LazyLock;

use jiff::civil::Date;

pub use self::{
    announcement::{Announcement, AnnouncementKind, Dated, MiningEffect, Online, Stage, Status, WoundDown},
    figure::{Amount, Figure, Measure, Scope},
    machine::{Machine, Price},
    market::{CostOf, CostPart, MarketValue, PublishedCost, Quantity},
    report::Report,
    totals::{Capacity, Contract},
};
use crate::{Registry, fields::Problems, period::When, problem::RegistryErrors};

/// The files that [`Dossier::builtin`] is made of, and their texts.
const BUILTIN: [(&str, &str); 4] = [
    ("data/pivots.toml", include_str!("../../data/pivots.toml")),
    ("data/reports.toml", include_str!("../../data/reports.toml")),
    ("data/machines.toml", include_str!("../../data/machines.toml")),
    ("data/market.toml", include_str!("../../data/market.toml")),
];

/// What a dossier's files hold, each a list of tables.
pub(crate) const KEYS: [&str; 6] = ["announcement", "update", "reports", "machine", "value", "published_cost"];

/// What files hold, before it is put together.
#[derive(Default)]
struct Entries {
    announcements: Vec<Announcement>,
    updates: Vec<read::Update>,
    reports: Vec<Report>,
    machines: Vec<Machine>,
    values: Vec<MarketValue>,
    costs: Vec<PublishedCost>,
}

/// What is publicly known of listed miners, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Dossier {
    announcements: Vec<Announcement>,
    reports: Vec<Report>,
    machines: Vec<Machine>,
    values: Vec<MarketValue>,
    costs: Vec<PublishedCost>,
    version: String,
}

impl Dossier {
    /// The dossier that comes with hashwatch.
    pub fn builtin() -> &'static Dossier {
        static BUILT: LazyLock<Dossier> = LazyLock::new(|| {
            Dossier::from_files(&BUILTIN, Registry::builtin())
                .unwrap_or_else(|errors| panic!("the embedded dossier is checked by this crate's tests:\n{errors}"))
        });
        &BUILT
    }

    /// The built-in files with one of an operator's own: further entries, what became of announcements and what
    /// contradicts them (`[[update]]`), and values that take the place of built-in ones (`supersedes = true`). It may be the registry's overlay: entries of either are
    /// left to the other. `registry` says which miners there are.
    ///
    /// # Errors
    /// As [`Dossier::from_files`]; of all files, since one may contradict another.
    pub fn with_overlay(file: &str, text: &str, registry: &Registry) -> Result<Dossier, RegistryErrors> {
        let files: Vec<_> = BUILTIN.into_iter().chain([(file, text)]).collect();
        Dossier::from_files(&files, registry)
    }

    /// Reads a dossier of files, each a name for problems and a text, on the miners of a registry.
    ///
    /// # Errors
    /// Everything that is wrong in any of them, or between them.
    pub fn from_files(files: &[(&str, &str)], registry: &Registry) -> Result<Dossier, RegistryErrors> {
        let (mut entries, mut problems) = (Entries::default(), Problems::default());
        for (file, text) in files {
            read::read(file, text, &mut entries, &mut problems);
        }
        check::merge(&mut entries, &mut problems);
        check::check(&entries, registry, &mut problems);
        let problems = problems.into_inner();
        if !problems.is_empty() {
            return Err(RegistryErrors(problems));
        }
        let Entries { mut announcements, mut reports, mut machines, mut values, mut costs, .. } = entries;
        for announcement in &mut announcements {
            announcement.status[1..].sort_by_key(|status| (status.on.first(), status.on.last(), status.is));
        }
        announcements.sort_by(|a, b| time(a.on).cmp(&time(b.on)).then_with(|| a.slug.cmp(&b.slug)));
        reports.sort_by(|a, b| {
            let key = |it: &Report| (it.miner.clone(), time(it.period), it.source.url.clone());
            key(a).cmp(&key(b))
        });
        machines.sort_by(|a, b| a.slug.cmp(&b.slug));
        values.sort_by_key(|value| (value.what, time(value.at)));
        costs.sort_by(|a, b| a.slug.cmp(&b.slug));
        let mut dossier = Dossier { announcements, reports, machines, values, costs, version: String::new() };
        dossier.version = version::of(&dossier);
        Ok(dossier)
    }

    /// Hash over the data: the same for the same claims, in whatever order they were written.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// All announcements, the oldest first; those of one day by slug.
    pub fn announcements(&self) -> &[Announcement] {
        &self.announcements
    }

    /// The announcement of this slug.
    pub fn announcement(&self, slug: &str) -> Option<&Announcement> {
        self.announcements.iter().find(|announcement| announcement.slug == slug)
    }

    /// A miner's announcements, the oldest first.
    pub fn announcements_of<'d>(&'d self, miner: &str) -> impl Iterator<Item = &'d Announcement> {
        self.announcements.iter().filter(move |announcement| announcement.miner == miner)
    }

    /// Contracts, signed or not, that stand on a day, by the slug of their first announcement. A month that is named counts
    /// from its first day.
    pub fn contracts_on(&self, day: Date) -> Vec<Contract<'_>> {
        totals::contracts(&self.announcements, day)
    }

    /// Megawatts of critical IT load as of a day, nothing twice; between bounds where sources contradict each other. What only
    /// gross or other megawatts are told of is not in it: it says less than was announced.
    pub fn critical_it_mw_on(&self, day: Date) -> Capacity {
        totals::capacity(&self.contracts_on(day))
    }

    /// Revenue that signed contracts promise over their base terms, USD, as of a day, nothing twice. It is not what is still to
    /// come of them.
    pub fn contract_usd_on(&self, day: Date) -> Amount {
        totals::value_usd(&self.contracts_on(day))
    }

    /// All reports, by miner; each one's the oldest first.
    pub fn reports(&self) -> &[Report] {
        &self.reports
    }

    /// A miner's reports, the oldest first. Of one period there may be several, from several sources.
    pub fn reports_of<'d>(&'d self, miner: &str) -> impl Iterator<Item = &'d Report> {
        self.reports.iter().filter(move |report| report.miner == miner)
    }

    /// Months that had ended by a day, from that of the miner's first report on, of which there is none.
    pub fn months_without_report(&self, miner: &str, until: Date) -> Vec<When> {
        report::months_without(&self.reports_of(miner).collect::<Vec<_>>(), until)
    }

    /// The same of quarters: a report of a month counts for its quarter.
    pub fn quarters_without_report(&self, miner: &str, until: Date) -> Vec<When> {
        report::quarters_without(&self.reports_of(miner).collect::<Vec<_>>(), until)
    }

    /// All machines, by slug.
    pub fn machines(&self) -> &[Machine] {
        &self.machines
    }

    /// The machine of this slug.
    pub fn machine(&self, slug: &str) -> Option<&Machine> {
        self.machines.iter().find(|machine| machine.slug == slug)
    }

    /// All market values, by what they are; each one's the oldest first.
    pub fn values(&self) -> &[MarketValue] {
        &self.values
    }

    /// The newest value of a kind as of a day: of those whose time had begun the one that began last, then the most exact. How
    /// old it is by then is for whoever shows it.
    pub fn latest(&self, what: Quantity, on: Date) -> Option<&MarketValue> {
        let known = self.values.iter().filter(|value| value.what == what && value.at.first() <= on);
        known.max_by_key(|value| time(value.at))
    }

    /// What others have published a majority attack to cost, by slug.
    pub fn published_costs(&self) -> &[PublishedCost] {
        &self.costs
    }
}

/// Where a time stands among others: by its first day; of those that begin alike the longest first.
fn time(when: When) -> (Date, std::cmp::Reverse<Date>) {
    (when.first(), std::cmp::Reverse(when.last()))
}

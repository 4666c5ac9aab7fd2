//! What a listed miner has announced: of what kind, with whom, where, with which figures, and what became of it.

use jiff::civil::Date;

use super::{
    figure::{Amount, Figure, Measure, Scope},
    words::words,
};
use crate::{period::When, pool::Source};

words! {
    /// Of what kind an announcement is.
    AnnouncementKind {
        /// Power and halls let to a tenant, by contract.
        Lease = "lease",
        /// Computing on the company's own machines, sold or for sale.
        Cloud = "cloud",
        /// Talks, a letter of intent, or a lease that does not bind yet.
        Proposal = "proposal",
        /// A site meant for AI without a tenant named: new, converted or only looked into.
        Plan = "plan",
        /// How far something that was announced before has come.
        Progress = "progress",
        /// A site, a plant, a company or land bought.
        Acquisition = "acquisition",
        /// A site or a stake sold.
        Sale = "sale",
        /// An offer for the whole company.
        Offer = "offer",
        /// Machines bought.
        Purchase = "purchase",
        /// Money raised, lent or repaid.
        Financing = "financing",
        /// Mining ended or cut back.
        WindDown = "wind-down",
        /// A new course or name without a site.
        Strategy = "strategy",
        /// Coins sold.
        TreasurySale = "treasury-sale",
    }
}

impl AnnouncementKind {
    /// Whether its figures count as contracted.
    pub(crate) fn is_contract(self) -> bool {
        matches!(self, AnnouncementKind::Lease | AnnouncementKind::Cloud)
    }

    /// Whether its figures count as meant and not contracted.
    pub(crate) fn is_unsigned(self) -> bool {
        matches!(self, AnnouncementKind::Proposal | AnnouncementKind::Plan)
    }
}

words! {
    /// How certain the date of an announcement is.
    Dated {
        /// The source gives it as the time at which the company said so.
        Announced = "announced",
        /// The time of a report; the company may have spoken earlier.
        Reported = "reported",
        /// Inferred from what else the page says.
        Inferred = "inferred",
        /// The page bears no date: no more is known than this.
        Undated = "undated",
    }
}

words! {
    /// How far it has come.
    Stage {
        /// It was announced.
        Announced = "announced",
        /// It is being built.
        Building = "building",
        /// Some of it is delivered.
        PartlyLive = "partly-live",
        /// All of it is delivered.
        Live = "live",
        /// It is closed: bought, sold, raised.
        Completed = "completed",
        /// It was called off.
        Cancelled = "cancelled",
        /// It was turned down.
        Rejected = "rejected",
        /// It was passed on to somebody else.
        Sold = "sold",
    }
}

impl Stage {
    /// Whether it is the company's no more.
    pub fn is_over(self) -> bool {
        matches!(self, Stage::Cancelled | Stage::Rejected | Stage::Sold)
    }
}

/// What became of an announcement, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Since when.
    pub on: When,
    /// How far it has come.
    pub is: Stage,
    /// How it is to be read.
    pub note: Option<String>,
    /// Where the claim is from.
    pub source: Source,
}

/// When capacity is said to come online.
#[derive(Clone, Debug, PartialEq)]
pub struct Online {
    /// When.
    pub by: When,
    /// How many MW of it, in whatever the announcement's own MW are; none where it is not told.
    pub mw: Option<f64>,
    /// How it is to be read.
    pub note: Option<String>,
}

words! {
    /// How much mining ends with an announcement.
    WoundDown {
        /// All that the company does.
        Company = "company",
        /// All at the site.
        Site = "site",
        /// Some of it.
        Part = "part",
        /// None that runs; growth is given up.
        Growth = "growth",
    }
}

/// What an announcement does to the company's mining.
#[derive(Clone, Debug, PartialEq)]
pub struct MiningEffect {
    /// How much ends.
    pub wound_down: WoundDown,
    /// Hashes per second that go, where told.
    pub hashes_per_second: Option<f64>,
    /// By when, where told.
    pub by: Option<When>,
    /// How it is to be read.
    pub note: Option<String>,
}

/// Something that a listed miner has announced, or that was reported of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Announcement {
    /// Its name in URLs and the API; never changes.
    pub slug: String,
    /// The miner's slug in the registry.
    pub miner: String,
    /// When.
    pub on: When,
    /// How certain that is.
    pub dated: Dated,
    /// Of what kind it is.
    pub kind: AnnouncementKind,
    /// With whom.
    pub counterparty: Option<String>,
    /// Where.
    pub site: Option<String>,
    /// In which country or state (ISO 3166).
    pub region: Option<String>,
    /// Slug of the first announcement on the same matter; none where this is it.
    pub about: Option<String>,
    /// Slugs of announcements on the same thing with other figures. All of them stand, side by side.
    pub contradicts: Vec<String>,
    /// Its figures.
    pub figures: Vec<Figure>,
    /// When what of it is said to come online.
    pub online: Vec<Online>,
    /// What it does to mining.
    pub mining: Option<MiningEffect>,
    /// What else is to be known.
    pub note: Option<String>,
    /// What became of it, the oldest first: the announcement itself.
    pub status: Vec<Status>,
    /// Where the claim is from.
    pub source: Source,
    /// Where else.
    pub also: Vec<Source>,
    /// The file that it was read from.
    pub file: String,
}

impl Announcement {
    /// The first announcement on the matter: this one's slug where it is that itself.
    pub fn matter(&self) -> &str {
        self.about.as_deref().unwrap_or(&self.slug)
    }

    /// How far it has come on a day; none before it was announced. A month that is named counts from its first day.
    pub fn status_on(&self, day: Date) -> Option<&Status> {
        self.status.iter().rev().find(|status| status.on.first() <= day)
    }

    /// Whether it stands on a day: announced, and neither called off nor passed on.
    pub fn stands_on(&self, day: Date) -> bool {
        self.status_on(day).is_some_and(|status| !status.is.is_over())
    }

    /// All its figures of a measure.
    pub fn figures_of(&self, what: Measure) -> impl Iterator<Item = &Figure> {
        self.figures.iter().filter(move |figure| figure.what == what)
    }

    /// What it says of a measure, and whether that is of the whole matter. Parts of what is counted elsewhere are left out.
    pub(crate) fn says(&self, what: Measure) -> Option<(Amount, bool)> {
        if let Some(total) = self.figures_of(what).find(|figure| figure.of == Scope::Total) {
            return Some((total.amount, true));
        }
        let new = self.figures_of(what).filter(|figure| figure.of == Scope::New);
        new.map(|figure| figure.amount).reduce(|a, b| a + b).map(|sum| (sum, false))
    }

    /// What it is called in problems.
    pub(crate) fn entry(&self) -> String {
        format!("announcement {}", self.slug)
    }
}

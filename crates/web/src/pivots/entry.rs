//! An announcement, a contract and an amount as the API tells them.

use hashwatch_registry::{
    Amount, Announcement, AnnouncementKind, Contract, Dated, Figure, Measure, MiningEffect, Online, Registry, Scope,
    Stage, Status, WoundDown,
};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::called;
use crate::{
    openapi::words::{WhenText, texts, words},
    registry::claims::{SourceFields, source_fields},
};

texts! {
    /// Of what kind an announcement is.
    PivotKindWord: words(AnnouncementKind::ALL.iter().map(|it| it.name()));
    /// How certain a date is.
    DatedWord: words(Dated::ALL.iter().map(|it| it.name()));
    /// How far it has come.
    StageWord: words(Stage::ALL.iter().map(|it| it.name()));
    /// What a figure measures; its unit is the end of the word, or a count.
    MeasureWord: words(Measure::ALL.iter().map(|it| it.name()));
    /// What a figure is of: what the announcement adds, the whole matter, or a part of what is counted elsewhere.
    ScopeWord: words(Scope::ALL.iter().map(|it| it.name()));
    /// How much mining ends.
    WoundDownWord: words(WoundDown::ALL.iter().map(|it| it.name()));
}

/// A number with its bounds: equal to it where sources give none and do not contradict each other.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct AmountFields {
    pub(crate) low: f64,
    pub(crate) value: f64,
    pub(crate) high: f64,
}

impl From<Amount> for AmountFields {
    fn from(amount: Amount) -> AmountFields {
        AmountFields { low: amount.low, value: amount.value, high: amount.high }
    }
}

/// What a listed miner has announced.
#[derive(Serialize, ToSchema)]
pub(crate) struct PivotFields {
    /// Its name; never changes. /pivots has it at this anchor.
    slug: String,
    /// The miner's slug, as in /api/v1/registry.
    miner: String,
    /// Its name on the day of the answer.
    name: String,
    tickers: Vec<String>,
    #[schema(value_type = WhenText)]
    on: String,
    #[schema(value_type = DatedWord)]
    dated: &'static str,
    #[schema(value_type = PivotKindWord)]
    kind: &'static str,
    /// With whom; null where it is not told, here and below.
    #[schema(required)]
    counterparty: Option<String>,
    #[schema(required)]
    site: Option<String>,
    /// A country, or one of its parts (ISO 3166).
    #[schema(required)]
    region: Option<String>,
    /// The first announcement on the same matter: all on one matter are one contract, and none is counted twice.
    matter: String,
    /// Others that say something else of the same thing. All of them stand.
    contradicts: Vec<String>,
    figures: Vec<PivotFigureFields>,
    online: Vec<OnlineFields>,
    /// What it does to the company's mining; null where nothing is told.
    #[schema(required)]
    mining: Option<MiningFields>,
    #[schema(required)]
    note: Option<String>,
    /// How far it has come by the day of the answer.
    status: StageFields,
    /// The same from the announcement on, the oldest first.
    history: Vec<StageFields>,
    /// Where it can be read.
    sources: Vec<SourceFields>,
}

/// A figure, as its source gives it.
#[derive(Serialize, ToSchema)]
struct PivotFigureFields {
    #[schema(value_type = MeasureWord)]
    what: &'static str,
    #[schema(value_type = ScopeWord)]
    of: &'static str,
    #[serde(flatten)]
    amount: AmountFields,
    /// How it is to be read.
    #[schema(required)]
    note: Option<String>,
}

/// When capacity is said to come online.
#[derive(Serialize, ToSchema)]
struct OnlineFields {
    #[schema(value_type = WhenText)]
    by: String,
    #[schema(required)]
    mw: Option<f64>,
    #[schema(required)]
    note: Option<String>,
}

/// What an announcement does to mining.
#[derive(Serialize, ToSchema)]
struct MiningFields {
    #[schema(value_type = WoundDownWord)]
    wound_down: &'static str,
    /// What goes, where told.
    #[schema(required)]
    hashes_per_second: Option<f64>,
    #[schema(required, value_type = Option<WhenText>)]
    by: Option<String>,
    #[schema(required)]
    note: Option<String>,
}

/// How far an announcement has come, and whose word that is.
#[derive(Serialize, ToSchema)]
struct StageFields {
    #[schema(value_type = WhenText)]
    on: String,
    #[schema(value_type = StageWord)]
    is: &'static str,
    #[schema(required)]
    note: Option<String>,
    #[serde(flatten)]
    source: SourceFields,
}

/// A contract, or what might become one: all announcements on one matter.
#[derive(Serialize, ToSchema)]
pub(crate) struct ContractFields {
    /// The first announcement.
    pub(crate) matter: String,
    pub(crate) miner: String,
    /// Those that it is counted from, the oldest first.
    pub(crate) announcements: Vec<String>,
    /// Proposals and plans are not.
    pub(crate) signed: bool,
    /// MW at the tenant's machines when all is built; null where no source tells it.
    #[schema(required)]
    pub(crate) critical_it_mw: Option<AmountFields>,
    /// Of it, what is delivered. From nothing to all of what is delivered in part, where nobody says how much.
    #[schema(required)]
    pub(crate) live_critical_it_mw: Option<AmountFields>,
    /// Revenue expected over the base term.
    #[schema(required)]
    pub(crate) contract_usd: Option<AmountFields>,
}

pub(super) fn pivot_fields(who: &Registry, it: &Announcement, day: Date) -> PivotFields {
    let (name, tickers) = called(who, &it.miner, day);
    let history: Vec<&Status> = it.status.iter().filter(|status| status.on.first() <= day).collect();
    PivotFields {
        slug: it.slug.clone(),
        miner: it.miner.clone(),
        name,
        tickers,
        on: it.on.to_string(),
        dated: it.dated.name(),
        kind: it.kind.name(),
        counterparty: it.counterparty.clone(),
        site: it.site.clone(),
        region: it.region.clone(),
        matter: it.matter().to_owned(),
        contradicts: it.contradicts.clone(),
        figures: it.figures.iter().map(figure_fields).collect(),
        online: it.online.iter().map(online_fields).collect(),
        mining: it.mining.as_ref().map(mining_fields),
        note: it.note.clone(),
        // the announcement itself is the first
        status: status_fields(it.status_on(day).unwrap_or(&it.status[0])),
        history: history.into_iter().map(status_fields).collect(),
        sources: std::iter::once(&it.source).chain(&it.also).map(source_fields).collect(),
    }
}

fn figure_fields(figure: &Figure) -> PivotFigureFields {
    PivotFigureFields {
        what: figure.what.name(),
        of: figure.of.name(),
        amount: figure.amount.into(),
        note: figure.note.clone(),
    }
}

fn online_fields(online: &Online) -> OnlineFields {
    OnlineFields { by: online.by.to_string(), mw: online.mw, note: online.note.clone() }
}

fn mining_fields(mining: &MiningEffect) -> MiningFields {
    MiningFields {
        wound_down: mining.wound_down.name(),
        hashes_per_second: mining.hashes_per_second,
        by: mining.by.map(|by| by.to_string()),
        note: mining.note.clone(),
    }
}

fn status_fields(status: &Status) -> StageFields {
    StageFields {
        on: status.on.to_string(),
        is: status.is.name(),
        note: status.note.clone(),
        source: source_fields(&status.source),
    }
}

pub(crate) fn contract_fields(contract: &Contract<'_>) -> ContractFields {
    // never empty
    let first = contract.announcements.first();
    ContractFields {
        matter: first.map_or_else(String::new, |it| it.matter().to_owned()),
        miner: first.map_or_else(String::new, |it| it.miner.clone()),
        announcements: contract.announcements.iter().map(|it| it.slug.clone()).collect(),
        signed: contract.signed,
        critical_it_mw: contract.critical_it_mw.map(Into::into),
        live_critical_it_mw: contract.live_critical_it_mw.map(Into::into),
        contract_usd: contract.contract_usd.map(Into::into),
    }
}

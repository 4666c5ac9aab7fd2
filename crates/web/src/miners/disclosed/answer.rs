//! Fields that the answers of `/api/v1/miners` and `/api/v1/miners/{ticker}` share.

use hashwatch_metrics::Middle;
use hashwatch_registry::{AnnouncementKind, Disclosure, Listing, Quantity, Report};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    super::answer::HashrateKindWord,
    age_days,
    history::Said,
    network::{How, NetworkRate},
    study::{Event, KINDS, Study, WINDOW_DAYS},
};
use crate::{
    openapi::words::{WhenText, texts, words},
    registry::claims::{SourceFields, source_fields},
};

texts! {
    /// From our own blocks, or as somebody published it.
    NetworkFromWord: words(["own", "published"]);
    /// What the published value is.
    NetworkValueWord: words(NETWORK_VALUES.map(Quantity::name));
    /// What an announcement is.
    StudiedKindWord: words(KINDS.map(AnnouncementKind::name));
}

const NETWORK_VALUES: [Quantity; 3] = [Quantity::NetworkEhsMonthlyMean, Quantity::NetworkEhs, Quantity::Difficulty];

/// A ticker, and when it was one.
#[derive(Serialize, ToSchema)]
pub(super) struct CompanyListing {
    ticker: String,
    exchange: String,
    /// Null where nobody says.
    #[schema(required, value_type = Option<WhenText>)]
    from: Option<String>,
    /// Null where nobody says.
    #[schema(required, value_type = Option<WhenText>)]
    until: Option<String>,
    #[serde(flatten)]
    source: SourceFields,
}

pub(super) fn listing(it: &Listing) -> CompanyListing {
    CompanyListing {
        ticker: it.ticker.clone(),
        exchange: it.exchange.clone(),
        from: it.period.from.map(|from| from.to_string()),
        until: it.period.until.map(|until| until.to_string()),
        source: source_fields(&it.source),
    }
}

/// The network's hashrate that something is held against.
#[derive(Serialize, ToSchema)]
pub(super) struct NetworkRateFields {
    #[schema(exclusive_minimum = 0)]
    hashes_per_second: f64,
    /// Of our own estimate at 95 %, or as the source has it; null where it has none.
    #[schema(required)]
    low: Option<f64>,
    #[schema(required)]
    high: Option<f64>,
    #[schema(value_type = NetworkFromWord)]
    from: &'static str,
    /// Of our own blocks; null elsewhere.
    #[schema(required)]
    from_height: Option<u32>,
    #[schema(required)]
    to_height: Option<u32>,
    /// Of a published value: a difficulty stands for the hashrate that it is right for. Null for our own.
    #[schema(required, value_type = Option<NetworkValueWord>)]
    value: Option<&'static str>,
    #[schema(required, value_type = Option<WhenText>)]
    at: Option<String>,
    /// Days between that time and the one that it is taken for.
    #[schema(required)]
    days_apart: Option<u32>,
    #[schema(required)]
    source: Option<String>,
    #[schema(required, value_type = Option<WhenText>)]
    date: Option<String>,
}

pub(super) fn network(it: &NetworkRate) -> NetworkRateFields {
    let (low, high) = it.bounds.unzip();
    let mut fields = NetworkRateFields {
        hashes_per_second: it.value,
        low,
        high,
        from: "own",
        from_height: None,
        to_height: None,
        value: None,
        at: None,
        days_apart: None,
        source: None,
        date: None,
    };
    match &it.how {
        How::Own(range) => (fields.from_height, fields.to_height) = (Some(range.from), Some(range.to)),
        How::Published { what, at, days_apart, source } => {
            fields.from = "published";
            fields.value = Some(what.name());
            fields.at = Some(at.to_string());
            fields.days_apart = Some(*days_apart);
            fields.source = Some(source.url.clone());
            fields.date = source.date.map(|date| date.to_string());
        }
    }
    fields
}

/// A disclosed hashrate, and its share of the network.
#[derive(Serialize, ToSchema)]
pub(super) struct DisclosedFields {
    #[serde(flatten)]
    source: SourceFields,
    #[schema(value_type = WhenText)]
    period: String,
    #[schema(value_type = HashrateKindWord)]
    kind: &'static str,
    #[schema(exclusive_minimum = 0)]
    hashes_per_second: f64,
    /// Days since the period's end.
    age_days: u32,
    /// A part of one; null where the network's hashrate of that time is not known.
    #[schema(required)]
    share: Option<f64>,
    /// By the bounds of the network's hashrate, where it has any.
    #[schema(required)]
    share_low: Option<f64>,
    #[schema(required)]
    share_high: Option<f64>,
    #[schema(required)]
    network: Option<NetworkRateFields>,
}

pub(super) fn disclosed(said: &Said<'_>, day: Date) -> DisclosedFields {
    let part = said.part();
    let (low, high) = part.and_then(|part| part.bounds).unzip();
    DisclosedFields {
        source: source_fields(&said.it.source),
        period: said.it.period.to_string(),
        kind: said.it.kind.name(),
        hashes_per_second: said.it.hashes_per_second,
        age_days: age_days(said.it.period, day),
        share: part.map(|part| part.value),
        share_low: low,
        share_high: high,
        network: said.network.as_ref().map(network),
    }
}

/// A figure of a report, as the newest of its sort.
#[derive(Serialize, ToSchema)]
pub(super) struct ReportedFigure {
    value: f64,
    #[schema(value_type = WhenText)]
    period: String,
    /// Days since the period's end.
    age_days: u32,
    /// How it is to be read.
    #[schema(required)]
    note: Option<String>,
    #[serde(flatten)]
    source: SourceFields,
}

pub(super) fn reported((report, value): (&Report, f64), day: Date) -> ReportedFigure {
    ReportedFigure {
        value,
        period: report.period.to_string(),
        age_days: age_days(report.period, day),
        note: report.note.clone(),
        source: source_fields(&report.source),
    }
}

/// A disclosed hashrate on one side of an announcement.
#[derive(Serialize, ToSchema)]
struct SideFields {
    #[schema(value_type = WhenText)]
    period: String,
    hashes_per_second: f64,
    #[schema(required)]
    network: Option<NetworkRateFields>,
    #[serde(flatten)]
    source: SourceFields,
}

fn side(it: &Disclosure, all: Option<&NetworkRate>) -> SideFields {
    SideFields {
        period: it.period.to_string(),
        hashes_per_second: it.hashes_per_second,
        network: all.map(network),
        source: source_fields(&it.source),
    }
}

/// An announcement with hashrate disclosed on both sides.
#[derive(Serialize, ToSchema)]
pub(super) struct BeforeAfterFields {
    /// Slugs of the company and of the announcement.
    miner: String,
    announcement: String,
    #[schema(value_type = WhenText)]
    on: String,
    #[schema(value_type = StudiedKindWord)]
    kind: &'static str,
    #[schema(value_type = HashrateKindWord)]
    hashrate_kind: &'static str,
    before: SideFields,
    after: SideFields,
    /// A part of what it was: -0.24 is 24 % less.
    change: f64,
    /// The same of the share of the network; null where the network's hashrate is not known on both sides.
    #[schema(required)]
    change_of_share: Option<f64>,
    /// The company's first, which `study.change` is of; and the first that `study.change_of_share` is of.
    counted: bool,
    share_counted: bool,
}

pub(super) fn before_after(it: &Event<'_>) -> BeforeAfterFields {
    let (first, last) = it.networks.as_ref().map(|(first, last)| (first, last)).unzip();
    BeforeAfterFields {
        miner: it.miner.slug.clone(),
        announcement: it.announcement.slug.clone(),
        on: it.announcement.on.to_string(),
        kind: it.announcement.kind.name(),
        hashrate_kind: it.before.kind.name(),
        before: side(it.before, first),
        after: side(it.after, last),
        change: it.change,
        change_of_share: it.change_of_share,
        counted: it.counted,
        share_counted: it.share_counted,
    }
}

/// The middle of the changes, one for each company.
#[derive(Serialize, ToSchema)]
struct MiddleFields {
    companies: usize,
    mean: f64,
    median: f64,
    /// Of the median, at `confidence`; null where there are too few companies for one.
    #[schema(required)]
    median_low: Option<f64>,
    #[schema(required)]
    median_high: Option<f64>,
    fell: usize,
    rose: usize,
    /// Of the sign test, two-sided.
    #[schema(minimum = 0, maximum = 1)]
    p_value: f64,
}

fn middle_fields(it: &Middle) -> MiddleFields {
    let (median_low, median_high) = it.interval.unzip();
    let Middle { n, mean, median, below, above, p_value, .. } = *it;
    MiddleFields { companies: n, mean, median, median_low, median_high, fell: below, rose: above, p_value }
}

/// Disclosed hashrate before and after announcements. It tells of no cause.
#[derive(Serialize, ToSchema)]
pub(super) struct BeforeAfterStudy {
    #[schema(value_type = Vec<StudiedKindWord>)]
    kinds: Vec<&'static str>,
    /// How far before and after an announcement a disclosure may lie.
    window_days: u32,
    /// Announcements of these kinds, with hashrate on both sides or not.
    announcements: usize,
    /// Null where there is no company.
    #[schema(required)]
    change: Option<MiddleFields>,
    #[schema(required)]
    change_of_share: Option<MiddleFields>,
    events: Vec<BeforeAfterFields>,
}

pub(super) fn study(it: &Study<'_>) -> BeforeAfterStudy {
    BeforeAfterStudy {
        kinds: KINDS.map(AnnouncementKind::name).to_vec(),
        window_days: WINDOW_DAYS,
        announcements: it.announcements,
        change: it.change.as_ref().map(middle_fields),
        change_of_share: it.change_of_share.as_ref().map(middle_fields),
        events: it.events.iter().map(before_after).collect(),
    }
}

//! What the answer of one company has beside its figures by period: production checks, announcements, pools.

use hashwatch_registry::{Announcement, AnnouncementKind, Dated, MinesWith, Stage};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    super::answer::HashrateKindWord,
    answer::{NetworkRateFields, network},
    check::Check,
};
use crate::{
    openapi::words::{WhenText, texts, words},
    registry::claims::{SourceFields, source_fields},
};

texts! {
    /// What an announcement is.
    AnnouncedKindWord: words(AnnouncementKind::ALL.iter().map(|it| it.name()));
    /// How certain its date is.
    AnnouncedDateWord: words(Dated::ALL.iter().map(|it| it.name()));
    /// How far it has come.
    AnnouncedStageWord: words(Stage::ALL.iter().map(|it| it.name()));
}

/// Reported production against what the disclosed hashrate should have brought.
#[derive(Serialize, ToSchema)]
pub(super) struct ProductionCheck {
    #[schema(value_type = WhenText)]
    period: String,
    btc_produced: f64,
    #[schema(value_type = HashrateKindWord)]
    kind: &'static str,
    hashes_per_second: f64,
    hashrate_source: String,
    network: NetworkRateFields,
    /// A part of one.
    share: f64,
    /// Of the network in the period.
    blocks: u64,
    /// Counted by ourselves, else as published.
    blocks_are_own: bool,
    expected_blocks: f64,
    expected_blocks_low: u64,
    expected_blocks_high: u64,
    /// Coins that a block brought on the mean: with fees where the blocks are our own, else what consensus lets it create.
    btc_per_block: f64,
    expected_btc: f64,
    expected_btc_low: f64,
    expected_btc_high: f64,
    /// Produced over expected.
    ratio: f64,
    #[serde(flatten)]
    source: SourceFields,
}

#[allow(clippy::cast_precision_loss, reason = "no period has 2^53 blocks")]
pub(super) fn check_fields(it: &Check<'_>) -> ProductionCheck {
    ProductionCheck {
        period: it.report.period.to_string(),
        btc_produced: it.produced,
        kind: it.kind.name(),
        hashes_per_second: it.hashes_per_second,
        hashrate_source: it.source.url.clone(),
        network: network(&it.network),
        share: it.part.value,
        blocks: it.blocks.count,
        blocks_are_own: it.blocks.own,
        expected_blocks: it.expected.mean,
        expected_blocks_low: it.expected.low,
        expected_blocks_high: it.expected.high,
        btc_per_block: it.coins(1.0),
        expected_btc: it.coins(it.expected.mean),
        expected_btc_low: it.coins(it.expected.low as f64),
        expected_btc_high: it.coins(it.expected.high as f64),
        ratio: it.ratio(),
        source: source_fields(&it.report.source),
    }
}

/// Something that it announced.
#[derive(Serialize, ToSchema)]
pub(super) struct CompanyAnnouncement {
    /// Its slug.
    id: String,
    #[schema(value_type = WhenText)]
    on: String,
    #[schema(value_type = AnnouncedDateWord)]
    dated: &'static str,
    #[schema(value_type = AnnouncedKindWord)]
    kind: &'static str,
    #[schema(required)]
    counterparty: Option<String>,
    #[schema(required)]
    site: Option<String>,
    #[schema(value_type = AnnouncedStageWord)]
    status: &'static str,
    /// Where it is told of on the site.
    page: String,
    #[serde(flatten)]
    source: SourceFields,
}

pub(super) fn announcement_fields(it: &Announcement, day: Date) -> CompanyAnnouncement {
    CompanyAnnouncement {
        id: it.slug.clone(),
        on: it.on.to_string(),
        dated: it.dated.name(),
        kind: it.kind.name(),
        counterparty: it.counterparty.clone(),
        site: it.site.clone(),
        status: it.status_on(day).map_or(Stage::Announced, |status| status.is).name(),
        page: format!("/pivots#{}", it.slug),
        source: source_fields(&it.source),
    }
}

/// A pool that it is said to mine with.
#[derive(Serialize, ToSchema)]
pub(super) struct CompanyPool {
    /// Its slug.
    pool: String,
    /// Its own, and nobody else's.
    own: bool,
    #[schema(required, value_type = Option<WhenText>)]
    from: Option<String>,
    #[schema(required, value_type = Option<WhenText>)]
    until: Option<String>,
    #[serde(flatten)]
    source: SourceFields,
}

pub(super) fn pool_fields(it: &MinesWith) -> CompanyPool {
    CompanyPool {
        pool: it.pool.clone(),
        own: it.own,
        from: it.period.from.map(|from| from.to_string()),
        until: it.period.until.map(|until| until.to_string()),
        source: source_fields(&it.source),
    }
}

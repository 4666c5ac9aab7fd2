//! `GET /api/v1/concentration`: every index of a window.

use std::collections::BTreeMap;

use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_metrics::{Figure, Interval, credible_above};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Concentration, fields::FigureFields, words::Unit};
use crate::{
    asked::Asked,
    error::WebError,
    openapi::{ByParam, FormatParam, PinParams, Refusals, WindowParam},
    params::Params,
    shares::{
        CONFIDENCE, Share, USUAL,
        answer::{UnknownFields, WindowFields, unknown_fields, window_fields},
        by::By,
    },
    state::WebState,
    table::{Answered, Table, answer},
    window_links::range_words,
};

/// Shares that matter: a third, as in Byzantine agreement and selfish mining; two fifths; a half.
pub(crate) const THRESHOLDS: [f64; 3] = [1.0 / 3.0, 0.4, 0.5];

/// Every index of a window.
#[derive(Serialize, ToSchema)]
struct ConcentrationFields {
    window: WindowFields,
    /// pool, group or owner
    by: &'static str,
    confidence: f64,
    unknown: UnknownFields,
    /// By the index's name, as `metric` in /api/v1/series takes it.
    indices: BTreeMap<&'static str, IndexFields>,
    /// Those with a block in the window, most first.
    distribution: Vec<EntityFields>,
}

/// An index, in its unit.
#[derive(Serialize, ToSchema)]
struct IndexFields {
    /// points (0 to 10,000), entities, share (a part of one), bits, nats or none
    unit: &'static str,
    #[serde(flatten)]
    figure: FigureFields,
}

/// Somebody's share.
#[derive(Serialize, ToSchema)]
struct EntityFields {
    id: String,
    /// pool, group or owner
    kind: &'static str,
    name: String,
    blocks: u64,
    /// A part of one, of all blocks of the window.
    share: f64,
    /// Wilson's interval: of each by itself.
    low: f64,
    high: f64,
    /// Goodman's interval: all of them hold at once.
    simultaneous_low: f64,
    simultaneous_high: f64,
    /// The probability that its share of the hashrate is above a third, given the blocks of the window alone (posterior, Jeffreys'
    /// prior).
    probability_above_third: f64,
    /// Above two fifths.
    probability_above_40: f64,
    /// Above a half.
    probability_above_half: f64,
}

fn index_fields(unit: Unit, figure: Option<Figure>) -> IndexFields {
    IndexFields { unit: unit.word(), figure: figure.into() }
}

fn entity_fields(share: &Share, blocks: u64, simultaneous: (f64, f64)) -> EntityFields {
    let Interval { value, low, high } = share.share;
    // of a window there are blocks, and no more of one than of all
    let [third, forty, half] = THRESHOLDS.map(|at| credible_above(share.blocks, blocks, at).unwrap_or_default());
    EntityFields {
        id: share.slug.clone(),
        kind: share.kind,
        name: share.name.clone(),
        blocks: share.blocks,
        share: value,
        low,
        high,
        simultaneous_low: simultaneous.0,
        simultaneous_high: simultaneous.1,
        probability_above_third: third,
        probability_above_40: forty,
        probability_above_half: half,
    }
}

/// Every index of concentration over a window.
///
/// Each with its interval, which speaks of chance, and with where it lies whatever Unknown is; by pool, by group or by owner.
#[utoipa::path(
    get,
    operation_id = "concentration",
    path = "/api/v1/concentration",
    tag = "How concentrated",
    params(WindowParam, ByParam, PinParams, FormatParam),
    responses(
        (status = 200, description = "The indices and the shares that they are of", content(
            (Answered<ConcentrationFields> = "application/json"), (String = "text/csv")
        )),
        Refusals
    )
)]
pub(crate) async fn api(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Result<Response, WebError> {
    let mut params = Params::of(&uri);
    let (window, by) = (params.window(USUAL)?, By::take(&mut params)?);
    let asked = Asked::api(&state, params, &headers).await?;
    let found = Concentration::read(&state, &asked.view, window, by).await?;
    let shares = &found.shares;
    let title = format!("Concentration of {} by {}", range_words(shares.range), by.word());
    let fields = || ConcentrationFields {
        window: window_fields(window, shares.range),
        by: by.word(),
        confidence: CONFIDENCE,
        unknown: unknown_fields(shares),
        indices: found
            .figures
            .iter()
            .map(|(index, figure)| (index.word(), index_fields(Unit::of(*index), *figure)))
            .collect(),
        distribution: shares
            .pools
            .iter()
            .zip(&found.simultaneous)
            .map(|(share, interval)| entity_fields(share, shares.range.blocks(), *interval))
            .collect(),
    };
    let table = || {
        let row = |(index, figure): &(hashwatch_metrics::Index, Option<Figure>)| {
            let it = index_fields(Unit::of(*index), *figure);
            vec![
                json!(index.word()),
                json!(it.unit),
                json!(it.figure.value),
                json!(it.figure.low),
                json!(it.figure.high),
                json!(it.figure.unknown_low),
                json!(it.figure.unknown_high),
            ]
        };
        let columns = ["index", "unit", "value", "low_95", "high_95", "unknown_low", "unknown_high"];
        Table::new(&format!("concentration-{}-{window}", by.word()), &columns, found.figures.iter().map(row).collect())
    };
    answer(&state, &asked, &title, fields, table)
}

//! `GET /api/v1/double-spend`: how often a payment with so many confirmations is undone, by a share and by today's largest.

use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_economics::{
    Result,
    race::{
        catch_up_probability, confirmations_needed, double_spend_probability, expected_catch_up_seconds,
        nakamoto_confirmations_needed, nakamoto_probability,
    },
    selfish::{relative_revenue, threshold},
};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::today::{Largest, Today, today};
use crate::{
    error::WebError,
    inputs::refused,
    mainnet::{Mainnet, MainnetParams, Told, told},
    openapi::{FormatParam, Refusals},
    params::{Params, Part},
    state::WebState,
    table::Table,
};

/// Confirmations that tables show.
pub(super) const SHOWN: [u64; 7] = [1, 2, 3, 6, 12, 30, 100];
/// The risk at which a payment is taken for settled where none is named: one in a thousand, as in Nakamoto's paper.
pub(super) const USUAL_RISK: f64 = 0.001;
/// Seconds of a block of both together, where a part of the network itself attacks.
const WAIT_SECONDS: f64 = 600.0;

/// A share, confirmations and a risk.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "described, not read: api reads")]
struct RaceParams {
    /// The attacker's share of all hashrate, from 0 to 1. Left out, the answer is of today's largest alone.
    #[param(minimum = 0, maximum = 1, example = 0.1)]
    q: Option<f64>,
    /// Confirmations; else 6.
    #[param(minimum = 0, maximum = 10_000_000, example = 6)]
    z: Option<u32>,
    /// The probability below which a payment is taken for settled, above 0 and below 1; else 0.001.
    #[param(minimum = 0.000_000_001, maximum = 0.999, example = 0.001)]
    risk: Option<f64>,
}

/// The race of a share.
#[derive(Serialize, ToSchema)]
pub(super) struct RaceFields {
    q: f64,
    z: u64,
    risk: f64,
    /// That a payment with z confirmations is undone: exact.
    pub(super) probability: f64,
    /// Nakamoto's estimate of it, which is too low for small shares.
    nakamoto_probability: f64,
    /// That an attacker who is z blocks behind ever draws level.
    catch_up_probability: f64,
    /// The least confirmations at which the probability is below `risk`; null where no number is enough.
    #[schema(required)]
    confirmations: Option<u64>,
    /// The same by Nakamoto's estimate.
    #[schema(required)]
    nakamoto_confirmations: Option<u64>,
    /// Seconds that a part of the network itself is expected to need to make up z blocks; null for a half and less, which may never, or
    /// has no mean time.
    #[schema(required)]
    expected_seconds: Option<f64>,
    /// The part of the chain's blocks that a selfish miner of this share gets once the difficulty has followed, where nobody else builds on
    /// its branch.
    selfish_revenue: f64,
    /// The same where half of the others do.
    selfish_revenue_half_follow: f64,
}

/// A probability at a number of confirmations.
#[derive(Serialize, ToSchema)]
pub(super) struct ConfirmedFields {
    z: u64,
    probability: f64,
    /// At the ends of the share's interval.
    low: f64,
    high: f64,
    nakamoto_probability: f64,
}

/// Today's largest of a kind.
#[derive(Serialize, ToSchema)]
struct LargestFields {
    /// pool, group or owner: what blocks are counted by
    by: &'static str,
    id: String,
    /// pool, group or owner: what it is
    kind: &'static str,
    name: String,
    blocks: u64,
    /// Its share of the blocks, as an estimate of that of the hashrate, with Wilson's 95 % interval.
    share: f64,
    share_low: f64,
    share_high: f64,
    #[schema(required)]
    confirmations: Option<u64>,
    probabilities: Vec<ConfirmedFields>,
}

/// The largest pool, group and owner.
#[derive(Serialize, ToSchema)]
struct LargestTodayFields {
    /// `verified` on our own chain, or `published` by others.
    #[schema(pattern = "^(verified|published)$")]
    data: &'static str,
    /// Of which blocks, in words.
    of: String,
    blocks: u64,
    #[schema(required)]
    source: Option<String>,
    largest: Vec<LargestFields>,
}

/// How often a payment is undone.
#[derive(Serialize, ToSchema)]
struct DoubleSpendFields {
    /// Null where no share was given.
    #[schema(required)]
    race: Option<RaceFields>,
    /// The share from which selfish mining pays, where nobody else builds on its branch, and where half of the others do.
    selfish_threshold: f64,
    selfish_threshold_half_follow: f64,
    /// Null where nothing is stored or published of the day.
    #[schema(required)]
    today: Option<LargestTodayFields>,
}

fn race((q, z, risk): (f64, u64, f64)) -> Result<RaceFields> {
    Ok(RaceFields {
        q,
        z,
        risk,
        probability: double_spend_probability(q, z)?,
        nakamoto_probability: nakamoto_probability(q, z)?,
        catch_up_probability: catch_up_probability(q, z)?,
        confirmations: confirmations_needed(q, risk)?,
        nakamoto_confirmations: nakamoto_confirmations_needed(q, risk)?,
        expected_seconds: expected_catch_up_seconds(q, z, WAIT_SECONDS)?,
        selfish_revenue: relative_revenue(q, 0.0)?,
        selfish_revenue_half_follow: relative_revenue(q, 0.5)?,
    })
}

/// A share's probabilities at the numbers of confirmations that tables show.
pub(super) fn probabilities(share: hashwatch_metrics::Interval) -> Result<Vec<(u64, [f64; 4])>> {
    let at = |z: u64| {
        let of = |share: f64| double_spend_probability(share, z);
        Ok((z, [of(share.value)?, of(share.low)?, of(share.high)?, nakamoto_probability(share.value, z)?]))
    };
    SHOWN.into_iter().map(at).collect()
}

fn largest(one: &Largest, risk: f64) -> Result<LargestFields> {
    let at = |(z, [probability, low, high, nakamoto_probability]): (u64, [f64; 4])| ConfirmedFields {
        z,
        probability,
        low,
        high,
        nakamoto_probability,
    };
    Ok(LargestFields {
        by: one.by.word(),
        id: one.id.clone(),
        kind: one.kind,
        name: one.name.clone(),
        blocks: one.blocks,
        share: one.share.value,
        share_low: one.share.low,
        share_high: one.share.high,
        confirmations: confirmations_needed(one.share.value, risk)?,
        probabilities: probabilities(one.share)?.into_iter().map(at).collect(),
    })
}

fn today_fields(it: &Today, risk: f64) -> Result<LargestTodayFields> {
    Ok(LargestTodayFields {
        data: it.data,
        of: it.of.clone(),
        blocks: it.blocks,
        source: it.source.clone(),
        largest: it.largest.iter().map(|one| largest(one, risk)).collect::<Result<_>>()?,
    })
}

/// How often a payment is undone.
///
/// By a share of the hashrate that stays as it is, exactly and by Nakamoto's estimate; by today's largest pool, group and owner; and the
/// share from which selfish mining pays.
#[utoipa::path(
    get,
    operation_id = "double_spend",
    path = "/api/v1/double-spend",
    tag = "What it costs",
    params(RaceParams, MainnetParams, FormatParam),
    responses(
        (status = 200, description = "Probabilities", content(
            (Told<DoubleSpendFields> = "application/json"), (String = "text/csv")
        )),
        Refusals
    )
)]
pub(crate) async fn api(
    State(state): State<WebState>,
    headers: HeaderMap,
    uri: Uri,
) -> std::result::Result<Response, WebError> {
    let mut params = Params::of(&uri);
    let q = params.part::<Part>("q")?.map(|Part(q)| q);
    let z = params.number("z", (0, 10_000_000))?.unwrap_or(6);
    params.asked("z", &z);
    let risk = risk(&mut params)?;
    let asked = Mainnet::api(&state, params, &headers).await?;
    let found = today(&state, &asked).await?;
    let told_of = |error| refused(&error, &[]);
    let race = q.map(|q| race((q, u64::from(z), risk))).transpose().map_err(told_of)?;
    let fields = DoubleSpendFields {
        race,
        selfish_threshold: threshold(0.0).map_err(told_of)?,
        selfish_threshold_half_follow: threshold(0.5).map_err(told_of)?,
        today: found.as_ref().map(|it| today_fields(it, risk)).transpose().map_err(told_of)?,
    };
    let rows = table(&fields);
    told(&state, &asked, "Probability that a payment is undone", || fields, || rows)
}

/// A risk: above 0, below 1.
fn risk(params: &mut Params) -> std::result::Result<f64, WebError> {
    let risk = params.take::<Part>("risk")?.map_or(USUAL_RISK, |Part(risk)| risk);
    if risk <= 0.0 || risk >= 1.0 {
        return Err(WebError::BadValue { name: "risk", reason: "above 0 and below 1".to_owned() });
    }
    params.asked("risk", &risk);
    Ok(risk)
}

fn table(fields: &DoubleSpendFields) -> Table {
    let mut rows: Vec<Vec<Value>> = Vec::new();
    if let Some(race) = &fields.race {
        rows.push(vec![
            json!("asked"),
            Value::Null,
            json!(race.q),
            Value::Null,
            Value::Null,
            json!(race.z),
            json!(race.probability),
            Value::Null,
            Value::Null,
            json!(race.nakamoto_probability),
        ]);
    }
    for one in fields.today.iter().flat_map(|today| &today.largest) {
        for at in &one.probabilities {
            rows.push(vec![
                json!(format!("largest {}", one.by)),
                json!(one.name),
                json!(one.share),
                json!(one.share_low),
                json!(one.share_high),
                json!(at.z),
                json!(at.probability),
                json!(at.low),
                json!(at.high),
                json!(at.nakamoto_probability),
            ]);
        }
    }
    let columns = [
        "of",
        "name",
        "share",
        "share_low_95",
        "share_high_95",
        "confirmations",
        "probability",
        "probability_at_low_share",
        "probability_at_high_share",
        "nakamoto_probability",
    ];
    Table::new("double-spend", &columns, rows)
}

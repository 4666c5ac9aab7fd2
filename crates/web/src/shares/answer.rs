//! `GET /api/v1/shares`: who mined the blocks of a window.

use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_metrics::Interval;
use hashwatch_model::Window;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{CONFIDENCE, Range, Share, Shares, USUAL, by::By};
use crate::{
    asked::Asked,
    error::WebError,
    miners::{self, MinersFields},
    openapi::{
        FormatParam, PinParams, Refusals, SharesByParam, WindowParam,
        words::{texts, words},
    },
    params::Params,
    state::WebState,
    table::{Answered, Table, answer},
    window_links::range_words,
};

/// Who mined the blocks of a window.
///
/// With `by=group` or `by=owner` the pools behind which somebody stands are counted together, each at its time. With `by=miner` there
/// is a row for each listed company: blocks of its own pools, and an estimate of the rest.
#[utoipa::path(
    get,
    path = "/api/v1/shares",
    tag = "Who mines",
    params(WindowParam, SharesByParam, PinParams, FormatParam),
    responses(
        (status = 200, description = "Shares, most blocks first", content(
            (Answered<AnySharesFields> = "application/json"), (String = "text/csv")
        )),
        Refusals
    )
)]
pub(crate) async fn shares(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Result<Response, WebError> {
    let mut params = Params::of(&uri);
    let window = params.window(USUAL)?;
    let by = params.word("by", &["pool", "group", "owner", "miner"])?;
    let asked = Asked::api(&state, params, &headers).await?;
    if by == "miner" {
        return miners::answered(&state, &asked, window).await;
    }
    let by = By::from_word(by);
    let shares = Shares::read_by(&state, &asked.view, window, by).await?;
    let title = format!("Share of {} by {}", range_words(shares.range), by.word());
    answer(&state, &asked, &title, || fields(&shares, window, by), || table(&shares, window, by))
}

texts! {
    /// What blocks are counted by.
    ByWord: words(By::ALL.map(By::word));
}

/// Shares, by what is counted as one.
#[derive(ToSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "described, not built: either answer is sent by itself")]
enum AnySharesFields {
    Shares(SharesFields),
    Miners(MinersFields),
}

/// What every answer says of its window.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct WindowFields {
    /// As it is asked for: blocks (`2016`), days (`45d`), or a name.
    name: String,
    from_height: u32,
    to_height: u32,
    #[schema(minimum = 1)]
    blocks: u64,
}

pub(crate) fn window_fields(window: Window, range: Range) -> WindowFields {
    WindowFields { name: window.to_string(), from_height: range.from, to_height: range.to, blocks: range.blocks() }
}

/// Unknown's part: no row, as it is nobody.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct UnknownFields {
    blocks: u64,
    /// A part of one, of all blocks; with Wilson's interval.
    #[schema(minimum = 0, maximum = 1)]
    share: f64,
    #[schema(minimum = 0, maximum = 1)]
    low: f64,
    #[schema(minimum = 0, maximum = 1)]
    high: f64,
}

pub(crate) fn unknown_fields(shares: &Shares) -> UnknownFields {
    let Interval { value, low, high } = shares.unknown_share;
    UnknownFields { blocks: shares.unknown, share: value, low, high }
}

/// Who mined the blocks of a window, most blocks first.
#[derive(Serialize, ToSchema)]
pub(crate) struct SharesFields {
    window: WindowFields,
    #[schema(value_type = ByWord)]
    by: &'static str,
    /// Of every interval: a part of one.
    confidence: f64,
    unknown: UnknownFields,
    shares: Vec<ShareFields>,
}

/// A pool, or whoever stands behind some.
#[derive(Serialize, ToSchema)]
struct ShareFields {
    /// Its slug.
    id: String,
    /// A pool stands for itself where nobody is known to stand behind it.
    #[schema(value_type = ByWord)]
    kind: &'static str,
    name: String,
    blocks: u64,
    /// A part of one, of all blocks of the window; with Wilson's interval.
    #[schema(minimum = 0, maximum = 1)]
    share: f64,
    #[schema(minimum = 0, maximum = 1)]
    low: f64,
    #[schema(minimum = 0, maximum = 1)]
    high: f64,
}

fn fields(shares: &Shares, window: Window, by: By) -> SharesFields {
    let row = |one: &Share| {
        let Interval { value, low, high } = one.share;
        let (id, name) = (one.slug.clone(), one.name.clone());
        ShareFields { id, kind: one.kind, name, blocks: one.blocks, share: value, low, high }
    };
    SharesFields {
        window: window_fields(window, shares.range),
        by: by.word(),
        confidence: CONFIDENCE,
        unknown: unknown_fields(shares),
        shares: shares.pools.iter().map(row).collect(),
    }
}

fn table(shares: &Shares, window: Window, by: By) -> Table {
    let row = |id: Value, kind: &str, name: &str, blocks: u64, share: Interval| {
        vec![id, json!(kind), json!(name), json!(blocks), json!(share.value), json!(share.low), json!(share.high)]
    };
    let rows = shares.pools.iter().map(|one| row(json!(one.slug), one.kind, &one.name, one.blocks, one.share));
    let unknown = row(Value::Null, "unknown", "Unknown", shares.unknown, shares.unknown_share);
    Table::new(
        &format!("shares-{}-{window}", by.word()),
        &["id", "kind", "name", "blocks", "share_of_blocks", "low_95", "high_95"],
        rows.chain([unknown]).collect(),
    )
}

//! `GET /api/v1/shares`: who mined the blocks of a window.

use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_metrics::Interval;
use hashwatch_model::Window;
use serde_json::{Value, json};

use super::{CONFIDENCE, Range, Share, Shares, USUAL, by::By};
use crate::{
    asked::Asked,
    error::WebError,
    miners,
    params::Params,
    state::WebState,
    table::{Table, answer},
    window_links::range_words,
};

/// `GET /api/v1/shares`.
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

/// What every answer says of its window.
pub(crate) fn window_json(window: Window, range: Range) -> Value {
    json!({
        "name": window.to_string(), "from_height": range.from, "to_height": range.to, "blocks": range.blocks(),
    })
}

/// Unknown's part: no row, as it is nobody.
pub(crate) fn unknown_json(shares: &Shares) -> Value {
    let Interval { value, low, high } = shares.unknown_share;
    json!({ "blocks": shares.unknown, "share": value, "low": low, "high": high })
}

fn fields(shares: &Shares, window: Window, by: By) -> Value {
    let row = |share: &Share| {
        let Interval { value, low, high } = share.share;
        json!({
            "id": share.slug, "kind": share.kind, "name": share.name, "blocks": share.blocks,
            "share": value, "low": low, "high": high,
        })
    };
    json!({
        "window": window_json(window, shares.range),
        "by": by.word(),
        "confidence": CONFIDENCE,
        "unknown": unknown_json(shares),
        "shares": shares.pools.iter().map(row).collect::<Vec<_>>(),
    })
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

//! Whether somebody found as many blocks as before.

use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_metrics::{Found, Luck, holm, luck_since};
use hashwatch_model::Window;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::{
    asked::Asked,
    error::WebError,
    openapi::{ByParam, FormatParam, PinParams, Refusals, WindowParam},
    params::Params,
    shares::{
        CONFIDENCE, Range, USUAL,
        answer::{WindowFields, window_fields},
        by::By,
        entities::{Entities, Entity},
    },
    state::WebState,
    table::{Answered, Form, Table, answer},
    window_links::range_words,
    wording::thousands,
};

/// Where none is asked for, shares are compared with those of as many days before the window.
const BEFORE: Window = Window::Days(90);

/// Blocks of a window against those of one before it.
#[derive(Serialize, ToSchema)]
struct LuckFields {
    window: WindowFields,
    /// What is compared with: blocks that end where the window begins.
    before: WindowFields,
    /// pool, group or owner
    by: &'static str,
    confidence: f64,
    /// Most blocks found first.
    luck: Vec<LuckRow>,
}

/// What somebody found, and what the window before let expect.
#[derive(Serialize, ToSchema)]
struct LuckRow {
    id: String,
    /// pool, group or owner
    kind: &'static str,
    name: String,
    found: u64,
    /// By the share that it had before.
    expected: f64,
    found_before: u64,
    /// The share of now over the share of before, with its interval; null where there was nothing before.
    #[schema(required)]
    ratio: Option<f64>,
    #[schema(required)]
    low: Option<f64>,
    #[schema(required)]
    high: Option<f64>,
    /// Fisher's exact test, two-sided: that chance parts two windows of one and the same share as far.
    p_value: f64,
    /// The same where all rows are looked at at once (Holm).
    p_value_adjusted: f64,
}

/// Whether blocks came as often as before.
///
/// Everybody's blocks of the window against those of a window before it (`before`). Luck and a changed share of the hashrate look alike:
/// a small p-value says that chance alone is a poor explanation.
#[utoipa::path(
    get,
    operation_id = "luck",
    path = "/api/v1/luck",
    tag = "Who mines",
    params(
        WindowParam,
        ("before" = Option<String>, Query, description = "The window to compare with, which ends where the other begins; else 3m",
         pattern = "^(24h|3d|1[wmy]|[36]m|[23]y|[1-9][0-9]{0,6}|[1-9][0-9]{0,3}d)$"),
        ByParam, PinParams, FormatParam
    ),
    responses(
        (status = 200, description = "Found and expected, most found first", content(
            (Answered<LuckFields> = "application/json"), (String = "text/csv")
        )),
        Refusals
    )
)]
pub(crate) async fn api(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Result<Response, WebError> {
    let mut params = Params::of(&uri);
    let window = params.window(USUAL)?;
    let reference = params.window_called("before", BEFORE)?;
    if reference == Window::All {
        return Err(WebError::BadValue { name: "before", reason: "blocks or days".to_owned() });
    }
    let by = By::take(&mut params)?;
    let asked = Asked::api(&state, params, &headers).await?;
    let entities = Entities::read(&state, &asked.view, by).await?;
    let chain = asked.view.chain().await?;
    let range = Range::of(&chain, window);
    let below = range.from.checked_sub(1).filter(|below| chain.place(*below).is_some());
    let none =
        || WebError::NotAvailable(format!("nothing is stored before block {}, where the window begins", range.from));
    let below = below.ok_or_else(none)?;
    let (from, to) = chain.range_to(reference, below).ok_or_else(none)?;
    let before = Range { from, to };
    let rows = rows(&entities, range, before);
    let title = format!(
        "Blocks found in {} by {}, against the {} blocks before",
        range_words(range),
        by.word(),
        thousands(before.blocks())
    );
    match asked.form {
        Form::Csv => answer(&state, &asked, &title, || (), || table(&rows, &format!("luck-{}-{window}", by.word()))),
        Form::Json => {
            let (window, before) = (window_fields(window, range), window_fields(reference, before));
            let fields = LuckFields { window, before, by: by.word(), confidence: CONFIDENCE, luck: rows };
            answer(&state, &asked, &title, || fields, || Table::new("", &[], Vec::new()))
        }
    }
}

fn rows(entities: &Entities, now: Range, before: Range) -> Vec<LuckRow> {
    let (found, known) = (entities.counts(now), entities.counts(before));
    let luck = |place: usize| {
        let (now, before) = (
            Found { found: found[place], blocks: now.blocks() },
            Found { found: known[place], blocks: before.blocks() },
        );
        luck_since(now, before, CONFIDENCE).filter(|_| found[place] + known[place] > 0)
    };
    let all: Vec<(usize, Luck)> = (1..found.len()).filter_map(|place| Some((place, luck(place)?))).collect();
    let p_values: Vec<f64> = all.iter().map(|(_, luck)| luck.p_value).collect();
    let adjusted = holm(&p_values).unwrap_or(p_values);
    let row = |((place, luck), p_value_adjusted): ((usize, Luck), f64)| {
        let Entity { id, name, kind } = entities.who()[place].clone();
        LuckRow {
            id,
            kind,
            name,
            found: luck.found,
            expected: luck.expected,
            found_before: known[place],
            ratio: luck.ratio.map(|it| it.value),
            low: luck.ratio.map(|it| it.low),
            high: luck.ratio.map(|it| it.high),
            p_value: luck.p_value,
            p_value_adjusted,
        }
    };
    let mut rows: Vec<LuckRow> = all.into_iter().zip(adjusted).map(row).collect();
    rows.sort_by(|one, other| other.found.cmp(&one.found).then_with(|| one.id.cmp(&other.id)));
    rows
}

fn table(rows: &[LuckRow], file: &str) -> Table {
    let row = |it: &LuckRow| {
        vec![
            json!(it.id),
            json!(it.kind),
            json!(it.name),
            json!(it.found),
            json!(it.expected),
            json!(it.found_before),
            json!(it.ratio),
            json!(it.low),
            json!(it.high),
            json!(it.p_value),
            json!(it.p_value_adjusted),
        ]
    };
    let columns = [
        "id",
        "kind",
        "name",
        "blocks_found",
        "blocks_expected",
        "blocks_found_before",
        "ratio_of_shares",
        "low_95",
        "high_95",
        "p_value",
        "p_value_adjusted",
    ];
    Table::new(file, &columns, rows.iter().map(row).collect())
}

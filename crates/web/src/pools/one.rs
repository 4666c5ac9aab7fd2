//! One pool: `/pools/{slug}` and `/api/v1/pools/{slug}`.

mod answer;

use askama::Template;
use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_model::{EvidenceKind, Window};
use hashwatch_registry::Pool;
use hashwatch_store::{BlockFilter, MarkRecord, StoredBlock};

use self::answer::{OnePoolFields, fields, table};
use super::{
    Records,
    facts::{Figures, figures},
    named_pool,
};
use crate::{
    asked::Asked,
    blocks::row::{BlockRow, block_row},
    chart_box::ChartBox,
    error::WebError,
    method::Method,
    openapi::{FormatParam, PinParams, Refusals, WindowParam},
    page::{Page, shown},
    params::{Params, segment},
    registry::claims::{Claim, behind, pool as claims_of},
    registry::row::ClaimRow,
    state::WebState,
    table::{Answered, answer},
    view::View,
    window_links::{Choice, range_words, window_links},
    wording::{percent, thousands, utc_day},
};

/// A year: a week says little of one pool.
const USUAL: Window = Window::Days(365);
/// Latest blocks shown.
const LATEST: u32 = 20;

/// All that is told of a pool.
struct Told {
    window: Window,
    asked: Asked,
    pool: Pool,
    records: std::sync::Arc<Records>,
    marks: Vec<MarkRecord>,
    latest: Vec<StoredBlock>,
}

async fn told(
    state: &WebState,
    path: Result<Path<String>, PathRejection>,
    window: Window,
    asked: Asked,
) -> Result<Told, WebError> {
    let slug = segment(path, "pool")?;
    let pool = named_pool(&asked.view, &slug)?.clone();
    let filter = BlockFilter {
        to: Some(asked.view.mark().tip.height),
        limit: LATEST,
        pool: Some(Some(slug.clone())),
        ..BlockFilter::default()
    };
    let records = Records::read(state, &asked.view, window).await?;
    let (marks, latest) = tokio::try_join!(asked.view.pool_marks(&slug), asked.view.blocks(&filter))?;
    Ok(Told { window, asked, pool, records, marks, latest })
}

impl Told {
    fn view(&self) -> &View {
        &self.asked.view
    }

    /// Blocks that a tag or address named.
    fn named_by(&self, claim: &Claim<'_>) -> Option<&MarkRecord> {
        let kind = match claim.what {
            "tag" => EvidenceKind::Tag,
            "address" => EvidenceKind::Address,
            _ => return None,
        };
        self.marks.iter().find(|mark| mark.kind == kind && mark.value == claim.value)
    }
}

/// One pool: what it has, what it is known by, and its latest blocks.
#[utoipa::path(
    get,
    path = "/api/v1/pools/{slug}",
    operation_id = "pool",
    tag = "Who mines",
    params(("slug" = String, Path, description = "The pool's slug"), WindowParam, PinParams, FormatParam),
    responses(
        (status = 200, description = "The pool", content(
            (Answered<OnePoolFields> = "application/json"), (String = "text/csv")
        )),
        Refusals
    )
)]
pub(crate) async fn api(
    State(state): State<WebState>,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Response, WebError> {
    let mut params = Params::of(&uri);
    let window = params.window(USUAL)?;
    let asked = Asked::api(&state, params, &headers).await?;
    let told = told(&state, path, window, asked).await?;
    let title = format!("{} over {}", told.pool.name, range_words(told.records.range()));
    answer(&state, &told.asked, &title, || fields(&told), || table(&told))
}

/// Whether blocks are named by it.
fn is_mark(claim: &Claim<'_>) -> bool {
    matches!(claim.what, "tag" | "address")
}

#[derive(Template)]
#[template(path = "pools/pool.html")]
struct PoolPage {
    page: Page,
    answer: String,
    windows: Vec<Choice>,
    link: Option<String>,
    chart: ChartBox,
    figures: Vec<Figures>,
    marks: Vec<ClaimRow>,
    behind: Vec<ClaimRow>,
    names: Vec<ClaimRow>,
    blocks: Vec<BlockRow>,
    blocks_href: String,
    alerts_href: String,
    method: Method,
}

/// `GET /pools/{slug}`.
pub(crate) async fn page(
    State(state): State<WebState>,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Response {
    let page = async {
        let mut params = Params::of(&uri);
        let window = params.window(USUAL)?;
        let asked = Asked::page(&state, params).await?;
        Ok(drawn(&state, &told(&state, path, window, asked).await?))
    };
    shown(&state, &headers, "/pools", page).await
}

fn drawn(state: &WebState, told: &Told) -> PoolPage {
    let (view, pool, records) = (told.view(), &told.pool, &told.records);
    let answer = sentence(told);
    let pin = told.asked.pin();
    let words = range_words(records.range());
    let query = format!("pool={}&{pin}", pool.slug);
    let path = format!("/pools/{}", pool.slug);
    let blocks = format!("pool={}&to={}&registry={}", pool.slug, view.mark().tip.height, view.registry());
    let computed = format!(
        "Blocks of the pool over all blocks of {words}, with Wilson's interval at 95 %; the picture does the same for runs of \
         blocks. A block is named by the address that gets its reward, then by its tag; each mark stands above with its source. \
         Stale blocks are those that the watched nodes know, so a lower bound."
    );
    let cited = format!("{}, {words}", pool.name);
    let api = format!("/api/v1{path}?{pin}");
    let method = Method::new(state, &told.asked, &cited, computed);
    let title = format!("Share of blocks of {} over {words}", pool.name);
    let claims = claims_of(pool).claims;
    let (marks, names): (Vec<_>, Vec<_>) = claims.iter().partition(|claim| is_mark(claim));
    PoolPage {
        page: Page::new(state, "/pools", &pool.name, &answer),
        windows: window_links(&path, told.window, &told.asked.kept),
        link: pool.link.clone(),
        chart: ChartBox::new("pool", title, answer.clone(), &query, 0),
        figures: figures(records, &pool.slug),
        marks: mark_rows(told, marks),
        behind: behind(&view.who, &pool.slug).iter().map(|(entry, claim)| ClaimRow::tie(view, entry, claim)).collect(),
        names: names.into_iter().map(ClaimRow::of).collect(),
        blocks: told.latest.iter().map(|block| block_row(view, block)).collect(),
        blocks_href: format!("/blocks?{blocks}"),
        alerts_href: format!("/alerts?subject=pool%3A{}", pool.slug),
        method: method.with([
            ("JSON", api.clone()),
            ("CSV of its marks", format!("{api}&format=csv")),
            ("CSV over time", format!("/charts/pool.csv?{query}")),
            ("CSV of its latest blocks", format!("/api/v1/blocks?{blocks}&limit=200&format=csv")),
        ]),
        answer,
    }
}

/// Those that named most blocks first: a pool may have dozens.
fn mark_rows(told: &Told, mut marks: Vec<&Claim<'_>>) -> Vec<ClaimRow> {
    marks.sort_by_key(|claim| std::cmp::Reverse(told.named_by(claim).map_or(0, |record| record.blocks)));
    marks.into_iter().map(|claim| ClaimRow::of(claim).counted(told.named_by(claim))).collect()
}

fn sentence(told: &Told) -> String {
    let (pool, records) = (&told.pool, &told.records);
    let (words, slug) = (range_words(records.range()), Some(pool.slug.as_str()));
    let tip = thousands(u64::from(told.view().mark().tip.height));
    let share = records.share(slug);
    let (value, low, high) = (percent(share.value), percent(share.low), percent(share.high));
    if records.blocks(slug) > 0 {
        return format!("{} mined {value}\u{a0}% of {words} ({low} to {high}\u{a0}%), as of block {tip}.", pool.name);
    }
    let last = match records.ever(slug) {
        None => "no block of it is stored".to_owned(),
        Some(ever) => {
            let day = records.time_at(ever.last).map_or_else(String::new, |time| format!(" of {}", utc_day(time)));
            format!("its last is block {}{day}", thousands(u64::from(ever.last)))
        }
    };
    let none =
        if records.range().blocks() == 1 { format!("did not mine {words}") } else { format!("mined none of {words}") };
    format!("{} {none} (0 to {high}\u{a0}%), as of block {tip}; {last}.", pool.name)
}

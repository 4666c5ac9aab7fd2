//! `GET /api/v1/published`: the published months, and where our own counts of the same months differ.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, Uri, header},
    response::{IntoResponse, Response},
};
use hashwatch_metrics::Index;
use hashwatch_model::Network;
use hashwatch_registry::{Published, PublishedMonth, Registry};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Own, SOURCE, indexed, own_months, own_view, pin, registry_of, source_line};
use crate::{
    api::{AsOf, as_of},
    charts::index_of,
    concentration::{fields::FigureFields, words::name},
    error::WebError,
    openapi::{ByParam, FormatParam, PinParams, Refusals, words::IndexWord},
    params::Params,
    shares::by::By,
    state::WebState,
    table::{Form, Table, plain_file},
    view::View,
};

/// Months as others published them.
#[derive(Serialize, ToSchema)]
pub(crate) struct PublishedFields {
    /// Always `published`: labels of others, not verified here.
    data: &'static str,
    /// Always `mainnet`.
    network: &'static str,
    note: &'static str,
    /// Where the labels can be read, and when they stood there.
    source: String,
    #[schema(required)]
    source_date: Option<String>,
    licence: String,
    from_height: u32,
    to_height: u32,
    /// The index that `value` is of, and what is counted as one.
    metric: &'static str,
    by: &'static str,
    /// The version of the registry that groups and owners are of.
    registry_version: String,
    /// The block that our own counts are as of; null where no block of mainnet is stored here.
    #[schema(required)]
    as_of: Option<AsOf>,
    /// The same question, as of the same block and under the same registry.
    permalink: String,
    /// A line to cite the answer by.
    citation: String,
    /// The oldest first.
    months: Vec<MonthFields>,
}

/// A month, by header time in UTC.
#[derive(Serialize, ToSchema)]
struct MonthFields {
    /// 2025-01
    month: String,
    /// Blocks of it lie outside of the heights that were counted.
    partial: bool,
    blocks: u64,
    unknown: u64,
    #[serde(flatten)]
    figure: FigureFields,
    pools: Vec<PublishedPool>,
    /// The same month of our own chain, headers verified here; null where that does not hold all of it.
    #[schema(required)]
    verified: Option<OwnFields>,
}

/// Blocks of a pool.
#[derive(Serialize, ToSchema)]
struct PublishedPool {
    pool: String,
    blocks: u64,
}

/// Our own counts of a month.
#[derive(Serialize, ToSchema)]
struct OwnFields {
    blocks: u64,
    unknown: u64,
    #[schema(required)]
    value: Option<f64>,
    /// Pools of which we count another number.
    differences: Vec<Difference>,
}

/// A pool with two numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Difference {
    /// Null for Unknown.
    #[schema(required)]
    pub(crate) pool: Option<String>,
    pub(crate) published: u64,
    pub(crate) verified: u64,
}

/// Concentration by month as others published it.
///
/// Labels of others, not verified here: shown so that there is something of the past where no node tells it. With a node of mainnet our
/// own counts stand beside them.
#[utoipa::path(
    get,
    operation_id = "published",
    path = "/api/v1/published",
    tag = "How concentrated",
    params(
        ("metric" = inline(Option<IndexWord>), Query, description = "An index of /api/v1/concentration; else hhi"),
        ByParam, PinParams, FormatParam
    ),
    responses(
        (status = 200, description = "Months, the oldest first", content(
            (PublishedFields = "application/json"), (String = "text/csv")
        )),
        Refusals
    )
)]
pub(crate) async fn api(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Result<Response, WebError> {
    let mut params = Params::of(&uri);
    let (index, by) = (index_of(&mut params)?, By::take(&mut params)?);
    let form = Form::of(&mut params, &headers)?;
    let (as_of_block, version) = (params.as_of()?, params.registry()?);
    let asked = format!("{}?{}", params.path(), params.question());
    params.finish()?;
    let view = own_view(&state, as_of_block, version).await?;
    let own = own_months(&state, view.as_ref()).await?;
    let registry = registry_of(&state, view.as_ref());
    let permalink = format!("{asked}&{}", pin(&state, view.as_ref()));
    let months = Published::builtin().months.iter();
    let months = months.map(|month| month_fields(registry, month, (index, by), own.as_deref()));
    let months: Vec<MonthFields> = tokio::task::block_in_place(|| months.collect());
    let title = format!("{} by {} and month as published", name(index), by.word());
    match form {
        Form::Json => {
            let fields = fields(registry, view.as_ref(), (index, by), &title, (permalink, months));
            Ok(([(header::VARY, "accept")], Json(fields)).into_response())
        }
        Form::Csv => {
            let file = format!("published-months-{}-{}", index.word(), by.word());
            plain_file(&table(&file, &months), &title, &format!("{}; permalink: {permalink}", source_line()))
        }
    }
}

fn fields(
    registry: &Registry,
    view: Option<&View>,
    (index, by): (Index, By),
    title: &str,
    (permalink, months): (String, Vec<MonthFields>),
) -> PublishedFields {
    let (published, version) = (Published::builtin(), registry.version());
    PublishedFields {
        data: "published",
        network: Network::Mainnet.name(),
        note: SOURCE,
        source: published.source.url.clone(),
        source_date: published.source.date.as_ref().map(ToString::to_string),
        licence: published.licence.clone(),
        from_height: published.from_height,
        to_height: published.to_height,
        metric: index.word(),
        by: by.word(),
        registry_version: version.0.clone(),
        as_of: view.map(|view| as_of(view.mark())),
        permalink,
        citation: format!(
            "hashwatch {}, mainnet (published): {title}, {}, registry {version}.",
            env!("CARGO_PKG_VERSION"),
            source_line()
        ),
        months,
    }
}

fn table(file: &str, months: &[MonthFields]) -> Table {
    let columns = [
        "month",
        "partial",
        "blocks",
        "unknown_blocks",
        "value",
        "low_95",
        "high_95",
        "unknown_low",
        "unknown_high",
        "verified_blocks",
        "verified_value",
    ];
    let row = |month: &MonthFields| {
        let (figure, verified) = (json!(month.figure), month.verified.as_ref());
        let mut row = vec![json!(month.month), json!(month.partial), json!(month.blocks), json!(month.unknown)];
        row.extend(["value", "low", "high", "unknown_low", "unknown_high"].map(|key| figure[key].clone()));
        row.extend([json!(verified.map(|own| own.blocks)), json!(verified.and_then(|own| own.value))]);
        row
    };
    Table::new(file, &columns, months.iter().map(row).collect())
}

fn month_fields(
    registry: &Registry,
    month: &PublishedMonth,
    (index, by): (Index, By),
    own: Option<&Own>,
) -> MonthFields {
    let found = indexed(registry, month, by, index);
    let verified = own.and_then(|own| own.months.get(&month.month)).map(|counts| {
        let ours = ours(month, counts);
        OwnFields {
            blocks: ours.total,
            unknown: ours.unknown,
            value: indexed(registry, &ours, by, index).and_then(|it| it.value),
            differences: differences(month, &ours),
        }
    });
    MonthFields {
        month: month.month.strftime("%Y-%m").to_string(),
        partial: month.partial,
        blocks: month.total,
        unknown: month.unknown,
        figure: found.into(),
        pools: month
            .counts
            .iter()
            .map(|(pool, blocks)| PublishedPool { pool: pool.clone(), blocks: *blocks })
            .collect(),
        verified,
    }
}

/// Our own counts in the form of the published ones.
pub(crate) fn ours(month: &PublishedMonth, counts: &std::collections::BTreeMap<String, u64>) -> PublishedMonth {
    let named = counts.iter().filter(|(slug, _)| !slug.is_empty());
    PublishedMonth {
        month: month.month,
        partial: false,
        first_height: None,
        last_height: None,
        total: counts.values().sum(),
        unknown: counts.get("").copied().unwrap_or_default(),
        counts: named.map(|(slug, blocks)| (slug.clone(), *blocks)).collect(),
    }
}

/// Where two counts of a month differ, the largest difference first; Unknown stands under none.
pub(crate) fn differences(published: &PublishedMonth, ours: &PublishedMonth) -> Vec<Difference> {
    let of = |month: &PublishedMonth, slug: &str| {
        month.counts.iter().find(|(known, _)| known == slug).map_or(0, |(_, blocks)| *blocks)
    };
    let mut slugs: Vec<&str> =
        [published, ours].iter().flat_map(|it| &it.counts).map(|(slug, _)| slug.as_str()).collect();
    slugs.sort_unstable();
    slugs.dedup();
    let named = slugs.into_iter().map(|slug| Difference {
        pool: Some(slug.to_owned()),
        published: of(published, slug),
        verified: of(ours, slug),
    });
    let unknown = Difference { pool: None, published: published.unknown, verified: ours.unknown };
    let mut all: Vec<Difference> = named.chain([unknown]).filter(|it| it.published != it.verified).collect();
    all.sort_by_key(|it| std::cmp::Reverse(it.published.abs_diff(it.verified)));
    all
}

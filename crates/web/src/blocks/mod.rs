//! Lists of blocks: the page `/blocks`, and `/api/v1/blocks` with its single blocks.

pub(crate) mod csv;
pub(crate) mod json;
pub(crate) mod row;

use askama::Template;
use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_model::coinbase::readable_text;
use hashwatch_store::{BlockFilter, StoredBlock};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use self::{
    json::{BlockFields, CoinbaseFields, WholeCoinbaseFields, block_fields, whole_block_fields},
    row::{BlockRow, block_row},
};
use crate::{
    api::MAX_LIST,
    asked::Asked,
    block,
    error::WebError,
    method::Method,
    openapi::{BlocksParams, FormatParam, PinParams, Refusals},
    page::{Page, shown},
    params::{Params, segment},
    pools::no_such_pool,
    state::WebState,
    table::{Answered, Table, answer},
    view::View,
    wording::thousands,
};

/// Blocks on a page.
const ON_A_PAGE: u32 = 50;

/// Which blocks were asked for.
struct Wanted {
    from: Option<u32>,
    to: Option<u32>,
    limit: u32,
    pool: Option<String>,
}

impl Wanted {
    fn read(params: &mut Params) -> Result<Wanted, WebError> {
        let from = params.count("from", (0, u32::MAX))?;
        let to = params.count("to", (0, u32::MAX))?;
        let limit = params.count("limit", (1, MAX_LIST))?.unwrap_or(ON_A_PAGE);
        let pool = params.part::<String>("pool")?;
        if let (Some(from), Some(to)) = (from, to)
            && from > to
        {
            return Err(WebError::BadValue { name: "from", reason: "it lies above \"to\"".to_owned() });
        }
        Ok(Wanted { from, to, limit, pool })
    }

    fn filter(&self, view: &View) -> Result<BlockFilter, WebError> {
        let pool = match self.pool.as_deref() {
            None => None,
            Some("unknown") => Some(None),
            Some(slug) if view.who.pool(slug).is_some() => Some(Some(slug.to_owned())),
            Some(_) => return Err(no_such_pool()),
        };
        Ok(BlockFilter { from: self.from, to: self.to, limit: self.limit, pool })
    }

    /// The same blocks up to another height, as a query with what is kept of it.
    fn query(&self, to: Option<u32>, kept: &str) -> String {
        let parts = [
            self.pool.as_ref().map(|pool| format!("pool={pool}")),
            self.from.map(|from| format!("from={from}")),
            to.map(|to| format!("to={to}")),
            (self.limit != ON_A_PAGE).then(|| format!("limit={}", self.limit)),
            (!kept.is_empty()).then(|| kept.to_owned()),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join("&")
    }
}

/// Blocks of the active chain, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/blocks",
    operation_id = "blocks",
    tag = "The chain",
    params(BlocksParams, PinParams, FormatParam),
    responses(
        (status = 200, description = "Blocks", content((Answered<BlocksFields> = "application/json"), (String = "text/csv"))),
        Refusals
    )
)]
pub(crate) async fn list(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Result<Response, WebError> {
    let mut params = Params::of(&uri);
    let wanted = Wanted::read(&mut params)?;
    let asked = Asked::api(&state, params, &headers).await?;
    let view = &asked.view;
    let blocks = view.blocks(&wanted.filter(view)?).await?;
    let fields = || BlocksFields { blocks: blocks.iter().map(|block| block_fields(view, block)).collect() };
    answer(&state, &asked, "Blocks of the active chain", fields, || table(view, &blocks))
}

/// Blocks of the active chain, newest first.
#[derive(Serialize, ToSchema)]
struct BlocksFields {
    #[schema(max_items = 200)]
    blocks: Vec<BlockFields<CoinbaseFields>>,
}

fn table(view: &View, blocks: &[StoredBlock]) -> Table {
    let row = |stored: &StoredBlock| {
        let (block, who) = (&stored.block, &stored.attribution);
        let mark = who.support().next();
        let name =
            who.pool.as_deref().map(|slug| view.pool_name_on(slug, hashwatch_registry::day_of(block.header.time)));
        vec![
            json!(block.id.height),
            json!(block.id.hash.to_string()),
            json!(block.header.time),
            json!(who.pool),
            json!(name),
            json!(who.strength.map(hashwatch_model::Strength::name)),
            json!(mark.map(|mark| mark.kind.name())),
            mark.map_or(Value::Null, |mark| json!(mark.value)),
            json!(readable_text(&block.coinbase_script)),
            json!(block.tx_count),
            json!(block.size),
            json!(block.weight),
            json!(block.subsidy),
            json!(block.fees()),
        ]
    };
    let columns = [
        "height",
        "hash",
        "time_unix_seconds",
        "pool",
        "name",
        "strength",
        "mark",
        "mark_value",
        "coinbase_text",
        "tx_count",
        "size_bytes",
        "weight_units",
        "subsidy_sats",
        "fees_sats",
    ];
    Table::new("blocks", &columns, blocks.iter().map(row).collect())
}

/// One block: its facts, who mined it and why that name, and its coinbase taken apart.
#[utoipa::path(
    get,
    path = "/api/v1/blocks/{block}",
    operation_id = "block",
    tag = "The chain",
    params(("block" = String, Path, description = "A height of the active chain, or a hash: of a stale block, too"), PinParams, FormatParam),
    responses(
        (status = 200, description = "The block", content(
            (Answered<BlockFields<WholeCoinbaseFields>> = "application/json"), (String = "text/csv")
        )),
        Refusals
    )
)]
pub(crate) async fn single(
    State(state): State<WebState>,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Response, WebError> {
    let wanted = segment(path, "block")?;
    let asked = Asked::api(&state, Params::of(&uri), &headers).await?;
    let view = &asked.view;
    let (found, coinbase) = block::find(view, &wanted).await?;
    let title = format!("Block {}", thousands(u64::from(found.block.id.height)));
    let fields = || whole_block_fields(&state, view, &found, &coinbase);
    answer(&state, &asked, &title, fields, || table(view, std::slice::from_ref(&found)))
}

#[derive(Template)]
#[template(path = "blocks/blocks.html")]
struct BlocksPage {
    page: Page,
    answer: String,
    pools: Vec<PoolChoice>,
    to: String,
    registry: Option<String>,
    blocks: Vec<BlockRow>,
    older: Option<String>,
    newest: Option<String>,
    method: Method,
}

struct PoolChoice {
    slug: String,
    name: String,
    chosen: bool,
}

/// `GET /blocks`.
pub(crate) async fn page(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Response {
    shown(&state, &headers, "/blocks", read(&state, &uri)).await
}

async fn read(state: &WebState, uri: &Uri) -> Result<BlocksPage, WebError> {
    let mut params = Params::of_form(uri);
    let wanted = Wanted::read(&mut params)?;
    let asked = Asked::page(state, params).await?;
    let view = &asked.view;
    let tip = view.mark().tip.height;
    // one more than is shown tells whether there are more
    let filter = wanted.filter(view)?;
    let filter = BlockFilter { to: Some(wanted.to.unwrap_or(tip).min(tip)), limit: wanted.limit + 1, ..filter };
    let mut blocks = view.blocks(&filter).await?;
    let more = blocks.len() > wanted.limit as usize;
    blocks.truncate(wanted.limit as usize);
    let link = |to: Option<u32>| format!("/blocks?{}", wanted.query(to, &asked.kept));
    let older = blocks.last().and_then(|last| last.block.id.height.checked_sub(1));
    let answer = sentence(view, &wanted, &blocks);
    let computed =
        "Newest first, active chain only. Each name is an opinion formed from the block's coinbase, with the \
                    mark that decided below it; the page of a block shows every mark and its source."
            .to_owned();
    let method = Method::new(state, &asked, "blocks of the active chain", computed);
    let api = format!("/api/v1/blocks?{}", asked.pin());
    Ok(BlocksPage {
        page: Page::new(state, "/blocks", "Blocks", &answer),
        pools: pool_choices(view, wanted.pool.as_deref()),
        to: wanted.to.map_or_else(String::new, |to| to.to_string()),
        registry: view.pinned.then(|| view.registry().0.clone()),
        blocks: blocks.iter().map(|block| block_row(view, block)).collect(),
        older: more.then(|| link(older)),
        newest: (wanted.to.is_some_and(|to| to < tip)).then(|| link(None)),
        method: method.with([("JSON", api.clone()), ("CSV", format!("{api}&format=csv"))]),
        answer,
    })
}

fn sentence(view: &View, wanted: &Wanted, blocks: &[StoredBlock]) -> String {
    let whose = match wanted.pool.as_deref() {
        None => "Blocks".to_owned(),
        Some("unknown") => "Blocks that nobody is known to have mined".to_owned(),
        Some(slug) => format!("Blocks of {}", view.pool_name(slug)),
    };
    let tip = thousands(u64::from(view.mark().tip.height));
    match (blocks.first(), blocks.last()) {
        (Some(first), Some(last)) if first.block.id == last.block.id => {
            format!("{whose}: one, at height {}, as of block {tip}.", thousands(u64::from(first.block.id.height)))
        }
        (Some(first), Some(last)) => format!(
            "{whose} {} to {}, as of block {tip}.",
            thousands(u64::from(last.block.id.height)),
            thousands(u64::from(first.block.id.height)),
        ),
        _ => format!("{whose}: none are stored there, as of block {tip}."),
    }
}

fn pool_choices(view: &View, chosen: Option<&str>) -> Vec<PoolChoice> {
    let choice = |slug: &str, name: &str| PoolChoice {
        slug: slug.to_owned(),
        name: name.to_owned(),
        chosen: chosen == Some(slug),
    };
    let mut pools: Vec<PoolChoice> = view.who.pools().iter().map(|pool| choice(&pool.slug, &pool.name)).collect();
    pools.sort_by_key(|pool| pool.name.to_lowercase());
    pools.push(choice("unknown", "Unknown"));
    pools
}

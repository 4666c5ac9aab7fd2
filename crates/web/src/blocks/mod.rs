//! Lists of blocks: the page `/blocks`, and `/api/v1/blocks` with its single blocks.

pub(crate) mod json;
pub(crate) mod row;

use askama::Template;
use axum::{
    extract::{Path, RawQuery, State, rejection::PathRejection},
    http::HeaderMap,
    response::Response,
};
use hashwatch_model::{Anatomy, coinbase::readable_text};
use hashwatch_store::{BlockFilter, StoredBlock};
use serde_json::{Value, json};

use self::{
    json::{block_json, output_json},
    row::{BlockRow, block_row},
};
use crate::{
    api::{Answer, MAX_LIST},
    block,
    error::WebError,
    method::Method,
    page::{Page, shown},
    params::{Params, segment},
    pools::no_such_pool,
    state::WebState,
    table::{Form, Table, answer, enveloped},
    view::View,
    who::anatomy_json,
    wording::thousands,
};

/// Blocks on a page.
const ON_A_PAGE: u32 = 50;

/// Which blocks were asked for.
struct Asked {
    from: Option<u32>,
    to: Option<u32>,
    limit: u32,
    pool: Option<String>,
}

impl Asked {
    fn read(params: &mut Params) -> Result<Asked, WebError> {
        let from = params.number("from", (0, u32::MAX))?;
        let to = params.number("to", (0, u32::MAX))?;
        let limit = params.number("limit", (1, MAX_LIST))?.unwrap_or(ON_A_PAGE);
        let pool = params.take::<String>("pool")?;
        if let (Some(from), Some(to)) = (from, to)
            && from > to
        {
            return Err(WebError::BadValue { name: "from", reason: "it lies above \"to\"".to_owned() });
        }
        Ok(Asked { from, to, limit, pool })
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

    /// The same blocks up to another height, as a query.
    fn query(&self, view: &View, to: Option<u32>, pinned: bool) -> String {
        let parts = [
            self.pool.as_ref().map(|pool| format!("pool={pool}")),
            self.from.map(|from| format!("from={from}")),
            to.map(|to| format!("to={to}")),
            (self.limit != ON_A_PAGE).then(|| format!("limit={}", self.limit)),
            pinned.then(|| format!("registry={}", view.registry())),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join("&")
    }
}

/// `GET /api/v1/blocks`: newest first, active chain only.
pub(crate) async fn list(
    State(state): State<WebState>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, WebError> {
    let mut params = Params::new(query.as_deref());
    let asked = Asked::read(&mut params)?;
    let registry = params.registry()?;
    let form = Form::of(&mut params, &headers)?;
    params.finish()?;
    let view = state.view_under(None, registry).await?;
    let blocks = view.blocks(&asked.filter(&view)?).await?;
    let fields = || json!({ "blocks": blocks.iter().map(|block| block_json(&view, block)).collect::<Vec<_>>() });
    answer(&state, &view, form, fields, || table(&view, &blocks))
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
    Table::new("blocks", "Blocks of the active chain".to_owned(), &columns, blocks.iter().map(row).collect())
}

/// `GET /api/v1/blocks/{height|hash}`: a stale block is found by its hash.
pub(crate) async fn single(
    State(state): State<WebState>,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Answer {
    let asked = segment(path, "block")?;
    let mut params = Params::new(query.as_deref());
    let registry = params.registry()?;
    params.finish()?;
    let view = state.view_under(None, registry).await?;
    let (found, coinbase) = block::find(&view, &asked).await?;
    let mut fields = block_json(&view, &found);
    fields["coinbase"]["anatomy"] = anatomy_json(&view.who, &Anatomy::of(&coinbase), found.block.id.height);
    fields["coinbase"]["outputs"] = coinbase.outputs().iter().map(|out| output_json(&state, out)).collect();
    Ok(axum::Json(enveloped(&state, &view, fields)))
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
pub(crate) async fn page(State(state): State<WebState>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    shown(&state, &headers, "/blocks", read(&state, query.as_deref())).await
}

async fn read(state: &WebState, query: Option<&str>) -> Result<BlocksPage, WebError> {
    let mut params = Params::new(query);
    params.drop_empty();
    let asked = Asked::read(&mut params)?;
    let registry = params.registry()?;
    params.finish()?;
    let view = state.view_under(None, registry).await?;
    let tip = view.mark().tip.height;
    // one more than is shown tells whether there are more
    let filter = asked.filter(&view)?;
    let filter = BlockFilter { to: Some(asked.to.unwrap_or(tip).min(tip)), limit: asked.limit + 1, ..filter };
    let mut blocks = view.blocks(&filter).await?;
    let more = blocks.len() > asked.limit as usize;
    blocks.truncate(asked.limit as usize);
    let link = |to: Option<u32>| format!("/blocks?{}", asked.query(&view, to, view.pinned));
    let older = blocks.last().and_then(|last| last.block.id.height.checked_sub(1));
    let answer = sentence(&view, &asked, &blocks);
    let pinned = asked.query(&view, filter.to, true);
    let computed =
        "Newest first, active chain only. Each name is an opinion formed from the block's coinbase, with the \
                    mark that decided below it; the page of a block shows every mark and its source."
            .to_owned();
    let method = Method::new(state, &view, "blocks of the active chain", computed, format!("/blocks?{pinned}"));
    let api = format!("/api/v1/blocks?{pinned}");
    Ok(BlocksPage {
        page: Page::new(state, "/blocks", "Blocks", &answer),
        pools: pool_choices(&view, asked.pool.as_deref()),
        to: asked.to.map_or_else(String::new, |to| to.to_string()),
        registry: view.pinned.then(|| view.registry().0.clone()),
        blocks: blocks.iter().map(|block| block_row(&view, block)).collect(),
        older: more.then(|| link(older)),
        newest: (asked.to.is_some_and(|to| to < tip)).then(|| link(None)),
        method: method.with([("JSON", api.clone()), ("CSV", format!("{api}&format=csv"))]),
        answer,
    })
}

fn sentence(view: &View, asked: &Asked, blocks: &[StoredBlock]) -> String {
    let whose = match asked.pool.as_deref() {
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

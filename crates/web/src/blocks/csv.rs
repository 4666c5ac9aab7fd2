//! `GET /api/v1/blocks.csv`: every block of the chain and who mined it, sent while it is read.

use std::{fmt::Write, sync::Arc};

use axum::{
    body::Bytes,
    extract::State,
    http::Uri,
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, stream};
use hashwatch_model::{BlockId, Strength};
use hashwatch_registry::{Pool, day_of};
use hashwatch_store::{ChainColumns, MinerColumn, NamedBlocks};

use crate::{
    asked::Asked,
    error::WebError,
    flow,
    openapi::{PinParams, Refusals},
    params::Params,
    policy::Streamed,
    pools::no_such_pool,
    span::range_of,
    state::WebState,
    table::{file_headers, head_line, quoted},
    view::View,
};

/// Rows that are sent at a time.
const AT_A_TIME: usize = 4_096;

const COLUMNS: &str = "\"height\",\"hash\",\"time_unix_seconds\",\"median_time_unix_seconds\",\"pool\",\"name\",\"strength\",\
\"tx_count\",\"subsidy_sats\",\"fees_sats\",\"bits\"\n";

/// Heights that are asked for at a time: the database holds a whole answer until it is read.
const AT_ONCE: u32 = 20_000;

/// Rows that are still to be sent.
struct Rows {
    view: View,
    /// What is being read, and the heights that are not asked for yet.
    blocks: Option<NamedBlocks>,
    next: u32,
    to: u32,
    chain: ChainColumns,
    miners: MinerColumn,
    /// The number of the one pool that is asked for.
    only: Option<u16>,
    /// A pool's slug and names as they stand in a row, by number, with the pool where its name has changed.
    names: Vec<Name>,
}

struct Name {
    slug: String,
    name: String,
    changed: Option<Pool>,
}

/// Every block of the active chain and who mined it.
///
/// The oldest first, as many as there are, sent while they are read.
#[utoipa::path(
    get,
    operation_id = "blocks_csv",
    path = "/api/v1/blocks.csv",
    tag = "The chain",
    params(
        ("from" = Option<String>, Query, description = "A height, a day (2025-01-31, UTC) or Unix seconds (from 500,000,000 up)",
         pattern = "^([0-9]{1,9}|[1-3][0-9]{9}|20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]))$"),
        ("to" = Option<String>, Query, description = "The same",
         pattern = "^([0-9]{1,9}|[1-3][0-9]{9}|20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]))$"),
        ("pool" = Option<String>, Query, description = "The slug of a pool, or `unknown`"),
        PinParams
    ),
    responses((status = 200, description = "Rows", content((String = "text/csv"))), Refusals)
)]
pub(crate) async fn api(State(state): State<WebState>, uri: Uri) -> Result<Response, WebError> {
    let mut params = Params::of(&uri);
    let (from, to) = (params.part("from")?, params.part("to")?);
    let pool = params.part::<String>("pool")?;
    let asked = Asked::page(&state, params).await?;
    let view = asked.view.clone();
    let (chain, miners) = tokio::try_join!(view.chain(), view.miners())?;
    let range = range_of(&chain, from, to)?;
    let only = match pool.as_deref() {
        None => None,
        Some("unknown") => Some(0),
        // one without a block has no number, and no row
        Some(slug) if view.who.pool(slug).is_some() => Some(miners.number(slug).unwrap_or(u16::MAX)),
        Some(_) => return Err(no_such_pool()),
    };
    let head = head_line(&state, &asked, "Blocks of the active chain and who mined them") + COLUMNS;
    let place = flow::place(&state.streams).await?;
    let rows =
        Rows { names: names(&view, &miners), view, blocks: None, next: range.from, to: range.to, chain, miners, only };
    let first = stream::iter([Ok::<_, WebError>(Bytes::from(head))]);
    let rest = stream::try_unfold(rows, |mut rows| async move {
        let lines = rows.lines().await?;
        Ok((!lines.is_empty()).then(|| (Bytes::from(lines), rows)))
    });
    let body = flow::body(first.chain(rest), place);
    let mut response = (file_headers("blocks", &asked), body).into_response();
    response.extensions_mut().insert(Streamed::of(&asked));
    Ok(response)
}

fn names(view: &View, miners: &MinerColumn) -> Vec<Name> {
    let name = |slug: &Arc<str>| {
        let pool = view.who.pool(slug);
        Name {
            slug: quoted(slug),
            name: quoted(view.pool_name(slug)),
            changed: pool.filter(|pool| !pool.former.is_empty()).cloned(),
        }
    };
    miners.slugs().iter().map(name).collect()
}

impl Rows {
    /// The next block, from one question after the other.
    async fn next(&mut self) -> Result<Option<(BlockId, Option<Strength>)>, WebError> {
        loop {
            if let Some(blocks) = &mut self.blocks {
                if let Some(found) = blocks.next().await? {
                    return Ok(Some(found));
                }
                self.blocks = None;
            }
            if self.next > self.to {
                return Ok(None);
            }
            let last = self.to.min(self.next.saturating_add(AT_ONCE - 1));
            self.blocks = Some(self.view.named_blocks(self.next, last)?);
            self.next = last.saturating_add(1);
        }
    }

    /// The next rows as text; none where there are no more.
    async fn lines(&mut self) -> Result<String, WebError> {
        let mut lines = String::with_capacity(AT_A_TIME * 160);
        let mut count = 0;
        while count < AT_A_TIME {
            let Some((id, strength)) = self.next().await? else { break };
            let Some(place) = self.chain.place(id.height) else { continue };
            let number = self.miners.ids()[place];
            if self.only.is_some_and(|only| only != number) {
                continue;
            }
            let time = self.chain.times()[place];
            let Name { slug, name, changed } = &self.names[usize::from(number)];
            let then = changed.as_ref().map(|pool| quoted(pool.name_on(day_of(time))));
            let name = if number == 0 { "\"\"" } else { then.as_deref().unwrap_or(name) };
            let subsidy = self.chain.subsidy(place);
            let fees = hashwatch_model::block::fees(self.chain.rewards()[place], subsidy);
            // writing to a string cannot fail
            let _ = writeln!(
                lines,
                "{},\"{}\",{time},{},{slug},{name},\"{}\",{},{subsidy},{fees},\"{:08x}\"",
                id.height,
                id.hash,
                self.chain.median_times()[place],
                strength.map_or("", hashwatch_model::Strength::name),
                self.chain.tx_counts()[place],
                self.chain.bits()[place],
            );
            count += 1;
        }
        Ok(lines)
    }
}

//! The page of one block: who mined it, why that name, and its coinbase taken apart.

mod parts;

use askama::Template;
use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_model::{Anatomy, Coinbase, Strength};
use hashwatch_registry::day_of;
use hashwatch_store::StoredBlock;

use self::parts::{Fact, MarkRow, OutputRow, StretchRow, facts, mark_row, output_rows, payout_words, stretch_row};
use crate::{
    asked::Asked,
    error::WebError,
    method::Method,
    page::{Page, shown},
    params::{BlockRef, Params, segment},
    state::WebState,
    view::View,
    wording::{thousands, utc},
};

#[derive(Template)]
#[template(path = "block/block.html")]
struct BlockPage {
    page: Page,
    answer: String,
    why: String,
    marks: Vec<MarkRow>,
    stretches: Vec<StretchRow>,
    payout: String,
    outputs: Vec<OutputRow>,
    more_outputs: usize,
    facts: Vec<Fact>,
    method: Method,
    json_href: String,
    older: Option<String>,
    newer: Option<String>,
}

/// `GET /blocks/{height|hash}`.
pub(crate) async fn block(
    State(state): State<WebState>,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Response {
    shown(&state, &headers, "/blocks", read(&state, path, &uri)).await
}

/// A block as it was asked for by height or hash, with its coinbase; a stale one is found by its hash.
pub(crate) async fn find(view: &View, asked: &str) -> Result<(StoredBlock, Coinbase), WebError> {
    let wanted: BlockRef =
        asked.parse().map_err(|reason: &str| WebError::BadValue { name: "block", reason: reason.to_owned() })?;
    let found = match wanted {
        BlockRef::Height(height) => view.block_at(height).await?,
        BlockRef::Hash(hash) => view.block_by_hash(hash).await?,
    };
    // one above the as-of block was not there then
    let found = found.filter(|found| found.block.id.height <= view.mark().tip.height || found.stale);
    let found = found.ok_or_else(|| WebError::NotFound(format!("no block {asked} is stored")))?;
    let coinbase = view.coinbase(&found.block).await?;
    Ok((found, coinbase))
}

async fn read(state: &WebState, path: Result<Path<String>, PathRejection>, uri: &Uri) -> Result<BlockPage, WebError> {
    let wanted = segment(path, "block")?;
    let asked = Asked::page(state, Params::of(uri)).await?;
    let view = &asked.view;
    let (found, coinbase) = find(view, &wanted).await?;
    // what is stored may begin above the genesis
    let below = found.block.id.height.checked_sub(1);
    let below = match below {
        Some(height) if !view.active_ids(height, height).await?.is_empty() => Some(height),
        _ => None,
    };
    Ok(page(state, &asked, &found, &coinbase, below))
}

fn page(state: &WebState, asked: &Asked, found: &StoredBlock, coinbase: &Coinbase, below: Option<u32>) -> BlockPage {
    let view = &asked.view;
    let (block, attribution) = (&found.block, &found.attribution);
    let (height, hash) = (block.id.height, block.id.hash);
    let anatomy = Anatomy::of(coinbase);
    let answer = answer(view, found);
    let day = day_of(block.header.time);
    let outputs = output_rows(&view.who, &anatomy, coinbase, day, |script| state.address(script));
    let neighbour = |height: Option<u32>| {
        let kept = height.filter(|height| !found.stale && *height <= view.mark().tip.height);
        kept.map(|height| view.link(format!("/blocks/{height}")))
    };
    BlockPage {
        page: Page::new(state, "/blocks", &format!("Block {}", thousands(u64::from(height))), &answer),
        why: why(view, found),
        marks: attribution.evidence.iter().map(|mark| mark_row(view, attribution, mark, day)).collect(),
        stretches: anatomy.script.iter().map(|stretch| stretch_row(stretch, anatomy.height, height)).collect(),
        payout: payout_words(&anatomy),
        more_outputs: coinbase.outputs().len() - outputs.len(),
        outputs,
        facts: facts(block, &anatomy, found.stale),
        method: method(state, asked, found),
        json_href: format!("/api/v1/blocks/{hash}?{}", asked.pin()),
        older: neighbour(below),
        newer: neighbour(height.checked_add(1)),
        answer,
    }
}

fn method(state: &WebState, asked: &Asked, found: &StoredBlock) -> Method {
    let id = found.block.id;
    let computed = format!(
        "The header was verified here; the name is an opinion formed from the coinbase under registry {}. Payout addresses \
         decide before tags, since a tag costs nothing to fake.",
        asked.view.registry()
    );
    let cited = format!("block {} ({})", thousands(u64::from(id.height)), id.hash);
    Method::new(state, asked, &cited, computed).with([("JSON", format!("/api/v1/blocks/{}?{}", id.hash, asked.pin()))])
}

/// The name that a block's pool had when it was mined.
fn name_then<'a>(view: &'a View, found: &'a StoredBlock) -> Option<&'a str> {
    let slug = found.attribution.pool.as_deref()?;
    Some(view.pool_name_on(slug, day_of(found.block.header.time)))
}

fn answer(view: &View, found: &StoredBlock) -> String {
    let height = thousands(u64::from(found.block.id.height));
    let (stale, time) = (if found.stale { "Stale block" } else { "Block" }, utc(found.block.header.time));
    match (name_then(view, found), found.attribution.strength) {
        (Some(name), Some(strength)) => {
            format!("{stale} {height} of {time} was mined by {name}, on {} evidence.", strength.name())
        }
        _ => format!("Nobody is known to have mined {} {height} of {time}.", stale.to_lowercase()),
    }
}

/// Why this name, and not another.
fn why(view: &View, found: &StoredBlock) -> String {
    let attribution = &found.attribution;
    let Some(strength) = attribution.strength else {
        let outside = attribution.evidence.len();
        return match outside {
            0 => "No address or tag of the registry is in its coinbase. Unknown is not a pool.".to_owned(),
            _ => format!("The {outside} known marks in its coinbase were nobody's at the time. Unknown is not a pool."),
        };
    };
    let reason = match strength {
        Strength::Strong => "The address that gets the reward is the pool's, and no mark of another pool is there.",
        Strength::Fair if attribution.conflicts().any(|mark| !mark.outside) => {
            "The address that gets the reward is the pool's, but there is a mark of another pool, too."
        }
        Strength::Fair => "It is signed with the pool's tag, which costs nothing to fake, and nothing contradicts it.",
        Strength::Weak => {
            "There are marks of more than one pool, or no more than a lesser share of the reward that speaks."
        }
    };
    let slug = attribution.pool.as_deref().unwrap_or_default();
    let day = day_of(found.block.header.time);
    let group = view.who.group_on(slug, day).map(|(group, _)| {
        let slug = &group.slug;
        format!(" The pool is counted among {} ({slug}) at that time.", group.name)
    });
    let owner = view.who.owner_on(slug, day).map(|(owner, _)| format!(" It is said to belong to {}.", owner.name));
    [Some(reason.to_owned()), group, owner].into_iter().flatten().collect()
}

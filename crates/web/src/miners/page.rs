//! The page of listed miners.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_metrics::predicted;
use hashwatch_model::Window;
use hashwatch_registry::Miner;
use jiff::civil::Date;

use super::{
    answer::part as part_of,
    disclosed::{
        home,
        part::{DisclosedPart, part},
    },
    estimate::{Estimate, Found, Miners, Spread},
    told,
};
use crate::{
    asked::Asked,
    error::WebError,
    mainnet::Mainnet,
    method::Method,
    page::{Page, shown},
    params::{Params, query},
    published::is_ours,
    registry::row::{SourceLink, source_link},
    shares::CONFIDENCE,
    state::WebState,
    view::View,
    window_links::{Choice, range_words, window_links},
    wording::{counted, percent, significant, thousands},
};

#[derive(Template)]
#[template(path = "miners/miners.html")]
struct MinersPage {
    page: Page,
    answer: String,
    /// None before the first block.
    own: Option<Own>,
    disclosed: DisclosedPart,
}

/// What is expected of them on the chain that is followed here.
struct Own {
    simulated: bool,
    windows: Vec<Choice>,
    rows: Vec<MinerRow>,
    silent: Vec<SilentRow>,
    method: Method,
}

struct MinerRow {
    name: String,
    href: String,
    tickers: String,
    direct: String,
    estimate: String,
    interval: String,
    share: String,
    of: String,
    disclosed: String,
    kind: &'static str,
    period: String,
    age: String,
    stale: bool,
    pools: Vec<PoolCell>,
    notes: Vec<String>,
    source: Option<SourceLink>,
}

/// A pool that a miner is said to mine with.
struct PoolCell {
    name: String,
    href: String,
    source: SourceLink,
}

struct SilentRow {
    name: String,
    href: String,
    tickers: String,
    why: &'static str,
}

/// A disclosure that has been carried forward for longer than this is pointed at: a quarter and its report.
const STALE_DAYS: u32 = 135;

/// `GET /miners`.
pub(crate) async fn page(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Response {
    shown(&state, &headers, "/miners", read(&state, &uri)).await
}

async fn read(state: &WebState, uri: &Uri) -> Result<MinersPage, WebError> {
    let mut params = Params::of(uri);
    let window = params.window(Window::Days(30))?;
    // what is published is of a day and a dossier, whatever block the rest is of
    let (on, dossier) = (params.day("on")?, params.take::<String>("dossier")?);
    let mainnet = Mainnet::page(state, Params::of(&published_part(state, uri, on, dossier.as_deref())?)).await?;
    let disclosed = part(state, &mainnet).await?;
    let asked = match Asked::page(state, params).await {
        Ok(asked) => asked,
        Err(WebError::NoBlocks) => {
            let answer = format!("No block has been verified yet. {}", disclosed.words);
            let page = Page::new(state, "/miners", "Listed miners", &answer);
            return Ok(MinersPage { page, answer, own: None, disclosed });
        }
        Err(error) => return Err(error),
    };
    let miners: Arc<Miners> = Miners::read(state, &asked.view, window).await?;
    let answer = sentence(&asked.view, &miners, &range_words(miners.shares.range));
    Ok(MinersPage {
        page: Page::new(state, "/miners", "Listed miners", &answer),
        own: Some(own(state, &asked, (&mainnet, &miners), window)),
        answer,
        disclosed,
    })
}

/// The question of what is published as an address: the block and the registry are mainnet's only where that is followed here.
fn published_part(state: &WebState, uri: &Uri, on: Option<Date>, dossier: Option<&str>) -> Result<Uri, WebError> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if let Some(on) = on {
        query.append_pair("on", &on.to_string());
    }
    if let Some(dossier) = dossier {
        query.append_pair("dossier", dossier);
    }
    if is_ours(state) {
        let asked = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        query.extend_pairs(asked.filter(|(name, _)| ["as_of", "registry"].contains(&&**name)));
    }
    format!("/miners?{}", query.finish()).parse().map_err(|_| WebError::NotFound("nothing lies there".to_owned()))
}

fn own(state: &WebState, asked: &Asked, (mainnet, miners): (&Mainnet, &Miners), window: Window) -> Own {
    let (view, words) = (&asked.view, range_words(miners.shares.range));
    let (mut rows, mut silent) = (Vec::new(), Vec::new());
    // those of another chain have no page: they were made up with it
    let href = |miner: &Miner| match is_ours(state) {
        true => home(&view.who, miner, mainnet.day) + &query::first(&mainnet.kept),
        false => view.entity_link("miner", &miner.slug),
    };
    for (miner, found) in told(view, miners) {
        match (&found.estimate, found.direct) {
            (Err(reason), None) => silent.push(silent_row(view, miner, href(miner), reason.words())),
            _ => {
                let mean = found.estimate.as_ref().map_or(0.0, |it| it.blocks.mean);
                rows.push((mean, row(view, miner, href(miner), found)));
            }
        }
    }
    rows.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let computed = "An estimate is what a miner of the disclosed hashrate finds in expectation, day by day at the work of that \
                    day's blocks; its interval is a Poisson prediction at 95 % and speaks of chance alone. What companies call \
                    their hashrate differs by a tenth and more, machines stand still at times, and a figure is carried forward \
                    until the next, for 400 days at most. Machines hosted for others may be counted by both. Blocks of a miner's \
                    own pool are counted, not estimated."
        .to_owned();
    let pin = asked.pin();
    let mut method = Method::new(state, asked, &format!("listed miners over {words}"), computed);
    method.permalink = format!("{}&on={}&dossier={}", method.permalink, mainnet.day, mainnet.dossier.version());
    Own {
        simulated: state.origin().simulated,
        windows: window_links("/miners", window, &asked.kept),
        rows: rows.into_iter().map(|(_, row)| row).collect(),
        silent,
        method: method.with([
            ("JSON", format!("/api/v1/shares?{pin}&by=miner")),
            ("CSV", format!("/api/v1/shares?{pin}&by=miner&format=csv")),
        ]),
    }
}

fn sentence(view: &View, miners: &Miners, words: &str) -> String {
    let tip = thousands(u64::from(view.mark().tip.height));
    let known: Vec<&Estimate> = miners.found.iter().filter_map(|found| found.estimate.as_ref().ok()).collect();
    // independent counts of chance add up to one
    match predicted(known.iter().map(|it| it.blocks.mean).sum(), CONFIDENCE) {
        None => format!("Nothing can be estimated of listed miners over {words}, as of block {tip}."),
        Some(all) => format!(
            "By what {} of {} listed miners disclose, {} to {} of {words} are theirs (estimate, 95\u{a0}% interval), as of \
             block {tip}.",
            known.len(),
            miners.found.len(),
            thousands(all.low),
            thousands(all.high),
        ),
    }
}

fn tickers(view: &View, miner: &Miner) -> String {
    let listed = miner.listings_on(view.day()).map(|it| format!("{} ({})", it.ticker, it.exchange));
    listed.collect::<Vec<_>>().join(", ")
}

fn silent_row(view: &View, miner: &Miner, href: String, why: &'static str) -> SilentRow {
    let name = miner.name_on(view.day()).to_owned();
    SilentRow { name, href, tickers: tickers(view, miner), why }
}

fn row(view: &View, miner: &Miner, href: String, found: &Found) -> MinerRow {
    let it = found.estimate.as_ref();
    let said = |words: &dyn Fn(&Estimate) -> String| it.map_or_else(|_| String::new(), words);
    let last = it.ok().and_then(|it| it.disclosures.last());
    let pool = |spread: &Spread| PoolCell {
        name: view.pool_name(&spread.with.pool).to_owned(),
        href: view.pool_link(Some(&spread.with.pool)),
        source: source_link(&spread.with.source),
    };
    MinerRow {
        name: miner.name_on(view.day()).to_owned(),
        href,
        tickers: tickers(view, miner),
        direct: found.direct.map_or_else(|| "none".to_owned(), thousands),
        estimate: it.map_or_else(|reason| reason.words().to_owned(), |it| significant(it.blocks.mean)),
        interval: said(&|it| format!("{} – {}", thousands(it.blocks.low), thousands(it.blocks.high))),
        share: said(&|it| format!("{}\u{a0}%", percent(part_of(it.blocks.mean, it.of_blocks)))),
        of: said(&|it| format!("of {}", thousands(it.of_blocks))),
        disclosed: last
            .map_or_else(String::new, |it| format!("{} EH/s", significant(it.said.hashes_per_second / 1e18))),
        kind: last.map_or("", |it| it.said.kind.name()),
        period: last.map_or_else(String::new, |it| it.said.period.to_string()),
        age: said(&|it| age(view, it)),
        stale: last.is_some_and(|it| it.stale_days > STALE_DAYS),
        pools: it.map_or_else(|_| Vec::new(), |it| it.pools.iter().map(pool).collect()),
        notes: it.map_or_else(|_| Vec::new(), |it| notes(it, found.direct)),
        source: last.map(|it| source_link(&it.said.source)),
    }
}

/// How old the last disclosure is, and what else there is.
fn age(view: &View, it: &Estimate) -> String {
    let stale = it.disclosures.last().map_or(0, |used| used.stale_days);
    let carried = if stale == 0 { None } else { Some(format!("carried forward {}", counted(stale as usize, "day"))) };
    let until = (it.until != view.day()).then(|| format!("until {}", it.until));
    let earlier = it.disclosures.len() - 1;
    let earlier = (earlier > 0).then(|| format!("{} before it", counted(earlier, "figure")));
    [carried, until, earlier].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// What the figures say against each other.
fn notes(it: &Estimate, direct: Option<u64>) -> Vec<String> {
    let few = it.blocks.low > it.pool_blocks;
    let few = few.then(|| {
        format!(
            "more than its pools found ({}): it mines elsewhere, too, or less than it says",
            thousands(it.pool_blocks)
        )
    });
    let apart = direct.is_some_and(|blocks| blocks < it.blocks.low || blocks > it.blocks.high);
    let apart = (apart && few.is_none()).then(|| "its own pool's blocks lie outside of the interval".to_owned());
    few.into_iter().chain(apart).collect()
}

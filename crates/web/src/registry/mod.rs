//! What the registry claims, and from where: `/registry` and `/api/v1/registry`.

mod answer;
pub(crate) mod claims;
pub(crate) mod row;

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_store::VersionInUse;

use self::{
    answer::{RegistryFields, fields, table},
    claims::{Entry, entries},
    row::ClaimRow,
};
use crate::{
    asked::Asked,
    error::WebError,
    method::Method,
    openapi::{FormatParam, PinParams, Refusals},
    page::{Page, shown},
    params::Params,
    state::WebState,
    table::{Answered, answer},
    view::View,
    wording::{counted, thousands, utc_day},
};

/// Versions listed at most.
const MOST_VERSIONS: u32 = 100;

/// What the registry claims, each claim with its source and date.
#[utoipa::path(
    get,
    path = "/api/v1/registry",
    operation_id = "registry",
    tag = "Who mines",
    params(PinParams, FormatParam),
    responses(
        (status = 200, description = "Claims", content(
            (Answered<RegistryFields> = "application/json"), (String = "text/csv")
        )),
        Refusals
    )
)]
pub(crate) async fn api(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Result<Response, WebError> {
    let asked = Asked::api(&state, Params::of(&uri), &headers).await?;
    let who = &asked.view.who;
    asked.view.kept()?;
    let versions = state.store.registry_versions(MOST_VERSIONS).await?;
    answer(&state, &asked, "Claims of the registry", || fields(who, &versions), || table(who))
}

#[derive(Template)]
#[template(path = "registry/registry.html")]
struct RegistryPage {
    page: Page,
    answer: String,
    sections: Vec<Section>,
    pools: Vec<PoolLine>,
    versions: Vec<VersionRow>,
    method: Method,
}

struct Section {
    id: &'static str,
    title: &'static str,
    words: &'static str,
    entries: Vec<Told>,
}

struct Told {
    anchor: String,
    name: String,
    detail: String,
    claims: Vec<ClaimRow>,
    /// Disclosed hashrates, of which some have dozens.
    figures: Vec<ClaimRow>,
    figures_words: String,
}

struct PoolLine {
    name: String,
    href: String,
    tags: usize,
    addresses: usize,
    sources: usize,
}

struct VersionRow {
    version: String,
    href: String,
    since: String,
    height: String,
    current: bool,
}

/// `GET /registry`.
pub(crate) async fn page(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Response {
    shown(&state, &headers, "/registry", read(&state, &uri)).await
}

async fn read(state: &WebState, uri: &Uri) -> Result<RegistryPage, WebError> {
    let asked = Asked::page(state, Params::of(uri)).await?;
    let view = &asked.view;
    view.kept()?;
    let versions = state.store.registry_versions(MOST_VERSIONS).await?;
    let who = &view.who;
    let all = entries(who);
    let claims: usize = all.iter().map(|entry| entry.claims.len()).sum();
    let answer = format!(
        "The registry holds {} on {}, {}, {}, {} and {}, each with its source.",
        counted(claims, "claim"),
        counted(who.pools().len(), "pool"),
        counted(who.groups().len(), "group"),
        counted(who.owners().len(), "owner"),
        counted(who.miners().len(), "listed miner"),
        counted(who.markers().len(), "marker"),
    );
    let computed = "Claims are others': each stands with the page where it can be read and the day on which it stood there. Times \
                    are days, months, quarters or years, as exactly as the source has them, and left out where nobody says. The \
                    version is a hash over all claims, so that the same claims have the same version."
        .to_owned();
    let pin = asked.pin();
    let method = Method::new(state, &asked, "the registry", computed);
    Ok(RegistryPage {
        page: Page::new(state, "/registry", "Registry", &answer),
        sections: sections(view, &all),
        pools: who.pools().iter().map(|pool| pool_line(view, pool)).collect(),
        versions: versions.iter().map(|version| version_row(view, version)).collect(),
        method: method
            .with([("JSON", format!("/api/v1/registry?{pin}")), ("CSV", format!("/api/v1/registry?{pin}&format=csv"))]),
        answer,
    })
}

fn sections(view: &View, all: &[Entry<'_>]) -> Vec<Section> {
    let section = |kind: &'static str, title, words| Section {
        id: kind,
        title,
        words,
        entries: all.iter().filter(|entry| entry.kind == kind).map(|entry| told(view, entry)).collect(),
    };
    vec![
        section(
            "group",
            "Groups",
            "Pools that are said to hand out the same block templates. Proxy: one of them builds the templates, the others lend their \
             names; template: nobody says who builds.",
        ),
        section("owner", "Owners", "Who is said to own which pools, and where they sit."),
        section(
            "miner",
            "Listed miners",
            "Companies whose shares are traded, the pools that they are said to mine with, and the hashrate that they disclose.",
        ),
        section(
            "marker",
            "Markers",
            "How the data of other chains begin in coinbase outputs. They say nothing of who mined.",
        ),
    ]
}

fn told(view: &View, entry: &Entry<'_>) -> Told {
    let (figures, claims): (Vec<_>, Vec<_>) = entry.claims.iter().partition(|claim| claim.what == "hashrate");
    let row = |claim: &claims::Claim<'_>| {
        let names_a_pool = matches!(claim.what, "member" | "owns" | "mines_with");
        let row = ClaimRow::of(claim);
        if names_a_pool { row.leading_to_pool(view) } else { row }
    };
    Told {
        anchor: format!("{}-{}", entry.kind, entry.id),
        name: entry.name.to_owned(),
        detail: entry.detail.unwrap_or_default().to_owned(),
        claims: claims.into_iter().map(row).collect(),
        figures_words: counted(figures.len(), "disclosed hashrate"),
        // the newest first: that is what is looked for
        figures: figures.into_iter().rev().map(ClaimRow::of).collect(),
    }
}

fn pool_line(view: &View, pool: &hashwatch_registry::Pool) -> PoolLine {
    let mut sources: Vec<&str> = claims::pool(pool).claims.iter().map(|claim| claim.source.url.as_str()).collect();
    sources.sort_unstable();
    sources.dedup();
    PoolLine {
        name: pool.name.clone(),
        href: view.pool_link(Some(&pool.slug)),
        tags: pool.tags.len(),
        addresses: pool.addresses.len(),
        sources: sources.len(),
    }
}

fn version_row(view: &View, it: &VersionInUse) -> VersionRow {
    VersionRow {
        version: it.version.0.clone(),
        href: format!("/registry?registry={}", it.version),
        since: utc_day(u32::try_from(it.since / 1000).unwrap_or(u32::MAX)),
        height: thousands(u64::from(it.height)),
        current: it.version == *view.registry(),
    }
}

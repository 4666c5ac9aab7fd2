//! The page `/pivots`.

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_registry::{AnnouncementKind, Registry, Stage};
use jiff::civil::Date;

use super::{
    Wanted,
    answer::{TotalsFields, totals},
    called,
    chart::Line,
    companies::companies,
    entry::AmountFields,
    feed,
    rows::{Beside, CompanyRow, PivotRow, Shown, company_rows},
    words::stage_words,
};
use crate::{
    chart_box::ChartBox,
    error::WebError,
    mainnet::Mainnet,
    method::Method,
    page::{Page, shown},
    params::{Params, query},
    scenario::all_leave,
    state::WebState,
    window_links::Choice,
    wording::{as_told, bounds, counted, from_to, significant},
};

#[derive(Template)]
#[template(path = "pivots/pivots.html")]
struct PivotsPage {
    page: Page,
    answer: String,
    /// The way to what happens if all of them leave.
    leave: Choice,
    totals: Vec<TotalCell>,
    charts: Vec<ChartBox>,
    companies: Vec<CompanyRow>,
    filters: Filters,
    rows: Vec<PivotRow>,
    count: String,
    beside: Vec<Beside>,
    feed: String,
    method: Method,
}

/// A figure of the whole, with its doubt.
pub(crate) struct TotalCell {
    pub(crate) label: &'static str,
    pub(crate) value: String,
    pub(crate) interval: String,
    pub(crate) note: String,
}

/// What the table is chosen by.
struct Filters {
    miners: Vec<Chosen>,
    kinds: Vec<Chosen>,
    stages: Vec<Chosen>,
    years: Vec<Chosen>,
    /// Parameters that a form has to carry on.
    kept: Vec<(String, String)>,
}

struct Chosen {
    value: String,
    label: String,
    chosen: bool,
}

/// `GET /pivots`.
pub(crate) async fn page(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Response {
    shown(&state, &headers, "/pivots", read(&state, &uri)).await
}

async fn read(state: &WebState, uri: &Uri) -> Result<PivotsPage, WebError> {
    let mut params = Params::of_form(uri);
    let wanted = Wanted::of_year(&mut params)?;
    let asked = Mainnet::page(state, params).await?;
    let (who, day, dossier) = (asked.who(state), asked.day, &*asked.dossier);
    let miner = wanted.whom(who)?;
    let found = wanted.of(dossier, miner, day);
    let slugs = found.iter().map(|it| it.slug.as_str()).collect();
    let table = Shown { who, dossier, day, kept: &asked.kept, slugs };
    let totals = totals(dossier, day);
    let answer = sentence(&totals, day);
    let computed = "Announcements on one matter are one contract: what each adds is added, a total takes the place of what came \
                    before, parts of what is counted elsewhere are left out, and what was called off, turned down or passed on counts no \
                    more. Where sources contradict each other the newest counts, between bounds that hold all of them. Only critical \
                    IT load is added up, since gross and utility megawatts are other things: it says less than was announced."
        .to_owned();
    let api = format!("/api/v1/pivots?{}{}", api_query(&wanted), asked.pins());
    let method = asked.method("what listed miners announced", computed);
    Ok(PivotsPage {
        page: Page::of_mainnet(state, "/pivots", "Pivots", &answer),
        leave: all_leave(&asked),
        totals: total_cells(&totals),
        charts: charts(&asked, &answer),
        companies: company_rows(who, &companies(who, dossier, day), day, &asked.kept),
        filters: filters(who, &asked, &wanted),
        count: format!("{} of {}", counted(found.len(), "announcement"), totals.announcements),
        rows: found.iter().map(|it| table.row(it)).collect(),
        beside: table.contradictions(),
        feed: format!("{}{}", feed::HOME, query::first(&asked.kept)),
        method: method.with([
            ("JSON", api.clone()),
            ("CSV", format!("{api}&format=csv")),
            ("Atom feed", feed::HOME.to_owned()),
        ]),
        answer,
    })
}

/// The filters as the API takes them, ready for more to follow.
fn api_query(wanted: &Wanted) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let day = |day: Option<Date>| day.map(|day| day.to_string());
    for (name, value) in [
        ("miner", wanted.miner.clone()),
        ("kind", wanted.kind.map(|it| it.name().to_owned())),
        ("status", wanted.status.map(|it| it.name().to_owned())),
        ("from", day(wanted.from)),
        ("to", day(wanted.to)),
    ] {
        if let Some(value) = value {
            query.append_pair(name, &value);
        }
    }
    let query = query.finish();
    if query.is_empty() { query } else { query + "&" }
}

/// Megawatts with their bounds in parentheses, where they are apart.
fn megawatts(it: AmountFields) -> String {
    format!("{} MW{}", as_told(it.value), bounds(it.low, it.high, as_told))
}

fn sentence(it: &TotalsFields, day: Date) -> String {
    if it.announcements == 0 {
        return format!("No announcement of a listed miner is known by {day}.");
    }
    format!(
        "{} listed miners had made {} by {day}; contracts for {} of critical IT load stand, of which {} are delivered.",
        it.companies,
        counted(it.announcements, "announcement"),
        megawatts(it.critical_it_mw),
        megawatts(it.live_critical_it_mw),
    )
}

pub(crate) fn total_cells(it: &TotalsFields) -> Vec<TotalCell> {
    let cell = |label, amount: AmountFields, words: fn(f64) -> String, unit: &str, note: String| TotalCell {
        label,
        value: format!("{} {unit}", words(amount.value)),
        interval: if amount.low < amount.high { from_to(amount.low, amount.high, words) } else { String::new() },
        note,
    };
    let untold = counted(it.signed_without_critical_it_mw, "contract");
    let contracts = counted(it.signed_contracts, "contract");
    vec![
        cell(
            "Under contract",
            it.critical_it_mw,
            as_told,
            "MW",
            format!("{contracts}; of {untold} no source tells critical IT load"),
        ),
        cell(
            "Delivered of it",
            it.live_critical_it_mw,
            as_told,
            "MW",
            "the upper bound takes all of what is delivered in part".to_owned(),
        ),
        cell(
            "Proposed or planned",
            it.unsigned_critical_it_mw,
            as_told,
            "MW",
            "not signed, and counted nowhere else".to_owned(),
        ),
        cell(
            "Promised revenue",
            it.contract_usd,
            |value| format!("{} billion", significant(value / 1e9)),
            "USD",
            "over base terms, most of it still to come".to_owned(),
        ),
    ]
}

fn charts(asked: &Mainnet, answer: &str) -> Vec<ChartBox> {
    let chart = |line: Line| {
        let query = format!("series={}&{}", line.word(), asked.pins());
        let title = format!("Critical IT load {}", line.words());
        let alt = format!("{answer} The picture shows the megawatts {} over time.", line.words());
        ChartBox::new("pivots", title, alt, &query, 0).small(format!("pivots-{}", line.word()))
    };
    Line::ALL.map(chart).into()
}

fn filters(who: &Registry, asked: &Mainnet, wanted: &Wanted) -> Filters {
    let known = || asked.dossier.announcements().iter().filter(|it| it.on.first() <= asked.day);
    let slug = wanted.whom(who).ok().flatten().map(|miner| miner.slug.as_str());
    let mut miners: Vec<&str> = known().map(|it| it.miner.as_str()).chain(slug).collect();
    miners.sort_unstable();
    miners.dedup();
    let miner =
        |of: &&str| Chosen { value: (*of).to_owned(), label: called(who, of, asked.day).0, chosen: slug == Some(*of) };
    let mut miners: Vec<Chosen> = miners.iter().map(miner).collect();
    miners.sort_by_key(|it| it.label.to_lowercase());
    let chosen = wanted.from.map(Date::year);
    let mut years: Vec<i16> = known().map(|it| it.on.first().year()).chain(chosen).collect();
    years.sort_unstable_by_key(|year| std::cmp::Reverse(*year));
    years.dedup();
    let kind = |it: &AnnouncementKind| Chosen {
        value: it.name().to_owned(),
        label: it.name().replace('-', " "),
        chosen: wanted.kind == Some(*it),
    };
    let stage = |it: &Stage| Chosen {
        value: it.name().to_owned(),
        label: stage_words(*it).to_owned(),
        chosen: wanted.status == Some(*it),
    };
    Filters {
        miners,
        kinds: AnnouncementKind::ALL.iter().map(kind).collect(),
        stages: Stage::ALL.iter().map(stage).collect(),
        years: years
            .into_iter()
            .map(|year| Chosen { value: year.to_string(), label: year.to_string(), chosen: chosen == Some(year) })
            .collect(),
        kept: query::fields(&asked.kept),
    }
}

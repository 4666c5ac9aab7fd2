//! The page `/economics`.

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_registry::{Amount, Quantity};
use jiff::civil::Date;

use super::{PublishedValueFields, answer::EconomicsFields};
use crate::{
    error::WebError,
    mainnet::Mainnet,
    money::as_source_told,
    page::{Page, shown},
    params::{Params, query},
    pivots::{
        entry::AmountFields,
        page::{TotalCell, total_cells},
        rows::{Bar, bar},
        words::amount_words,
    },
    registry::{
        claims::SourceFields,
        row::{SourceLink, published_link},
    },
    state::WebState,
    wording::{as_told, days_old, from_to, significant},
};

#[derive(Template)]
#[template(path = "economics/economics.html")]
struct EconomicsPage {
    page: Page,
    answer: String,
    found: EconomicsFields,
    totals: Vec<TotalCell>,
    words: Words,
    method: crate::method::Method,
}

/// How the page writes things.
struct Words {
    day: Date,
    /// What pins the page, ready to stand behind a path.
    question: String,
    /// USD per kWh at the end of the scale: a cloud's is beyond it.
    top: f64,
}

impl Words {
    /// A number with its bounds, where they are apart.
    fn amount(&self, it: &AmountFields, digits: fn(f64) -> String) -> String {
        amount_words(Amount { low: it.low, value: it.value, high: it.high }, digits)
    }

    fn usd(&self, it: &AmountFields) -> String {
        self.amount(it, as_source_told)
    }

    fn figures(&self, it: &AmountFields) -> String {
        self.amount(it, as_told)
    }

    /// Three digits: what is computed is no more exact than what it is computed from.
    fn three(&self, it: &AmountFields) -> String {
        self.amount(it, significant)
    }

    fn million(&self, it: &AmountFields) -> String {
        self.amount(it, |value| significant(value / 1e6))
    }

    fn one(&self, value: &f64) -> String {
        as_told(*value)
    }

    fn rounded(&self, value: &f64) -> String {
        significant(*value)
    }

    fn age(&self, it: &PublishedValueFields) -> String {
        days_old(it.age_days)
    }

    /// What a kilowatt hour earns, as a bar to the scale of mining and leases.
    fn bar(&self, it: &AmountFields) -> Option<Bar> {
        bar(Amount { low: it.low, value: it.value, high: it.high }, 0.0, self.top).filter(|_| it.value <= self.top)
    }

    fn source(&self, it: &SourceFields) -> SourceLink {
        published_link(&it.source, it.date.as_deref())
    }

    fn pivot(&self, slug: &str) -> String {
        format!("/pivots{}#{slug}", self.question)
    }

    fn still(&self, word: &str) -> &'static str {
        match word {
            "none" => "none: all mining there was said to end",
            "some" => "some: a part was said to end",
            "company-ends" => "ending with all that the company mines",
            _ => "unknown",
        }
    }
}

/// `GET /economics`.
pub(crate) async fn page(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Response {
    shown(&state, &headers, "/economics", read(&state, &uri)).await
}

async fn read(state: &WebState, uri: &Uri) -> Result<EconomicsPage, WebError> {
    let asked = Mainnet::page(state, Params::of(uri)).await?;
    let found = EconomicsFields::of(&asked, asked.who(state));
    let answer = sentence(&found, asked.day);
    let computed = "A kWh mined earns hashprice / (24 J/TH), before any cost, at the newest published hashprice; a kWh let earns what the \
                    lease pays by MW of critical IT load and year, by 8,760 hours. Costs, prices and contracts are what companies and \
                    reporters published, each with its source; a price beside a cost is one of the same time, or unknown. Contracts are \
                    counted once, as on the page of pivots."
        .to_owned();
    let api = format!("/api/v1/economics?{}", asked.pins());
    let csv = |table: &str| format!("{api}&table={table}&format=csv");
    let method = asked.method("what mining costs and earns, and what hosting is promised", computed).with([
        ("JSON", api.clone()),
        ("CSV of costs", csv("costs")),
        ("CSV of kWh mined", csv("mined")),
        ("CSV of kWh let", csv("hosted")),
        ("CSV of contracts", csv("contracts")),
        ("CSV of coins sold", csv("sales")),
        ("CSV of sites", csv("sites")),
    ]);
    Ok(EconomicsPage {
        page: Page::of_mainnet(state, "/economics", "Economics", &answer),
        totals: total_cells(&found.totals),
        words: Words { day: asked.day, question: query::first(&asked.kept), top: top(&found) },
        found,
        answer,
        method,
    })
}

/// The most that a kilowatt hour earns, mined or let.
fn top(found: &EconomicsFields) -> f64 {
    let leases = found.hosted.iter().filter(|it| it.value.what == Quantity::HpcLeaseUsdPerMwYear.name());
    let all = leases.map(|it| it.usd_per_kwh.high).chain(found.mined.iter().map(|it| it.usd_per_kwh.high));
    all.fold(0.0, f64::max)
}

/// Machines of 30 and of 15 J/TH: what most of those that mine lie between.
const COMMON: [f64; 2] = [30.0, 15.0];

fn sentence(found: &EconomicsFields, day: Date) -> String {
    let mined = |joules: f64| {
        let step =
            found.mined.iter().find(|it| it.miner.is_none() && it.joules_per_terahash.total_cmp(&joules).is_eq())?;
        Some(significant(step.usd_per_kwh.value))
    };
    let price = found.hashprice.as_ref().zip(mined(COMMON[0])).zip(mined(COMMON[1]));
    let lease = found.hosted.first().map(|it| &it.usd_per_kwh);
    let mined = price.map(|((price, least), most)| {
        let old = days_old(price.age_days);
        format!(
            "At the last published hashprice ({} USD per PH/s and day, {old}) a kWh mined earns {least} to {most} USD before \
             costs, at 30 to 15 J/TH",
            as_told(price.amount.value)
        )
    });
    let lease = lease.map(|it| format!("let for AI a kWh earns {} USD", from_to(it.low, it.high, significant)));
    match (mined, lease) {
        (Some(mined), Some(lease)) => format!("{mined}; {lease}."),
        (Some(one), None) => format!("{one}."),
        (None, Some(lease)) => format!("No hashprice was published by {day}; {lease}."),
        (None, None) => format!("Neither a hashprice nor a lease was published by {day}."),
    }
}

//! The page `/alerts/{alert}`: one alert from the notice that raised it to the one that ended it. It stays for ever.

use askama::Template;
use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_alerts::{Rule, words};
use hashwatch_store::KeptNotice;

use super::{
    Wanted,
    answer::up_to,
    feed::{addresses, site},
    one,
    rows::{LevelWords, NoticeRow, level_words, notice_row},
};
use crate::{
    asked::Asked,
    chart_box::ChartBox,
    error::WebError,
    method::{Link, Method},
    page::{Page, shown},
    params::{Params, segment},
    state::WebState,
    wording::{counted, thousands, utc},
};

/// Blocks shown around an alert, before it was raised and after it ended.
const AROUND: u32 = 4_320;
/// Blocks of a chart at most.
const LONGEST: u32 = 1_000_000;

#[derive(Template)]
#[template(path = "alerts/alert.html")]
struct AlertPage {
    page: Page,
    /// The last headline.
    answer: String,
    state: String,
    level: LevelWords,
    rule: String,
    rule_href: String,
    says: &'static str,
    rows: Vec<NoticeRow>,
    chart: Option<ChartBox>,
    chart_note: String,
    others: Link,
    atom: String,
    /// The page's own address, for cards.
    url: String,
    card: String,
    method: Method,
}

/// `GET /alerts/{alert}`.
pub(crate) async fn page(
    State(state): State<WebState>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let page = async {
        let id = segment(path, "alert")?;
        read(&state, &headers, &uri, &id).await
    };
    shown(&state, &headers, "/alerts", page).await
}

async fn read(state: &WebState, headers: &HeaderMap, uri: &Uri, id: &str) -> Result<AlertPage, WebError> {
    let asked = Asked::page(state, Params::of(uri)).await?;
    let notices = one::read(state, id, up_to(&asked)).await?;
    let (Some(first), Some(last)) = (notices.first(), notices.last()) else {
        return Err(WebError::NotFound(format!("there is no alert {id} here")));
    };
    let rules = &state.alerts.rules;
    let answer = format!("{}.", words::headline(&last.notice));
    let told = said(first, last);
    let rule = Rule::from_key(&last.notice.rule);
    let subject = &last.notice.subject;
    let wanted = Wanted { rule: None, subject: Some((subject.kind.clone(), subject.id.clone())) };
    let chart = chart(&asked, first, last, &answer);
    let computed = "Each notice stands as it was said, with the block as of which it holds; one that a reorg moved says from where. \
                    The interval is of chance alone."
        .to_owned();
    let api = format!("/api/v1/alerts/{id}?{}", asked.view.pin());
    let mut rows: Vec<NoticeRow> = notices.iter().map(|it| notice_row(&asked.view, rules, it)).collect();
    rows.reverse();
    Ok(AlertPage {
        page: Page::new(state, "/alerts", &words::headline(&last.notice), &told),
        level: level_words(rules, &last.notice.rule, last.notice.level),
        rule: rule.map_or_else(|| words::clean(&last.notice.rule), |rule| rule.name().to_owned()),
        rule_href: rule.map_or_else(|| "/alerts".to_owned(), |rule| format!("/alerts?rule={}", rule.key())),
        says: rule.map_or("", Rule::says),
        rows,
        chart_note: chart_note(chart.is_some(), first, last),
        chart,
        others: Link::new("Everything said of the same", format!("/alerts?{}", wanted.query().trim_end_matches('&'))),
        atom: addresses(&wanted)[0].clone(),
        url: format!("{}/alerts/{id}", site(state, headers)),
        card: told.clone(),
        method: Method::new(state, &asked, &format!("alert {id}"), computed)
            .with([("JSON", api.clone()), ("CSV", format!("{api}&format=csv"))]),
        state: told,
        answer,
    })
}

/// Where it stands, in a sentence.
fn said(first: &KeptNotice, last: &KeptNotice) -> String {
    let at =
        |it: &KeptNotice| format!("{} (block {})", utc(it.notice.time), thousands(u64::from(it.notice.block.height)));
    match last.notice.change {
        change if !change.ends() => format!("Raised since {}.", at(first)),
        hashwatch_model::Change::Withdrawn => {
            format!("Raised at {}, withdrawn after a reorg at {}.", at(first), at(last))
        }
        _ => format!("Raised at {}, over since {}.", at(first), at(last)),
    }
}

/// The figure over the time of the alert; none where the rule has no series.
fn chart(asked: &Asked, first: &KeptNotice, last: &KeptNotice, answer: &str) -> Option<ChartBox> {
    let tip = asked.view.mark().tip.height;
    let ended = last.notice.change.ends();
    let until = if ended { (last.notice.block.height.saturating_add(AROUND / 4)).min(tip) } else { tip };
    let from = first.notice.block.height.saturating_sub(AROUND);
    let blocks = until.checked_sub(from)?.clamp(144, LONGEST);
    let pins = format!("as_of={until}&registry={}", asked.view.registry());
    let subject = &last.notice.subject;
    let (name, query, title) = match Rule::from_key(&last.notice.rule)? {
        Rule::Share | Rule::Streak if subject.kind == "pool" => {
            // a pool that the registry of now does not have has no picture
            asked.view.who.pool(&subject.id)?;
            (
                "pool",
                format!("window={blocks}&pool={}", subject.id),
                format!("Share of blocks of {}", words::clean(&subject.name)),
            )
        }
        Rule::Share if ["group", "owner"].contains(&subject.kind.as_str()) => {
            ("history", format!("window={blocks}&by={}", subject.kind), format!("Share of blocks by {}", subject.kind))
        }
        Rule::Nakamoto => ("index", indexed("nakamoto", blocks), "Nakamoto coefficient by group".to_owned()),
        Rule::Hhi | Rule::HhiRise => ("index", indexed("hhi", blocks), "HHI by group".to_owned()),
        Rule::Hashrate => ("hashrate", format!("window={blocks}"), "Hashrate".to_owned()),
        _ => return None,
    };
    let alt = format!("{answer} The picture shows the figure from before the alert on.");
    Some(ChartBox::new(name, title, alt, &format!("{query}&{pins}"), 0))
}

fn indexed(metric: &str, span: u32) -> String {
    format!("metric={metric}&window=2016&span={span}&by=group")
}

fn chart_note(has: bool, first: &KeptNotice, last: &KeptNotice) -> String {
    let times = counted((last.notice.block.height.saturating_sub(first.notice.block.height)) as usize, "block");
    match (has, last.notice.change.ends()) {
        (false, _) => "No series is kept of what this rule rests on.".to_owned(),
        (true, true) => format!("The figure from a month before the alert; it stood for {times}."),
        (true, false) => "The figure from a month before the alert until now.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::tests::kept;

    #[test]
    fn an_alert_says_where_it_stands() {
        let first = kept(1, 1, (0, 1));
        assert_eq!(said(&first, &first), "Raised since 2023-11-14 22:23 UTC (block 800,001).");
        let mut last = kept(2, 1, (1, 0));
        assert!(said(&first, &last).ends_with(", over since 2023-11-14 22:33 UTC (block 800,002)."));
        last.notice.change = hashwatch_model::Change::Withdrawn;
        assert!(said(&first, &last).contains("withdrawn after a reorg at"));
    }
}

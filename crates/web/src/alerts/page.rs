//! The page `/alerts`: what is raised now, what was, and what is watched for.

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_alerts::{Rule, words};
use hashwatch_store::KeptNotice;

use super::{
    Wanted,
    answer::up_to,
    feed::{addresses, named},
    raised,
    rows::{Card, NoticeRow, RuleRow, card, lacks, notice_row, rule_rows},
    subject_text,
};
use crate::{
    asked::Asked,
    error::WebError,
    method::Method,
    page::{Page, shown},
    params::Params,
    state::WebState,
    subscribe::is_open,
    wording::{counted, thousands, utc_day},
};

/// Notices shown at a time.
const SHOWN: u32 = 50;

#[derive(Template)]
#[template(path = "alerts/alerts.html")]
struct AlertsPage {
    page: Page,
    answer: String,
    cards: Vec<Card>,
    filters: Filters,
    rows: Vec<NoticeRow>,
    older: Option<String>,
    rules: Vec<RuleRow>,
    /// Why the rule that is asked for cannot be evaluated now.
    lacks: Option<String>,
    atom: String,
    rss: String,
    method: Method,
    /// Visitors may subscribe.
    subscribe: bool,
}

/// What the table is chosen by.
struct Filters {
    rules: Vec<Chosen>,
    subjects: Vec<Chosen>,
    any: bool,
    kept: Vec<(String, String)>,
}

struct Chosen {
    value: String,
    label: String,
    chosen: bool,
}

/// What is raised in a line, for pages that lead here.
pub(crate) struct Line {
    pub(crate) words: String,
    pub(crate) class: &'static str,
    pub(crate) href: &'static str,
}

/// `GET /alerts`.
pub(crate) async fn page(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Response {
    shown(&state, &headers, "/alerts", read(&state, &uri)).await
}

async fn read(state: &WebState, uri: &Uri) -> Result<AlertsPage, WebError> {
    let mut params = Params::of_form(uri);
    let wanted = Wanted::read(&mut params)?;
    let before = params.count("before", (1, u32::MAX))?;
    let asked = Asked::page(state, params).await?;
    let up_to = up_to(&asked);
    let all = raised(state, &Wanted::default(), up_to).await?;
    let filter = wanted.filter(before.map_or(u64::MAX, u64::from), up_to, SHOWN + 1);
    let mut found = state.store.notices_page(&filter).await?;
    let older = found.len() > SHOWN as usize;
    found.truncate(SHOWN as usize);
    let last = match found.first().filter(|_| wanted == Wanted::default() && before.is_none()) {
        Some(last) => Some(last.clone()),
        None => state.store.notices_page(&Wanted::default().filter(u64::MAX, up_to, 1)).await?.pop(),
    };
    let evaluated = state.store.evaluated().await?.map(|block| block.height.min(up_to));
    let answer = sentence(&all, last.as_ref(), evaluated);
    let rules = &state.alerts.rules;
    let mut others = state.store.notices_page(&Wanted::default().filter(u64::MAX, up_to, 1_000)).await?;
    others.extend(found.iter().cloned());
    let [atom, rss] = addresses(&wanted);
    let older = found.last().filter(|_| older).map(|it| {
        let kept = if asked.kept.is_empty() { String::new() } else { format!("&{}", asked.kept) };
        format!("/alerts?{}before={}{kept}#history-title", wanted.query(), it.notice.seq)
    });
    Ok(AlertsPage {
        page: Page::new(state, "/alerts", "Alerts", &answer),
        subscribe: is_open(state),
        cards: all.iter().filter_map(|alert| card(rules, alert)).collect(),
        filters: filters(state, &asked, &wanted, &others),
        rows: found.iter().map(|it| notice_row(&asked.view, rules, it)).collect(),
        older,
        rules: rule_rows(rules, &state.status.borrow().not_evaluated),
        lacks: wanted.rule.and_then(|rule| lacks(&state.status.borrow().not_evaluated, rule)),
        method: method(state, &asked, &wanted, [&atom, &rss]),
        atom,
        rss,
        answer,
    })
}

fn method(state: &WebState, asked: &Asked, wanted: &Wanted, [atom, rss]: [&String; 2]) -> Method {
    let computed = "Rules are asked once at each new block. A level is raised where the figures reach it with the stated \
                    confidence, and left once they have not held for a while, so that a figure at the mark does not raise and end \
                    with every block. What a reorg takes back is withdrawn, or restated where it holds on the new blocks too; what was \
                    said stays as it was said."
        .to_owned();
    let api = format!("/api/v1/alerts?{}{}", wanted.query(), asked.view.pin());
    Method::new(state, asked, "alerts", computed).with([
        ("JSON", api.clone()),
        ("CSV", format!("{api}&format=csv")),
        ("Atom feed", atom.clone()),
        ("RSS feed", rss.clone()),
    ])
}

fn ended(notice: &KeptNotice) -> String {
    format!("the last notice is of {}", utc_day(notice.notice.time))
}

/// How many are raised, and the gravest of them.
fn sentence(raised: &[Vec<KeptNotice>], last: Option<&KeptNotice>, evaluated: Option<u32>) -> String {
    let by = evaluated.map_or_else(String::new, |height| format!(", as of block {}", thousands(u64::from(height))));
    let gravest = raised.first().and_then(|alert| alert.last()).map(|it| words::headline(&it.notice));
    match (gravest, last, evaluated) {
        (Some(gravest), ..) if raised.len() == 1 => format!("One alert is raised{by}. {gravest}."),
        (Some(gravest), ..) => format!("{} are raised{by}; the gravest: {gravest}.", counted(raised.len(), "alert")),
        (None, Some(last), _) => format!("Nothing is raised{by}; {}.", ended(last)),
        (None, None, Some(_)) => format!("Nothing is raised{by}, and nothing ever was."),
        (None, None, None) => "No block has been asked about yet: nothing is raised.".to_owned(),
    }
}

/// What is raised, for the overview; none where rules were never asked.
pub(crate) async fn line(state: &WebState, asked: &Asked) -> Result<Option<Line>, WebError> {
    let all = raised(state, &Wanted::default(), up_to(asked)).await?;
    if all.is_empty() {
        let evaluated = state.store.evaluated().await?;
        return Ok(evaluated.map(|_| Line { words: "No alert is raised.".to_owned(), class: "ok", href: "/alerts" }));
    }
    Ok(all.first().and_then(|alert| alert.last()).map(|it| {
        let gravest = words::headline(&it.notice);
        let words = match all.len() {
            1 => format!("{gravest}."),
            many => format!("{gravest}, and {} more.", counted(many - 1, "alert")),
        };
        let class = super::rows::level_words(&state.alerts.rules, &it.notice.rule, it.notice.level).class;
        Line { words, class, href: "/alerts" }
    }))
}

fn filters(state: &WebState, asked: &Asked, wanted: &Wanted, known: &[KeptNotice]) -> Filters {
    let rule = |rule: &Rule| Chosen {
        value: rule.key().to_owned(),
        label: rule.name().to_owned(),
        chosen: wanted.rule == Some(*rule),
    };
    let mut subjects: Vec<(String, String)> =
        known.iter().map(|it| (it.notice.subject.kind.clone(), it.notice.subject.id.clone())).collect();
    subjects.extend(wanted.subject.clone());
    subjects.sort();
    subjects.dedup();
    let subject = |(kind, id): &(String, String)| {
        let said = known.iter().find(|it| it.notice.subject.kind == *kind && it.notice.subject.id == *id);
        let name = named(state, said.map_or(&[], std::slice::from_ref), kind, id);
        let label = match name {
            Some(name) if kind == "network" => name,
            Some(name) => format!("{name} ({kind})"),
            None => words::clean(&subject_text(kind, id)),
        };
        let chosen = wanted.subject.as_ref().is_some_and(|(k, i)| k == kind && i == id);
        Chosen { value: subject_text(kind, id), label, chosen }
    };
    let mut subjects: Vec<Chosen> = subjects.iter().map(subject).collect();
    subjects.sort_by_key(|it| it.label.to_lowercase());
    Filters {
        rules: Rule::ALL.iter().map(rule).collect(),
        subjects,
        any: *wanted != Wanted::default(),
        kept: form_urlencoded::parse(asked.kept.as_bytes()).into_owned().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::tests::kept;

    #[test]
    fn the_first_sentence_says_how_many_and_the_gravest() {
        let (one, two) = (vec![kept(1, 1, (0, 1))], vec![kept(2, 2, (0, 3))]);
        let both = sentence(&[two.clone(), one], None, Some(800_002));
        assert!(both.starts_with("2 alerts are raised, as of block 800,002; the gravest: AntPool holds"), "{both}");
        let alone = sentence(&[two], None, Some(1));
        assert!(alone.starts_with("One alert is raised, as of block 1. AntPool holds"), "{alone}");
        assert_eq!(
            sentence(&[], Some(&kept(3, 2, (3, 0))), Some(9)),
            "Nothing is raised, as of block 9; the last notice is of 2023-11-14."
        );
        assert_eq!(sentence(&[], None, Some(9)), "Nothing is raised, as of block 9, and nothing ever was.");
        assert!(sentence(&[], None, None).starts_with("No block has been asked about yet"));
    }
}

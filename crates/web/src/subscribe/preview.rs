//! What a choice would have brought in the last year, from the notices that are kept.

use hashwatch_alerts::{Filter, words};
use hashwatch_model::Change;
use hashwatch_store::KeptNotice;

use crate::{
    alerts,
    error::WebError,
    state::WebState,
    wording::{counted, utc_day},
};

/// Notices looked at, at most: the newest.
const LOOKED_AT: u32 = 10_000;
/// Of those found the newest are shown.
const SHOWN: usize = 20;
/// Seconds of a year.
const YEAR: u32 = 365 * 86_400;

pub(super) struct Preview {
    pub(super) answer: String,
    pub(super) rows: Vec<Row>,
    pub(super) more: String,
}

pub(super) struct Row {
    pub(super) day: String,
    pub(super) change: &'static str,
    pub(super) headline: String,
    pub(super) href: String,
}

/// By the newest block's clock.
pub(super) async fn preview(state: &WebState, filter: &Filter) -> Result<Preview, WebError> {
    let Some(mark) = state.store.mark().await? else { return Ok(told(&[], filter)) };
    let newest = alerts::Wanted::default().filter(u64::MAX, u32::MAX, LOOKED_AT);
    let mut notices = state.store.notices_page(&newest).await?;
    notices.retain(|it| it.notice.time > mark.median_time.saturating_sub(YEAR));
    Ok(told(&notices, filter))
}

fn told(notices: &[KeptNotice], filter: &Filter) -> Preview {
    let seen: Vec<(&KeptNotice, Change)> =
        notices.iter().filter_map(|it| Some((it, filter.seen(&it.notice)?))).collect();
    let warnings = seen.iter().filter(|(_, change)| matches!(change, Change::Raised | Change::Worsened)).count();
    let answer = match warnings {
        0 => "With these settings you would have had no warning in the last year.".to_owned(),
        some => format!(
            "With these settings you would have had {} in the last year, and {} that something eased or was over.",
            counted(some, "warning"),
            counted(seen.len() - some, "notice"),
        ),
    };
    let row = |(it, change): &(&KeptNotice, Change)| Row {
        day: utc_day(it.notice.time),
        change: change.name(),
        headline: words::headline(&it.notice),
        href: alerts::page_of(&it.notice),
    };
    let more = match seen.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!("and {} before", counted(more, "notice")),
    };
    Preview { answer, rows: seen.iter().take(SHOWN).map(row).collect(), more }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::tests::kept;

    #[test]
    fn low_levels_are_left_out_of_what_would_have_been_told() {
        let notices = [kept(3, 1, (2, 0)), kept(2, 1, (1, 2)), kept(1, 1, (0, 1))];
        let all = told(&notices, &Filter::default());
        assert_eq!(
            all.answer,
            "With these settings you would have had 2 warnings in the last year, and 1 notice that something eased or was over."
        );
        let high = Filter { least_level: [("share".to_owned(), 2)].into(), ..Filter::default() };
        let high = told(&notices, &high);
        assert_eq!(high.rows.iter().map(|row| row.change).collect::<Vec<_>>(), ["over", "raised"]);
        assert!(high.answer.contains("1 warning in"), "{}", high.answer);
        let none = Filter { rules: vec!["none".to_owned()], ..Filter::default() };
        assert_eq!(told(&notices, &none).answer, "With these settings you would have had no warning in the last year.");
    }
}

//! What a choice would have brought in the last year, from the notices that are kept.

use hashwatch_alerts::{Filter, words};
use hashwatch_model::{Change, Notice};
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
    let Some(mark) = state.store.mark().await? else { return Ok(told(&[], true, filter)) };
    let newest = alerts::Wanted::default().filter(u64::MAX, u32::MAX, LOOKED_AT);
    let (notices, all) = of_the_year(state.store.notices_page(&newest).await?, mark.median_time);
    Ok(told(&notices, all, filter))
}

/// Those of the year up to a time, and whether that is all there are of it.
fn of_the_year(mut notices: Vec<KeptNotice>, up_to: u32) -> (Vec<KeptNotice>, bool) {
    let found = notices.len();
    notices.retain(|it| it.notice.time > up_to.saturating_sub(YEAR));
    let all = found < LOOKED_AT as usize || notices.len() < found;
    (notices, all)
}

/// `all`: whether these are all that the year has.
fn told(notices: &[KeptNotice], all: bool, filter: &Filter) -> Preview {
    let seen: Vec<(&KeptNotice, Change)> =
        notices.iter().filter_map(|it| Some((it, filter.seen(&it.notice)?))).collect();
    let count = |of: &[Change]| seen.iter().filter(|(_, change)| of.contains(change)).count();
    let (warnings, withdrawn) = (count(&[Change::Raised, Change::Worsened]), count(&[Change::Withdrawn]));
    let least = if all { "" } else { "at least " };
    let of_the_end = if withdrawn > 0 { "eased, was over or was taken back" } else { "eased or was over" };
    let answer = match warnings {
        _ if seen.is_empty() && all => "With these settings you would have had no warning in the last year.".to_owned(),
        some => format!(
            "With these settings you would have had {least}{} in the last year, and {} that something {of_the_end}.",
            counted(some, "warning"),
            counted(seen.len() - some, "notice"),
        ),
    };
    let row = |(it, change): &(&KeptNotice, Change)| Row {
        day: utc_day(it.notice.time),
        change: change.name(),
        // as the mail would have said it to this reader
        headline: words::headline(&Notice { change: *change, ..it.notice.clone() }),
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
        let all = told(&notices, true, &Filter::default());
        assert_eq!(
            all.answer,
            "With these settings you would have had 2 warnings in the last year, and 1 notice that something eased or was over."
        );
        let high = Filter { least_level: [("share".to_owned(), 2)].into(), ..Filter::default() };
        let high = told(&notices, true, &high);
        assert_eq!(high.rows.iter().map(|row| row.change).collect::<Vec<_>>(), ["over", "raised"]);
        assert!(high.answer.contains("1 warning in"), "{}", high.answer);
        let none = Filter { rules: vec!["none".to_owned()], ..Filter::default() };
        assert_eq!(
            told(&notices, true, &none).answer,
            "With these settings you would have had no warning in the last year."
        );
        let some = told(&notices, false, &Filter::default());
        assert!(some.answer.contains("at least 2 warnings in the last year"), "{}", some.answer);
    }

    #[test]
    fn a_year_has_365_days() {
        let newest = 1_800_000_000;
        let at = |seconds_ago| {
            let mut it = kept(1, 1, (0, 1));
            it.notice.time = newest - seconds_ago;
            it
        };
        let (left, all) = of_the_year(vec![at(0), at(31_535_999), at(31_536_000), at(40_000_000)], newest);
        assert_eq!((left.len(), all), (2, true));
        let many = |oldest: u32| (0..LOOKED_AT - 1).map(|_| at(0)).chain([at(oldest)]).collect();
        assert_eq!((of_the_year(many(0), newest).1, of_the_year(many(31_536_000), newest).1), (false, true));
        assert!(of_the_year(Vec::new(), 0).1);
    }

    #[test]
    fn what_was_taken_back_is_called_so() {
        let mut notices = [kept(2, 1, (1, 0)), kept(1, 1, (0, 1))];
        notices[0].notice.change = Change::Withdrawn;
        let answer = told(&notices, true, &Filter::default()).answer;
        assert!(
            answer.ends_with(
                "1 warning in the last year, and 1 notice that something eased, was over or was taken back."
            ),
            "{answer}"
        );
    }
}

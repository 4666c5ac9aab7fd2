//! What others published, as a part of a page.

use hashwatch_metrics::Index;
use hashwatch_registry::Published;

use super::{
    answer::{differences, ours},
    indexed, is_ours, own_months, pin, registry_of,
};
use crate::{
    chart_box::ChartBox,
    concentration::words::{Unit, short_name},
    error::WebError,
    shares::by::By,
    state::WebState,
    view::View,
    wording::thousands,
};

/// Months that are compared on a page, the newest.
const MONTHS: usize = 12;

pub(crate) struct PublishedPart {
    pub(crate) words: String,
    pub(crate) source: String,
    pub(crate) licence: String,
    pub(crate) chart: ChartBox,
    pub(crate) rows: Vec<MonthRow>,
    pub(crate) json: String,
}

pub(crate) struct MonthRow {
    pub(crate) month: String,
    pub(crate) published: String,
    pub(crate) verified: String,
    pub(crate) moved: String,
    pub(crate) who: String,
}

/// The chart, and the months that we have ourselves in a state of our own chain, where that is mainnet's.
pub(crate) async fn part(
    state: &WebState,
    own: Option<&View>,
    (index, by, log): (Index, By, bool),
) -> Result<PublishedPart, WebError> {
    let published = Published::builtin();
    let view = own.filter(|_| is_ours(state));
    let registry = registry_of(state, view);
    let asked = format!("metric={}&by={}", index.word(), by.word());
    let scale = if log { "&scale=log" } else { "" };
    let query = format!("{asked}{scale}&registry={}", registry.version());
    let title = format!("{} by {} and month, as published, not verified here", short_name(index), by.word());
    let own = own_months(state, view).await?;
    let unit = Unit::of(index);
    let rows = published.months.iter().rev().filter_map(|month| {
        let counts = own.as_ref()?.months.get(&month.month)?;
        let mine = ours(month, counts);
        let value = |month| indexed(registry, month, by, index).and_then(|it| it.value);
        let differ = differences(month, &mine);
        let moved: u64 = differ.iter().map(|it| it.published.abs_diff(it.verified)).sum();
        let who = differ.iter().take(3).map(|it| {
            let name = it.pool.as_deref().map_or("Unknown", |slug| registry.pool(slug).map_or(slug, |pool| &pool.name));
            format!("{name} {} \u{2192} {}", thousands(it.published), thousands(it.verified))
        });
        Some(MonthRow {
            month: month.month.strftime("%Y-%m").to_string(),
            published: value(month).map_or_else(String::new, |value| unit.words(value)),
            verified: value(&mine).map_or_else(String::new, |value| unit.words(value)),
            // each block that changed hands is missed by one and found by another
            moved: thousands(moved / 2),
            who: who.collect::<Vec<_>>().join(", "),
        })
    });
    Ok(PublishedPart {
        words: format!(
            "Labels of others for the blocks {} to {} of mainnet, counted by month. Nothing here has verified them, and they enter no \
             other figure.",
            thousands(u64::from(published.from_height)),
            thousands(u64::from(published.to_height)),
        ),
        source: published.source.url.clone(),
        licence: published.licence.clone(),
        chart: ChartBox::new("published", title.clone(), title, &query, 0),
        rows: rows.take(MONTHS).collect(),
        json: format!("/api/v1/published?{asked}&{}", pin(state, view)),
    })
}

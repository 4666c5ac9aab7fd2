//! Who is the largest today, and what share it has: of our own chain where that is mainnet's, else of the last whole month that others
//! published.

use std::collections::BTreeMap;

use hashwatch_metrics::wilson;
use hashwatch_registry::Published;

use crate::{
    error::WebError,
    mainnet::Mainnet,
    published::{self, registry_of},
    shares::{CONFIDENCE, Shares, USUAL, by::By, entities::behind},
    state::WebState,
    window_links::range_words,
    wording::thousands,
};

/// The largest of a kind.
pub(super) struct Largest {
    pub(super) by: By,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) blocks: u64,
    pub(super) share: hashwatch_metrics::Interval,
}

/// The largest pool, group and owner, and of what they are.
pub(super) struct Today {
    /// `verified` or `published`.
    pub(super) data: &'static str,
    /// `the last 1,008 blocks`, `May 2026 as published`.
    pub(super) of: String,
    pub(super) blocks: u64,
    pub(super) source: Option<String>,
    pub(super) largest: Vec<Largest>,
}

pub(super) async fn today(state: &WebState, asked: &Mainnet) -> Result<Option<Today>, WebError> {
    match &asked.view {
        Some(view) => {
            let mut largest = Vec::new();
            let (mut of, mut blocks) = (String::new(), 0);
            for by in By::ALL {
                let shares = Shares::read_by(state, view, USUAL, by).await?;
                (of, blocks) = (range_words(shares.range), shares.range.blocks());
                let first = shares.pools.first().cloned();
                largest.extend(first.map(|one| Largest {
                    by,
                    id: one.slug,
                    name: one.name,
                    kind: one.kind,
                    blocks: one.blocks,
                    share: one.share,
                }));
            }
            Ok(Some(Today { data: "verified", of, blocks, source: None, largest }))
        }
        None => Ok(of_month(state, asked)),
    }
}

/// The last whole month that had ended by the day.
fn of_month(state: &WebState, asked: &Mainnet) -> Option<Today> {
    let ended =
        |month: &&hashwatch_registry::PublishedMonth| !month.partial && published::after(month.month) <= asked.day;
    let month = Published::builtin().months.iter().rev().find(ended)?;
    let registry = registry_of(state, asked.view.as_ref());
    let middle = month.month.checked_add(jiff::Span::new().days(14)).unwrap_or(month.month);
    let largest = By::ALL.into_iter().filter_map(|by| {
        let mut counts: BTreeMap<(&str, String), (String, u64)> = BTreeMap::new();
        for (slug, blocks) in &month.counts {
            let who = behind(registry, slug, by, middle);
            counts.entry((who.kind, who.id)).or_insert((who.name, 0)).1 += blocks;
        }
        let ((kind, id), (name, blocks)) = counts.into_iter().max_by_key(|(_, (_, blocks))| *blocks)?;
        let share = wilson(blocks, month.total, CONFIDENCE)?;
        Some(Largest { by, id, name, kind, blocks, share })
    });
    Some(Today {
        data: "published",
        of: format!(
            "the {} blocks of {} as published, not verified here",
            thousands(month.total),
            month.month.strftime("%B %Y")
        ),
        blocks: month.total,
        source: Some(Published::builtin().source.url.clone()),
        largest: largest.collect(),
    })
}

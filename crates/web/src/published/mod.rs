//! Shares by month as others published them: not verified here, and never joined with what is. With a node of mainnet our own figures of
//! the same months stand beside them, with what differs.

pub(crate) mod answer;
pub(crate) mod chart;
pub(crate) mod page;

use std::{collections::BTreeMap, sync::Arc};

use hashwatch_metrics::{Figure, Index, Tally, figure};
use hashwatch_model::{Network, RegistryVersion};
use hashwatch_registry::{Published, PublishedMonth, Registry};
use hashwatch_store::{ChainColumns, MinerColumn};
use jiff::{ToSpan, civil::Date};

use crate::{
    error::WebError,
    params::BlockRef,
    shares::{CONFIDENCE, by::By, entities::behind},
    span::midnight,
    state::WebState,
    view::View,
};

/// What the source is called under every picture and table.
pub(crate) const SOURCE: &str = "published labels, not verified here";

/// The source, when it stood there, and under which licence.
pub(crate) fn source_line() -> String {
    let Published { source, licence, .. } = Published::builtin();
    let date = source.date.as_ref().map_or_else(String::new, |date| format!(" of {date}"));
    format!("{SOURCE}: {}{date} ({licence})", source.url)
}

/// Months that lie wholly within our own chain, and our own counts of them.
pub(crate) struct Own {
    /// By first day; by slug, Unknown's under the empty one.
    pub(crate) months: BTreeMap<Date, BTreeMap<String, u64>>,
}

/// The first day of the month after.
pub(crate) fn after(month: Date) -> Date {
    month.checked_add(1.month()).unwrap_or(Date::MAX)
}

/// Whether our own blocks are of the chain that the months are of.
pub(crate) fn is_ours(state: &WebState) -> bool {
    state.origin().network == Network::Mainnet && !state.origin().simulated
}

/// The state of our own chain that is asked for where it is mainnet's; none elsewhere, and before the first block, where the months
/// are of no block and of no registry but the one at hand.
pub(crate) async fn own_view(
    state: &WebState,
    as_of: Option<BlockRef>,
    registry: Option<RegistryVersion>,
) -> Result<Option<View>, WebError> {
    if is_ours(state) {
        match state.view_under(as_of, registry.clone()).await {
            Err(WebError::NoBlocks) => {}
            view => return view.map(Some),
        }
    }
    let at_hand = registry_of(state, None).version();
    let reason = match registry.filter(|version| version != at_hand) {
        _ if as_of.is_some() => {
            "no block of mainnet is stored here, and what others published is of no other chain".to_owned()
        }
        Some(version) => format!("registry {version} was never in use for mainnet here; {at_hand} is"),
        None => return Ok(None),
    };
    Err(WebError::NotAvailable(reason))
}

/// What makes an answer stay what it is: the block of our own chain and the registry, or the registry alone.
pub(crate) fn pin(state: &WebState, view: Option<&View>) -> String {
    view.map_or_else(|| format!("registry={}", registry_of(state, None).version()), View::pin)
}

/// Our own months of mainnet, as far as there are any; from memory where they were asked for lately.
pub(crate) async fn own_months(state: &WebState, view: Option<&View>) -> Result<Option<Arc<Own>>, WebError> {
    let Some(view) = view else { return Ok(None) };
    let found = async {
        let (chain, miners) = tokio::try_join!(view.chain(), view.miners())?;
        Ok::<_, WebError>(Arc::new(tokio::task::block_in_place(|| Own::of(&chain, &miners))))
    };
    state.own_months.get(view.mark().clone(), found).await.map(Some)
}

impl Own {
    /// Of the published months, by header time in UTC as their publisher has them.
    pub(crate) fn of(chain: &ChainColumns, miners: &MinerColumn) -> Own {
        let published = &Published::builtin().months;
        let mut edges: Vec<i64> = published.iter().map(|month| midnight(month.month)).collect();
        edges.extend(published.last().map(|month| midnight(after(month.month))));
        let (first, last) = (chain.median_times().first(), chain.median_times().last());
        let mut counts = vec![vec![0_u64; miners.slugs().len()]; published.len()];
        for (time, id) in chain.times().iter().zip(miners.ids()) {
            let place = edges.partition_point(|edge| *edge <= i64::from(*time));
            if let Some(counts) = place.checked_sub(1).and_then(|place| counts.get_mut(place)) {
                counts[usize::from(*id)] += 1;
            }
        }
        // medians run an hour late, and every block of a month is there once they have left it
        let whole = |place: usize| {
            first.is_some_and(|time| i64::from(*time) < edges[place])
                && last.is_some_and(|time| i64::from(*time) >= edges[place + 1])
        };
        let months = published.iter().zip(counts).enumerate().filter(|(place, _)| whole(*place));
        let months = months.map(|(_, (month, counts))| {
            let named = miners.slugs().iter().zip(counts).filter(|(_, blocks)| *blocks > 0);
            (month.month, named.map(|(slug, blocks)| (slug.to_string(), blocks)).collect())
        });
        Own { months: months.collect() }
    }
}

/// The registry that labels are grouped by: mainnet's pools are in the built-in one, with the operator's own entries where this is an
/// instance of mainnet.
pub(crate) fn registry_of<'a>(state: &'a WebState, own: Option<&'a View>) -> &'a Registry {
    let operators = (state.origin().network == Network::Mainnet).then_some(&*state.registry);
    own.map(|view| &*view.who).or(operators).unwrap_or(Registry::builtin())
}

/// A month's blocks as metrics take them: by pool, or by who is said to stand behind it in the middle of the month.
pub(crate) fn tally(registry: &Registry, month: &PublishedMonth, by: By) -> Tally {
    let day = month.month.checked_add(14.days()).unwrap_or(month.month);
    let mut counts: BTreeMap<(&str, String), u64> = BTreeMap::new();
    for (slug, blocks) in &month.counts {
        let who = behind(registry, slug, by, day);
        *counts.entry((who.kind, who.id)).or_default() += blocks;
    }
    Tally::new(counts.into_values(), month.unknown)
}

/// An index of a month.
pub(crate) fn indexed(registry: &Registry, month: &PublishedMonth, by: By, index: Index) -> Option<Figure> {
    figure(index, &tally(registry, month, by), CONFIDENCE)
}

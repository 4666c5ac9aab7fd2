//! The hashrate of the network over a period: our own chain's estimate where it holds all of it, else what others published
//! nearest to it, else none.

use hashwatch_economics::mining::HASHES_PER_DIFFICULTY;
use hashwatch_metrics::Interval;
use hashwatch_model::Network as Rules;
use hashwatch_registry::{Disclosure, Dossier, HashrateKind, MarketValue, Published, Quantity, Source, When};
use hashwatch_store::ChainColumns;
use jiff::{ToSpan, civil::Date};

use super::known;
use crate::{error::WebError, mainnet::Mainnet, shares::Range, span::midnight, state::WebState, work};

/// Days that a published hashrate may lie off the period that it is taken for.
pub(super) const NEAR_DAYS: u32 = 31;
/// Days up to the end of a period whose network a figure of its end is held against.
const DAYS_OF_AN_END: i64 = 30;
/// Blocks of our own below which nothing is estimated of them.
const LEAST_BLOCKS: u64 = 144;
/// Hashes that a block of difficulty 1 takes, by the 600 seconds that it should take.
const PER_DIFFICULTY: f64 = HASHES_PER_DIFFICULTY / 600.0;
/// Satoshis of a coin.
const COIN: f64 = 1e8;

/// Days, the first and the last.
pub(super) type Days = (Date, Date);

/// Hashes per second of the network, and how they are known.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct NetworkRate {
    pub(super) value: f64,
    /// The interval of our own estimate, at 95 %, or the bounds that a source gives; none where it gives none.
    pub(super) bounds: Option<(f64, f64)>,
    pub(super) how: How,
}

/// How it is known.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum How {
    /// From our own blocks.
    Own(Range),
    /// From somebody's value, of another time by so many days.
    Published { what: Quantity, at: When, days_apart: u32, source: Source },
}

/// Blocks of a period, and what they brought.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Blocks {
    pub(super) count: u64,
    /// Coins: with the fees where they are our own, else what consensus lets them create.
    pub(super) coins: f64,
    pub(super) own: bool,
}

/// What is known of the network.
pub(super) struct Networks<'a> {
    dossier: &'a Dossier,
    own: Option<(ChainColumns, &'a WebState)>,
    day: Date,
}

impl<'a> Networks<'a> {
    pub(super) async fn read(state: &'a WebState, asked: &'a Mainnet) -> Result<Networks<'a>, WebError> {
        let own = match &asked.view {
            Some(view) => Some((view.chain().await?, state)),
            None => None,
        };
        Ok(Networks { dossier: &asked.dossier, own, day: asked.day })
    }

    /// Without blocks of our own.
    #[cfg(test)]
    pub(super) fn published(dossier: &Dossier, day: Date) -> Networks<'_> {
        Networks { dossier, own: None, day }
    }

    /// The network that a disclosure is held against: over the period of an average, over the thirty days up to its end else.
    pub(super) fn of(&self, said: &Disclosure) -> Option<NetworkRate> {
        let last = said.period.last();
        let first = match said.kind {
            HashrateKind::Operating => said.period.first(),
            _ => last.checked_sub((DAYS_OF_AN_END - 1).days()).ok()?,
        };
        self.over((first, last))
    }

    pub(super) fn over(&self, days: Days) -> Option<NetworkRate> {
        self.of_own(days).or_else(|| published(self.dossier, days, self.day))
    }

    /// The places of our own chain that make up some days, where it holds all of them.
    fn range(&self, (first, last): Days) -> Option<(&ChainColumns, &'a WebState, Range)> {
        let (chain, state) = self.own.as_ref()?;
        let (begins, ends) = (midnight(first), midnight(last.tomorrow().ok()?));
        let medians = chain.median_times();
        let reach = i64::from(*medians.first()?) <= begins && i64::from(*medians.last()?) >= ends;
        let place = |time: i64| medians.partition_point(|median| i64::from(*median) < time);
        let (from, to) = (place(begins), place(ends).checked_sub(1)?);
        (reach && from <= to).then(|| (chain, *state, Range { from: chain.height(from), to: chain.height(to) }))
    }

    fn of_own(&self, days: Days) -> Option<NetworkRate> {
        let (chain, state, range) = self.range(days)?;
        let Interval { value, low, high } = work::hashrate::usual(state, chain, range)?.rate;
        let enough = range.blocks() >= LEAST_BLOCKS;
        enough.then_some(NetworkRate { value, bounds: Some((low, high)), how: How::Own(range) })
    }

    /// The blocks of whole months: our own, else those that were published.
    pub(super) fn blocks(&self, period: When) -> Option<Blocks> {
        let own = self.range((period.first(), period.last())).and_then(|(chain, _, range)| {
            let (from, to) = (chain.place(range.from)?, chain.place(range.to)?);
            let coins = chain.rewards()[from..=to].iter().map(|sats| coins(*sats)).sum();
            Some(Blocks { count: range.blocks(), coins, own: true })
        });
        own.or_else(|| counted(Published::builtin(), period, self.day))
    }
}

#[allow(clippy::cast_precision_loss, reason = "no sum of satoshis is beyond 2^53")]
fn coins(sats: u64) -> f64 {
    sats as f64 / COIN
}

/// The published value that lies nearest to some days; of those equally near a month's mean before a day's, and a hashrate before
/// a difficulty, from which one follows.
fn published(dossier: &Dossier, days: Days, day: Date) -> Option<NetworkRate> {
    let order = [Quantity::NetworkEhsMonthlyMean, Quantity::NetworkEhs, Quantity::Difficulty];
    let rank = |value: &MarketValue| order.iter().position(|what| *what == value.what);
    let near = dossier.values().iter().filter_map(|value| {
        let (rank, apart) = (rank(value)?, days_apart(value.at, days)?);
        (apart <= NEAR_DAYS && known(value.at, &value.source, day)).then_some((apart, rank, value))
    });
    let (days_apart, _, value) = near.min_by_key(|(apart, rank, _)| (*apart, *rank))?;
    let unit = if value.what == Quantity::Difficulty { PER_DIFFICULTY } else { 1e18 };
    let amount = value.amount;
    let bounds = (amount.low < amount.high).then_some((amount.low * unit, amount.high * unit));
    let how = How::Published { what: value.what, at: value.at, days_apart, source: value.source.clone() };
    Some(NetworkRate { value: amount.value * unit, bounds, how })
}

/// Days between a time and others: none where they share one.
fn days_apart(at: When, (first, last): Days) -> Option<u32> {
    let (from, to) = if at.first() > last { (last, at.first()) } else { (at.last(), first) };
    let days = to.since(from).ok()?.get_days();
    Some(u32::try_from(days).unwrap_or_default())
}

/// The blocks of whole months as published, and what consensus lets them create. Every block is in some month and none is left
/// out, so that the months before it say at which height one begins: to a block or two, since header times may fall.
fn counted(published: &Published, period: When, day: Date) -> Option<Blocks> {
    let months = &published.months;
    let end = |month: Date| month.last_of_month();
    let from = months.iter().position(|it| it.month == period.first())?;
    let to = months.iter().position(|it| end(it.month) == period.last())?;
    let wanted = months.get(from..=to)?;
    let stood = published.source.date.is_none_or(|date| date.first() <= day);
    if !stood || wanted.iter().any(|it| it.partial) {
        return None;
    }
    let total = |months: &[hashwatch_registry::PublishedMonth]| months.iter().map(|it| it.total).sum::<u64>();
    let count = total(wanted);
    let first = u64::from(published.from_height) + total(&months[..from]);
    let heights = first..first + count;
    let coins = heights.map(|height| coins(Rules::Mainnet.subsidy(u32::try_from(height).unwrap_or(u32::MAX)))).sum();
    Some(Blocks { count, coins, own: false })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn when(text: &str) -> When {
        When::parse(text).unwrap()
    }

    #[test]
    fn the_nearest_published_value_counts_and_none_from_afar() {
        let (dossier, day) = (Dossier::builtin(), date(2026, 11, 28));
        let of = |first, last| published(dossier, (first, last), day);
        // a month's mean of that month
        let december = of(date(2025, 12, 1), date(2025, 12, 31)).unwrap();
        assert!((december.value / 1.045e21 - 1.0).abs() < 1e-12, "{december:?}");
        assert!(matches!(december.how, How::Published { what: Quantity::NetworkEhsMonthlyMean, days_apart: 0, .. }));
        // a difficulty of 142.34 T: 142.34e12 * 2^32 / 600 = 1.01891e21
        let september = of(date(2025, 9, 1), date(2025, 9, 30)).unwrap();
        assert!((september.value / 1.018_911e21 - 1.0).abs() < 1e-5, "{september:?}");
        // bounds of a source are bounds here
        let march = of(date(2026, 3, 21), date(2026, 3, 21)).unwrap();
        assert_eq!(march.bounds, Some((9.03e20, 9.48e20)));
        assert_eq!(of(date(2024, 5, 1), date(2024, 5, 31)), None, "January and September 2024 are months away");
        assert_eq!(
            published(dossier, (date(2025, 12, 1), date(2025, 12, 31)), date(2024, 1, 1)),
            None,
            "not known yet"
        );
    }

    #[test]
    fn days_between() {
        let days = (date(2024, 2, 1), date(2024, 2, 29));
        for (at, apart) in [("2024-01", 1), ("2024-03-05", 5), ("2024-02-10", 0), ("2024", 0), ("2023-12-31", 32)] {
            assert_eq!(days_apart(when(at), days), Some(apart), "{at}");
        }
    }

    /// April 2024 began at 837,165 and the halving at 840,000: 2,835 blocks of 6.25 and 1,572 of 3.125.
    #[test]
    fn published_blocks_bring_what_consensus_lets_them() {
        let (published, day) = (Published::builtin(), date(2026, 11, 28));
        let april = counted(published, when("2024-04"), day).unwrap();
        assert_eq!((april.count, april.own), (4_407, false));
        assert!((april.coins - (2_835.0 * 6.25 + 1_572.0 * 3.125)).abs() < 1e-6, "{april:?}");
        let quarter = counted(published, when("2024-Q2"), day).unwrap();
        assert_eq!(quarter.count, 4_407 + (845_981 - 841_572 + 1) + (850_160 - 845_982 + 1));
        for none in ["2021-01", "2026-04", "2020-12", "2026-05", "2024-04-01", "2021"] {
            assert_eq!(counted(published, when(none), day), None, "{none}");
        }
        assert_eq!(counted(published, when("2024-04"), date(2024, 6, 1)), None, "it was counted later");
    }
}

//! What others have published, as values of parameters: the newest where there is one, and how far it moved in a year.
//!
//! A value's low and high are the least and the greatest of all that were published for the twelve months before the day, with the
//! bounds that their sources give. That is how far a figure has moved or sources differ, and no interval of any confidence.

use hashwatch_economics::{
    Range,
    cost::{HASHPRICE, NETWORK},
    mining::exahashes_per_second,
};
use hashwatch_registry::{Amount, Machine, MarketValue, Quantity, Source, When};
use jiff::{ToSpan, civil::Date};

use super::{Claim, Origin, Sources};

/// Parameters that a machine's price and efficiency are of.
pub const MACHINES: [&str; 2] = ["new_usd_per_terahash_per_second", "joules_per_terahash"];
/// Seconds that the protocol means a block to take.
const WAIT_SECONDS: f64 = 600.0;
/// What the network grew in is measured over about two years.
const GROWTH_DAYS: f64 = 730.0;

/// A number of some time, and who says so.
#[derive(Clone, Debug)]
struct Said {
    at: When,
    amount: Amount,
    says: String,
    source: Source,
}

/// The published value of a parameter.
pub(crate) fn of(sources: &Sources<'_>, name: &str) -> Option<(Range, Origin)> {
    let quantity = match name {
        NETWORK => return network(sources),
        "reward_btc" => return subsidy(sources.day),
        "new_exahashes_per_second_per_year" => return growth(sources),
        "new_usd_per_terahash_per_second" => return machine_price(sources),
        "joules_per_terahash" => return efficiency(sources),
        "usd_per_btc" => Quantity::BtcUsd,
        "usd_per_kwh" => Quantity::PowerUsdPerKwh,
        "site_usd_per_kw" => Quantity::MiningSiteUsdPerKw,
        "power_usage_effectiveness" => Quantity::Pue,
        "second_hand_usd_per_terahash_per_second" => Quantity::SecondHandUsdPerTh,
        "btc_per_eh_day" => Quantity::Rental,
        "lease_usd_per_mw_year" => Quantity::HpcLeaseUsdPerMwYear,
        name if name == HASHPRICE.name => Quantity::Hashprice,
        _ => return None,
    };
    newest(sources, &said(sources, quantity), "")
}

/// All that is published of a quantity.
fn said(sources: &Sources<'_>, what: Quantity) -> Vec<Said> {
    let words = |value: &MarketValue| {
        let note = value.note.as_ref().map_or_else(String::new, |note| format!(" ({note})"));
        format!("{} {}{note}", what.name(), value.amount.value)
    };
    let values = sources.dossier.values().iter().filter(|value| value.what == what);
    let said = |it: &MarketValue| Said { at: it.at, amount: it.amount, says: words(it), source: it.source.clone() };
    values.map(said).collect()
}

/// The newest of what is said, between the least and the greatest of the twelve months before the day. Of several of the same time the
/// median.
fn newest(sources: &Sources<'_>, all: &[Said], what: &str) -> Option<(Range, Origin)> {
    let day = sources.day;
    let mut known: Vec<&Said> = all.iter().filter(|it| it.at.first() <= day).collect();
    if known.is_empty() && sources.later {
        let first = all.iter().map(|it| it.at.first()).min()?;
        known = all.iter().filter(|it| it.at.first() == first).collect();
    }
    // the newest first; of those that begin alike the most exact
    known.sort_by_key(|it| (std::cmp::Reverse(it.at.first()), it.at.last()));
    let newest = known.first()?.at;
    let mut same: Vec<&Said> = known.iter().copied().filter(|it| it.at == newest).collect();
    same.sort_by(|one, other| one.amount.value.total_cmp(&other.amount.value));
    let central = median(&same.iter().map(|it| it.amount.value).collect::<Vec<_>>())?;
    let since = day.saturating_sub(12.months());
    let claims: Vec<&Said> = known.into_iter().filter(|it| it.at == newest || it.at.last() >= since).collect();
    let low = claims.iter().map(|it| it.amount.low).fold(central, f64::min);
    let high = claims.iter().map(|it| it.amount.high).fold(central, f64::max);
    let how = match (claims.len(), same.len()) {
        (1, _) if low < high => "the newest that was published, with its source's own bounds".to_owned(),
        (1, _) if newest.last() < since => {
            "the newest that was published, and older than twelve months: no range is known".to_owned()
        }
        (1, _) => "the only one of the last twelve months: no range is known".to_owned(),
        (all, 1) => format!("the newest; low and high are the ends of {all} values of the last twelve months"),
        (all, same) => format!("the median of the {same} newest; low and high are the ends of {all} values"),
    };
    let how = if what.is_empty() { how } else { format!("{what}: {how}") };
    let claim = |it: &&Said| Claim { source: it.source.clone(), at: it.at, says: it.says.clone() };
    let claims = claims.iter().map(claim).collect();
    Some((
        Range { low, central, high },
        Origin::Published { how, claims, day: newest.last().min(day.max(newest.first())) },
    ))
}

/// The middle of numbers that rise; the mean of both where there are two.
fn median(rising: &[f64]) -> Option<f64> {
    let (below, above) = (rising.get(rising.len().checked_sub(1)? / 2)?, rising.get(rising.len() / 2)?);
    Some(f64::midpoint(*below, *above))
}

/// What is published of the network's hashrate over two weeks and more: difficulties, as the EH/s that find a block in ten minutes, and
/// means of a month. A day's estimate moves by several percent through luck alone.
fn network_values(sources: &Sources<'_>) -> Vec<Said> {
    let of_difficulty = said(sources, Quantity::Difficulty).into_iter().filter_map(|it| {
        let rate = |difficulty| exahashes_per_second(difficulty, WAIT_SECONDS).ok();
        let Amount { low, value, high } = it.amount;
        let amount = Amount { low: rate(low)?, value: rate(value)?, high: rate(high)? };
        Some(Said { amount, ..it })
    });
    let mut all: Vec<Said> = of_difficulty.collect();
    all.extend(said(sources, Quantity::NetworkEhsMonthlyMean));
    all
}

fn network(sources: &Sources<'_>) -> Option<(Range, Origin)> {
    let since = sources.day.saturating_sub(12.months());
    let lasting = network_values(sources);
    if lasting.iter().any(|it| it.at.first() <= sources.day && it.at.last() >= since) {
        return newest(sources, &lasting, "from the difficulty at ten minutes a block, and means of a month");
    }
    let days = said(sources, Quantity::NetworkEhs);
    newest(sources, &days, "estimates of single days, for want of others").or_else(|| newest(sources, &lasting, ""))
}

/// What the consensus rules let a block create. Fees are left out: nobody has published them.
fn subsidy(day: Date) -> Option<(Range, Origin)> {
    const HALVINGS: [(&str, f64); 4] =
        [("2012-11-28", 25.0), ("2016-07-09", 12.5), ("2020-05-11", 6.25), ("2024-04-20", 3.125)];
    // block 1,050,000 is some four years after block 840,000: beyond, we do not know without a chain
    let until: Date = "2028-01-01".parse().ok()?;
    let (since, btc) = HALVINGS.iter().rev().find(|(since, _)| since.parse().is_ok_and(|since: Date| since <= day))?;
    let at = When::parse(since).filter(|_| day < until)?;
    let source = Source { url: "https://en.bitcoin.it/wiki/Controlled_supply".to_owned(), date: Some(at) };
    let says = format!("{btc} BTC of subsidy a block since {since}");
    let how = "the subsidy alone, by the rules of consensus: fees are left out".to_owned();
    let claims = vec![Claim { source, at, says }];
    Some((Range::exactly(*btc), Origin::Published { how, claims, day: at.first() }))
}

/// What the industry makes in a year, as the network's growth over about two years: less than it makes, by what was retired.
fn growth(sources: &Sources<'_>) -> Option<(Range, Origin)> {
    let mut means = said(sources, Quantity::NetworkEhsMonthlyMean);
    means.retain(|it| it.at.first() <= sources.day || sources.later);
    let end = means.into_iter().max_by_key(|it| it.at.first())?;
    let days = |it: &Said| f64::from((end.at.first() - it.at.first()).get_days());
    let mut starts = said(sources, Quantity::NetworkEhs);
    starts.retain(|it| (0.75 * GROWTH_DAYS..=1.25 * GROWTH_DAYS).contains(&days(it)));
    let off = |it: &Said| (days(it) - GROWTH_DAYS).abs();
    let start = starts.into_iter().min_by(|one, other| off(one).total_cmp(&off(other)))?;
    let (from, to) = (start.amount.value, end.amount.value);
    let yearly = (to - from) / days(&start) * 365.0;
    let how = format!(
        "net growth of the network: {from} EH/s in {} to {to} EH/s in {}; what was made is more, by what was retired",
        start.at, end.at
    );
    let day = end.at.last().min(sources.day.max(end.at.first()));
    let claims = [end, start].map(|it| Claim { source: it.source, at: it.at, says: it.says });
    (yearly > 0.0).then(|| (Range::exactly(yearly), Origin::Published { how, claims: claims.into(), day }))
}

/// Machines with a price that was published by the day, however old: it is as old as it is told to be, and the index may be older.
fn machines_on_offer<'a>(sources: &Sources<'a>) -> Vec<(&'a Machine, Said)> {
    let all = sources.dossier.machines().iter().flat_map(|machine| {
        let priced = machine.prices.iter().map(move |price| {
            let note = price.note.as_deref().map_or_else(String::new, |note| format!(" ({note})"));
            let says = format!(
                "{} {}: {} USD for {} TH/s{note}",
                machine.vendor, machine.model, price.usd, machine.terahashes_per_second
            );
            let amount = Amount::exact(machine.usd_per_terahash_per_second(price));
            (machine, Said { at: price.at, amount, says, source: price.source.clone() })
        });
        priced.collect::<Vec<_>>()
    });
    all.filter(|(_, said)| said.at.first() <= sources.day).collect()
}

/// Prices of single machines, or the industry's price by terahash per second: what is newer.
fn machine_price(sources: &Sources<'_>) -> Option<(Range, Origin)> {
    let mut offers: Vec<Said> = machines_on_offer(sources).into_iter().map(|(_, said)| said).collect();
    let index = said(sources, Quantity::MachineUsdPerTh);
    let newest_offer = offers.iter().map(|it| it.at.first()).max();
    let newest_index = index.iter().map(|it| it.at.first()).filter(|day| *day <= sources.day).max();
    if offers.is_empty() || newest_index > newest_offer {
        offers = index;
    }
    newest(sources, &offers, "machines on offer")
}

/// Efficiency of the machines whose prices count; else of those that had come out in the two years before.
fn efficiency(sources: &Sources<'_>) -> Option<(Range, Origin)> {
    let of = |machine: &Machine, at: When, source: &Source| Said {
        at,
        amount: Amount::exact(machine.joules_per_terahash),
        says: format!("{} {}: {} J/TH", machine.vendor, machine.model, machine.joules_per_terahash),
        source: source.clone(),
    };
    let offers = machines_on_offer(sources);
    let offers: Vec<Said> = offers.into_iter().map(|(machine, said)| of(machine, said.at, &machine.source)).collect();
    if !offers.is_empty() {
        return newest(sources, &offers, "the machines whose prices count");
    }
    let since = sources.day.saturating_sub(24.months());
    let new = sources.dossier.machines().iter().filter_map(|machine| {
        let out = machine.released.filter(|out| out.first() <= sources.day && out.last() >= since)?;
        Some(of(machine, out, &machine.source))
    });
    newest(sources, &new.collect::<Vec<_>>(), "machines that had come out in the two years before")
}

//! The dossier's version: as the registry's, a hash over the data that is blind to the order in which they were written.

use super::{
    Dossier,
    announcement::{Announcement, Status},
    figure::{Amount, Figure},
    machine::Machine,
    market::{MarketValue, PublishedCost},
    report::Report,
};
use crate::{
    period::When,
    pool::Source,
    version::{digest, list, source, text},
};

/// Every claim, and where it is from; not the files that they stand in.
pub(super) fn of(dossier: &Dossier) -> String {
    let all = [
        list(dossier.announcements.iter().map(announcement).collect()),
        list(dossier.reports.iter().map(report).collect()),
        list(dossier.machines.iter().map(machine).collect()),
        list(dossier.values.iter().map(value).collect()),
        list(dossier.costs.iter().map(cost).collect()),
    ];
    digest(&all.concat())
}

fn announcement(it: &Announcement) -> Vec<u8> {
    let online =
        it.online.iter().map(|online| [when(Some(online.by)), number(online.mw), maybe(&online.note)].concat());
    let mining = it.mining.iter().map(|mining| {
        let told = [number(mining.hashes_per_second), when(mining.by), maybe(&mining.note)].concat();
        [text(mining.wound_down.name()), told].concat()
    });
    [
        [&it.slug, &it.miner].map(|it| text(it)).concat(),
        [it.dated.name(), it.kind.name()].map(text).concat(),
        when(Some(it.on)),
        [&it.counterparty, &it.site, &it.region, &it.about, &it.note].map(maybe).concat(),
        list(it.contradicts.iter().map(|slug| text(slug)).collect()),
        list(it.figures.iter().map(figure).collect()),
        list(online.collect()),
        list(mining.collect()),
        list(it.status.iter().map(status).collect()),
        sources(&it.source, &it.also),
    ]
    .concat()
}

fn figure(it: &Figure) -> Vec<u8> {
    [text(it.what.name()), text(it.of.name()), amount(&it.amount), maybe(&it.note)].concat()
}

fn status(it: &Status) -> Vec<u8> {
    [text(it.is.name()), when(Some(it.on)), maybe(&it.note), source(&it.source)].concat()
}

fn report(it: &Report) -> Vec<u8> {
    let figures =
        [it.btc_produced, it.btc_held, it.joules_per_terahash, it.power_mw, it.usd_per_btc].map(number).concat();
    [text(&it.miner), when(Some(it.period)), figures, maybe(&it.note), source(&it.source)].concat()
}

fn machine(it: &Machine) -> Vec<u8> {
    let prices = it.prices.iter().map(|price| {
        [number(Some(price.usd)), when(Some(price.at)), maybe(&price.note), source(&price.source)].concat()
    });
    [
        [&it.slug, &it.vendor, &it.model].map(|it| text(it)).concat(),
        [it.terahashes_per_second, it.watts, it.joules_per_terahash].map(|it| number(Some(it))).concat(),
        when(it.released),
        list(prices.collect()),
        maybe(&it.note),
        sources(&it.source, &it.also),
    ]
    .concat()
}

fn value(it: &MarketValue) -> Vec<u8> {
    let single = [text(it.what.name()), when(Some(it.at)), amount(&it.amount), maybe(&it.note)].concat();
    [single, sources(&it.source, &it.also)].concat()
}

fn cost(it: &PublishedCost) -> Vec<u8> {
    let parts = it.parts.iter().map(|part| [text(part.of.name()), amount(&part.usd), maybe(&part.note)].concat());
    [
        [&it.slug, &it.by].map(|it| text(it)).concat(),
        when(Some(it.at)),
        number(it.days),
        amount(&it.total_usd),
        list(parts.collect()),
        maybe(&it.note),
        sources(&it.source, &it.also),
    ]
    .concat()
}

fn sources(first: &Source, also: &[Source]) -> Vec<u8> {
    [source(first), list(also.iter().map(source).collect())].concat()
}

fn amount(it: &Amount) -> Vec<u8> {
    [it.low, it.value, it.high].map(|it| number(Some(it))).concat()
}

fn number(it: Option<f64>) -> Vec<u8> {
    text(&it.map(|it| it.to_bits().to_string()).unwrap_or_default())
}

fn when(it: Option<When>) -> Vec<u8> {
    text(&it.map(|it| it.to_string()).unwrap_or_default())
}

fn maybe(it: &Option<String>) -> Vec<u8> {
    text(it.as_deref().unwrap_or_default())
}

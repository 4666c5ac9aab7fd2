//! Pivots as markers on charts over time of mainnet: few, each with its ticker.

use hashwatch_registry::{Announcement, AnnouncementKind, Dossier, Measure, Registry, Scope, WoundDown};
use jiff::civil::Date;
use serde_json::{Value, json};

use super::called;
use crate::span::midnight;

/// Markers in a picture at most: those of least weight are left out, and the page of pivots has all.
const MOST: usize = 8;
/// A contract of at least as many MW of critical IT load is worth a mark.
const LEAST_MW: f64 = 100.0;

/// What an announcement weighs among others: its megawatts, and above all that a company's mining ends. None where it is not worth a mark.
fn weight(it: &Announcement) -> Option<f64> {
    if it.mining.as_ref().is_some_and(|mining| mining.wound_down == WoundDown::Company) {
        return Some(f64::MAX);
    }
    if !matches!(it.kind, AnnouncementKind::Lease | AnnouncementKind::Cloud) {
        return None;
    }
    let new: f64 =
        it.figures_of(Measure::CriticalItMw).filter(|it| it.of == Scope::New).map(|it| it.amount.value).sum();
    (new >= LEAST_MW).then_some(new)
}

/// Those announced between two times, in Unix seconds, the first first. Of a company the same day, or the same months in which two
/// would be one line, there is one.
pub(crate) fn markers(dossier: &Dossier, who: &Registry, from: i64, to: i64) -> Vec<Value> {
    let mut found: Vec<(f64, Date, &str)> = Vec::new();
    for it in dossier.announcements().iter().filter(|it| (from..=to).contains(&midnight(it.on.first()))) {
        let Some(weight) = weight(it) else { continue };
        match found.iter_mut().find(|(_, day, miner)| *miner == it.miner && near(*day, it.on.first())) {
            Some(known) => known.0 = known.0.max(weight),
            None => found.push((weight, it.on.first(), &it.miner)),
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| b.1.cmp(&a.1)));
    found.truncate(MOST);
    found.sort_by_key(|(_, day, miner)| (*day, *miner));
    let marker = |(_, day, miner): &(f64, Date, &str)| {
        let (name, tickers) = called(who, miner, *day);
        json!({ "time": midnight(*day), "word": tickers.into_iter().next().unwrap_or(name) })
    };
    found.iter().map(marker).collect()
}

/// Within a quarter of each other.
fn near(one: Date, other: Date) -> bool {
    midnight(one).abs_diff(midnight(other)) < 90 * 86_400
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn between(from: Date, to: Date) -> Vec<Value> {
        markers(Dossier::builtin(), Registry::builtin(), midnight(from), midnight(to))
    }

    #[test]
    fn few_and_by_ticker() {
        let all = between(date(2024, 1, 1), date(2026, 12, 31));
        assert_eq!(all.len(), MOST);
        assert!(all.windows(2).all(|pair| pair[0]["time"].as_i64() <= pair[1]["time"].as_i64()));
        let words: Vec<&str> = all.iter().filter_map(|it| it["word"].as_str()).collect();
        // that a company gives up mining stays, however much others have signed
        assert!(words.contains(&"BTBT") && words.iter().all(|word| word.len() <= 5), "{words:?}");
    }

    #[test]
    fn only_what_lies_between() {
        assert!(between(date(2020, 1, 1), date(2023, 12, 31)).is_empty());
        let month = between(date(2025, 8, 1), date(2025, 8, 31));
        // two of TeraWulf's within a week are one mark
        assert_eq!(month.iter().filter(|it| it["word"] == "WULF").count(), 1);
        assert_eq!(month.len(), 3, "{month:?}");
    }
}

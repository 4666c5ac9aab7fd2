//! The table of a company's periods: months, quarters and years together, several sources side by side, gaps among them.

use std::collections::BTreeMap;

use hashwatch_registry::When;
use jiff::{ToSpan, civil::Date};

use super::{
    history::History,
    newness,
    words::{Cell, coins, exahashes, network_words, share_words},
};
use crate::wording::{counted, significant};

/// A period, or periods of which nothing was reported.
#[derive(Default)]
pub(super) struct PeriodRow {
    pub(super) period: String,
    /// Why there is nothing; empty where there is something.
    pub(super) gap: String,
    pub(super) hashrate: Vec<Cell>,
    pub(super) share: Vec<ShareCell>,
    pub(super) produced: Vec<Cell>,
    pub(super) held: Vec<Cell>,
    pub(super) efficiency: Vec<Cell>,
    pub(super) power: Vec<Cell>,
}

impl PeriodRow {
    /// Whether it would stand there with nothing in it: a report may tell no more than what a coin cost.
    fn is_empty(&self) -> bool {
        let cells = [&self.hashrate, &self.produced, &self.held, &self.efficiency, &self.power];
        self.gap.is_empty() && self.share.is_empty() && cells.iter().all(|cells| cells.is_empty())
    }
}

/// A share of the network, and how that is known.
pub(super) struct ShareCell {
    pub(super) text: String,
    pub(super) of: String,
    pub(super) source: Option<crate::registry::row::SourceLink>,
}

/// The newest first.
pub(super) fn rows(it: &History<'_>) -> Vec<PeriodRow> {
    let mut rows: BTreeMap<(Date, Date), PeriodRow> = BTreeMap::new();
    let mut row = |period: When, fill: &mut dyn FnMut(&mut PeriodRow)| {
        let row = rows.entry(newness(period)).or_default();
        row.period = period.to_string();
        fill(row);
    };
    for said in &it.said {
        row(said.it.period, &mut |row| {
            row.hashrate.push(Cell::new(exahashes(said.it.hashes_per_second), said.it.kind.name(), &said.it.source));
            row.share.push(share(said));
        });
    }
    for report in &it.reports {
        let (source, note) = (&report.source, report.note.clone().unwrap_or_default());
        row(report.period, &mut |row| {
            row.produced.extend(report.btc_produced.map(|btc| Cell::new(coins(btc), "", source)));
            row.held.extend(report.btc_held.map(|btc| Cell::new(coins(btc), "", source)));
            row.efficiency.extend(report.joules_per_terahash.map(|it| Cell::new(significant(it), "", source)));
            row.power.extend(report.power_mw.map(|mw| Cell::new(significant(mw), note.clone(), source)));
        });
    }
    for (from, to, months) in gaps(it) {
        let period = if from == to { from.to_string() } else { format!("{from} to {to}") };
        let gap = format!("{} without a report of their own", counted(months, "month"));
        let gap = if months == 1 { "no report of this month".to_owned() } else { gap };
        rows.insert((to.last(), from.first()), PeriodRow { period, gap, ..PeriodRow::default() });
    }
    rows.into_values().rev().filter(|row| !row.is_empty()).collect()
}

fn share(said: &super::history::Said<'_>) -> ShareCell {
    let unknown = || ShareCell { text: "unknown".to_owned(), of: String::new(), source: None };
    let known = said.network.as_ref().zip(said.part());
    known.map_or_else(unknown, |(network, part)| ShareCell {
        text: share_words(part),
        of: network_words(network),
        source: super::words::how_source(&network.how).map(crate::registry::row::source_link),
    })
}

/// Runs of months without a report of their own and without a disclosed hashrate: the first, the last, and how many.
fn gaps(it: &History<'_>) -> Vec<(When, When, usize)> {
    let disclosed = |month: &When| it.said.iter().any(|said| newness(said.it.period) == newness(*month));
    let mut runs: Vec<(When, When, usize)> = Vec::new();
    for month in it.months_without.iter().filter(|month| !disclosed(month)) {
        let next = |last: When| last.last().checked_add(1.day()).is_ok_and(|day| day == month.first());
        match runs.last_mut() {
            Some((_, to, months)) if next(*to) => (*to, *months) = (*month, *months + 1),
            _ => runs.push((*month, *month, 1)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use hashwatch_registry::{Dossier, Registry};
    use jiff::civil::date;

    use super::*;
    use crate::miners::disclosed::{company, network::Networks};

    fn history(name: &str) -> History<'static> {
        let (who, dossier, day) = (Registry::builtin(), Dossier::builtin(), date(2026, 11, 28));
        History::read(dossier, company(who, name, day).unwrap(), &Networks::published(dossier, day), day)
    }

    #[test]
    fn several_sources_stand_side_by_side() {
        let rows = rows(&history("IREN"));
        // two sources of August 2024 say another power, and the same production
        let august = rows.iter().find(|row| row.period == "2024-08").unwrap();
        let texts = |cells: &[Cell]| cells.iter().map(|cell| cell.text.clone()).collect::<Vec<_>>();
        assert_eq!(
            (texts(&august.power), texts(&august.produced)),
            (vec!["246".into(), "300".into()], vec!["245".to_owned(); 2])
        );
        assert_eq!(august.hashrate.len(), august.share.len());
        assert!(august.power.iter().all(|cell| !cell.note.is_empty() && cell.source.is_some()));
        // a quarter stands with its months
        assert!(rows.iter().any(|row| row.period == "2024-Q4") && rows.iter().any(|row| row.period == "2024-12"));
    }

    #[test]
    fn a_period_without_a_figure_has_no_row() {
        let mara = history("MARA");
        let quarter = When::parse("2024-Q4").unwrap();
        let report = mara.reports.iter().find(|it| it.period == quarter).unwrap();
        assert!(report.usd_per_btc.is_some() && report.btc_produced.is_none(), "told of its cost alone");
        let rows = rows(&mara);
        assert!(rows.iter().all(|row| row.period != "2024-Q4" && !row.is_empty()));
        assert!(rows.iter().any(|row| row.period == "2024-12"));
    }

    #[test]
    fn gaps_are_shown_and_are_none_where_something_was_disclosed() {
        let iren = history("IREN");
        let runs = gaps(&iren);
        let all: usize = runs.iter().map(|(_, _, months)| months).sum();
        let silent = iren.months_without.len();
        assert!(all > 0 && all <= silent, "{all} of {silent}");
        let shown = rows(&iren);
        assert_eq!(shown.iter().filter(|row| !row.gap.is_empty()).count(), runs.len());
        // March 2026 has a hashrate and no report; after it there was nothing up to the day
        assert!(shown.iter().any(|row| row.period == "2026-03" && row.gap.is_empty()));
        assert!(
            shown[0].period.starts_with("2026-04 to 2026-10") && shown[0].gap.starts_with("7 months"),
            "{}",
            shown[0].period
        );
    }
}

//! The chart `pivots`: megawatts of critical IT load over time, each day as [`Dossier::critical_it_mw_on`] has it. It needs no block.

use axum::response::Response;
use hashwatch_registry::{Amount, Capacity, Dossier};
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::{
    charts::{ChartForm, Head, figure, of_day},
    error::WebError,
    mainnet::Mainnet,
    params::Params,
    span::midnight,
    state::WebState,
    table::{Table, plain_file},
};

/// What is added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    Signed,
    Live,
    Unsigned,
}

impl Line {
    pub(crate) const ALL: [Line; 3] = [Line::Signed, Line::Live, Line::Unsigned];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Line::Signed => "signed",
            Line::Live => "live",
            Line::Unsigned => "unsigned",
        }
    }

    /// What it is called at its end.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Line::Signed => "under contract",
            Line::Live => "delivered",
            Line::Unsigned => "proposed or planned",
        }
    }

    fn of(self, capacity: &Capacity) -> Amount {
        match self {
            Line::Signed => capacity.announced,
            Line::Live => capacity.live,
            Line::Unsigned => capacity.unsigned,
        }
    }
}

/// Every day up to `until` on which some megawatts changed, and what they were from then on; begins with the first announcement.
pub(crate) fn history(dossier: &Dossier, until: Date) -> Vec<(Date, Capacity)> {
    let all = dossier.announcements().iter();
    let mut days: Vec<Date> = all.flat_map(|it| it.status.iter().map(|status| status.on.first())).collect();
    days.retain(|day| *day <= until);
    days.sort_unstable();
    days.dedup();
    let mut found: Vec<(Date, Capacity)> = Vec::new();
    for day in days {
        let capacity = dossier.critical_it_mw_on(day);
        if found.last().is_none_or(|(_, before)| *before != capacity) {
            found.push((day, capacity));
        }
    }
    found
}

/// `GET /charts/pivots.{json,csv,svg}`.
pub(crate) async fn chart(state: &WebState, kind: &str, mut params: Params) -> Result<Response, WebError> {
    let word = params.word("series", &Line::ALL.map(Line::word))?;
    let line = Line::ALL.into_iter().find(|line| line.word() == word).unwrap_or(Line::Signed);
    let form = ChartForm::read("pivots", kind, &mut params)?;
    let asked = Mainnet::page(state, params).await?;
    let data = data(&asked.dossier, asked.day, line);
    let file = || {
        let source = format!("announcements, dossier {}; permalink: {}", asked.dossier.version(), asked.permalink());
        plain_file(&table(&asked.dossier, asked.day, line), &title(line), &source)
    };
    form.answer(state, "pivots", &data.to_string(), file).await
}

fn title(line: Line) -> String {
    format!("Critical IT load {}", line.words())
}

fn data(dossier: &Dossier, day: Date, line: Line) -> Value {
    let history = history(dossier, day);
    // side by side the three share an axis
    let reach = history.iter().flat_map(|(_, capacity)| Line::ALL.map(|line| line.of(capacity).high));
    let top = reach.fold(0.0, f64::max);
    let points = history.iter().map(|(day, capacity)| {
        let Amount { low, value, high } = line.of(capacity);
        let none = json!(0);
        // where they are one there are none to draw
        let bounds = (low < high).then_some((low, high)).unzip();
        json!({
            "time": midnight(*day), "from_height": none, "to_height": none, "blocks": none,
            "value": value, "low": bounds.0, "high": bounds.1,
        })
    });
    let ends = midnight(day.tomorrow().unwrap_or(day));
    let head = Head {
        name: "pivots",
        title: &title(line),
        unit: "MW",
        as_of: of_day(ends - 1),
        said: None,
        source: &format!("announcements with their sources, dossier {}", dossier.version()),
    };
    let mut data = head.json();
    data["scale"] = json!("number");
    data["steps"] = json!(true);
    data["series"] = json!(line.words());
    data["color"] = figure::color();
    data["top"] = json!(top);
    data["interval"] = json!("where sources differ or do not tell");
    data["points"] = points.collect();
    data["guides"] = json!([]);
    data["markers"] = json!([]);
    data
}

fn table(dossier: &Dossier, day: Date, line: Line) -> Table {
    let rows = history(dossier, day).into_iter().map(|(day, capacity)| {
        let Amount { low, value, high } = line.of(&capacity);
        vec![json!(day.to_string()), json!(low), json!(value), json!(high)]
    });
    Table::new(&format!("pivots-{}", line.word()), &["from", "low_mw", "value_mw", "high_mw"], rows.collect())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_line_ends_at_what_stands_on_the_day() {
        let dossier = Dossier::builtin();
        for day in [date(2024, 6, 3), date(2025, 11, 30), date(2026, 10, 1)] {
            let history = history(dossier, day);
            assert_eq!(history.last().unwrap().1, dossier.critical_it_mw_on(day), "{day}");
            assert!(history.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 != pair[1].1));
        }
        assert!(history(dossier, date(2020, 1, 1)).is_empty());
    }

    #[test]
    fn three_pictures_share_an_axis() {
        let day = date(2026, 10, 1);
        let all = Line::ALL.map(|line| data(Dossier::builtin(), day, line));
        assert!(all.iter().all(|one| one["top"] == all[0]["top"] && one["as_of"]["time"] == all[0]["as_of"]["time"]));
        let last = |at: usize| all[at]["points"].as_array().unwrap().last().unwrap()["value"].as_f64().unwrap();
        assert!(last(0) > last(1), "more is signed than delivered");
    }
}

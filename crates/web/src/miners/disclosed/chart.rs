//! The chart `disclosed`: a company's disclosed hashrate of one kind, month by month. It needs no block of ours.

use axum::response::Response;
use hashwatch_registry::{Disclosure, HashrateKind, Miner, When};
use jiff::{ToSpan, civil::Date};
use serde_json::{Value, json};

use super::{company, disclosures, newness, study::KINDS};
use crate::{
    charts::{ChartForm, Head, figure, of_day, rows},
    error::WebError,
    mainnet::Mainnet,
    params::Params,
    span::midnight,
    state::WebState,
    table::plain_file,
    wording::hashrate_unit,
};

/// Months in a picture at most: before there were none.
const MOST_MONTHS: usize = 600;

/// `GET /charts/disclosed.{json,csv,svg}`.
pub(crate) async fn chart(state: &WebState, kind: &str, mut params: Params) -> Result<Response, WebError> {
    let name = params.part::<String>("miner")?;
    let missing = || WebError::BadValue { name: "miner", reason: "a ticker or a slug is needed".to_owned() };
    let name = name.ok_or_else(missing)?;
    let word = params.word("kind", &HashrateKind::ALL.map(HashrateKind::name))?;
    let form = ChartForm::read("disclosed", kind, &mut params)?;
    let asked = Mainnet::page(state, params).await?;
    let miner = company(asked.who(state), &name, asked.day)?;
    // one of those that there are
    let of = HashrateKind::ALL.into_iter().find(|it| it.name() == word).unwrap_or(HashrateKind::Operating);
    let data = data(&asked, miner, of);
    let file = || {
        let title = format!("hashrate that {} disclosed by month: {word}", miner.name);
        let source = format!("companies as published by {}; dossier {}", asked.day, asked.dossier.version());
        plain_file(&rows::band(&format!("disclosed-{}-{word}", miner.slug), &data), &title, &source)
    };
    form.answer(state, "disclosed", &data.to_string(), file).await
}

fn data(asked: &Mainnet, miner: &Miner, kind: HashrateKind) -> Value {
    let (day, name) = (asked.day, miner.name_on(asked.day));
    let said: Vec<&Disclosure> = disclosures(miner, day).filter(|said| said.kind == kind).collect();
    let points = points(&said, day);
    let top = points.iter().filter_map(|(_, value)| *value).fold(0.0, f64::max);
    let first = points.first().map_or(day, |(month, _)| *month);
    let markers = asked
        .dossier
        .announcements_of(&miner.slug)
        .filter(|it| KINDS.contains(&it.kind) && first <= it.on.first() && it.on.first() <= day);
    let point = |(month, value): &(Date, Option<f64>)| {
        json!({
            "time": midnight(*month), "from_height": 0, "to_height": 0, "blocks": 0, "value": value, "low": null, "high": null,
        })
    };
    let head = Head {
        name: "disclosed",
        title: &format!("Hashrate that {name} disclosed, {}", kind.name()),
        unit: hashrate_unit(top).0,
        as_of: of_day(midnight(day)),
        said: None,
        source: "the company's reports as published, each linked in the table",
    };
    let mut data = head.json();
    data["scale"] = json!("hashrate");
    data["series"] = json!(kind.name());
    data["color"] = figure::color();
    data["points"] = points.iter().map(point).collect();
    data["guides"] = json!([]);
    data["markers"] = markers.map(|it| json!({ "time": midnight(it.on.first()), "word": it.kind.name() })).collect();
    data
}

/// Months from the first that is spoken of to that of the day, each with its figure or none. An average is of all months of its
/// period, what stood at a period's end of its last month. Of several of one month that of the shortest period counts, then the
/// first that is named.
fn points(said: &[&Disclosure], day: Date) -> Vec<(Date, Option<f64>)> {
    let first_of = |it: &Disclosure| match it.kind {
        HashrateKind::Operating => it.period.first(),
        _ => it.period.last(),
    };
    let Some(first) = said.iter().map(|it| first_of(it).first_of_month()).min() else { return Vec::new() };
    let months = std::iter::successors(Some(first), |month| month.checked_add(1.month()).ok());
    let value = |month: Date| {
        let holds = |it: &&&Disclosure| first_of(it).first_of_month() <= month && month <= it.period.last();
        // the shortest of those is the one that begins last
        let of_month = said.iter().filter(holds).min_by_key(|it| std::cmp::Reverse(begin_and_end(it.period)));
        of_month.map(|it| it.hashes_per_second)
    };
    months.take_while(|month| *month <= day).take(MOST_MONTHS).map(|month| (month, value(month))).collect()
}

fn begin_and_end(period: When) -> (Date, std::cmp::Reverse<Date>) {
    let (last, first) = newness(period);
    (first, std::cmp::Reverse(last))
}

#[cfg(test)]
mod tests {
    use hashwatch_registry::Source;
    use jiff::civil::date;

    use super::*;

    fn said(period: &str, kind: HashrateKind, rate: f64) -> Disclosure {
        let source = Source { url: "https://example.org".to_owned(), date: None };
        Disclosure { period: When::parse(period).unwrap(), kind, hashes_per_second: rate, source }
    }

    fn values(all: &[Disclosure], day: Date) -> Vec<Option<f64>> {
        points(&all.iter().collect::<Vec<_>>(), day).into_iter().map(|(_, value)| value).collect()
    }

    #[test]
    fn gaps_stay_gaps_up_to_the_day() {
        use HashrateKind::{Installed, Operating};
        let ends = [said("2025-Q1", Installed, 5.0), said("2025-05-20", Installed, 6.0)];
        assert_eq!(values(&ends, date(2025, 7, 3)), [Some(5.0), None, Some(6.0), None, None]);
        // an average is of each of its months; a month of its own says more
        let means = [said("2025-Q1", Operating, 5.0), said("2025-02", Operating, 7.0), said("2025-02", Operating, 8.0)];
        assert_eq!(values(&means, date(2025, 4, 1)), [Some(5.0), Some(7.0), Some(5.0), None]);
        assert_eq!(values(&[], date(2025, 4, 1)), [] as [Option<f64>; 0]);
    }
}

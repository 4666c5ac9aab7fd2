//! How concentrated mining is, in short: today's value of three indices above each one's last year. The rest is `/concentration`'s.

use hashwatch_metrics::{Figure, Index};

use crate::{
    asked::Asked,
    chart_box::ChartBox,
    charts::SPAN,
    concentration::{
        Concentration,
        page::Wanted,
        words::{Unit, short_name},
    },
    error::WebError,
    series,
    shares::by::By,
    state::WebState,
};

/// Those that say it in a word: how unequal, how few are a majority, how much the largest hold.
const TOLD: [Index; 3] = [Index::Hhi, Index::Nakamoto, Index::Cr3];

/// An index: what it is now, and its picture.
pub(super) struct Multiple {
    pub(super) name: &'static str,
    /// Its page.
    pub(super) href: String,
    pub(super) value: String,
    pub(super) interval: String,
    pub(super) chart: ChartBox,
}

pub(super) async fn multiples(state: &WebState, asked: &Asked, by: By) -> Result<Vec<Multiple>, WebError> {
    let found = Concentration::read(state, &asked.view, series::USUAL, by).await?;
    Ok(TOLD.into_iter().map(|index| multiple(asked, index, by, found.of(index))).collect())
}

fn multiple(asked: &Asked, index: Index, by: By, figure: Option<Figure>) -> Multiple {
    let (unit, name) = (Unit::of(index), short_name(index));
    let value = figure.and_then(|figure| figure.value).map_or_else(|| "none".to_owned(), |value| unit.words(value));
    let ends = figure.and_then(|figure| figure.low.zip(figure.high));
    let interval = ends.map_or_else(String::new, |(low, high)| format!("{} to {}", unit.words(low), unit.words(high)));
    let wanted = Wanted { index, window: series::USUAL, span: SPAN, by, log: false };
    let chart = wanted.chart(asked, &format!("{name} by {} is {value} ({interval}).", by.word()));
    Multiple { name, href: wanted.link(&asked.kept), value, interval, chart }
}

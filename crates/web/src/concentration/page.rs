//! The page `/concentration`.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use hashwatch_metrics::Index;
use hashwatch_model::Window;

use super::{
    Concentration,
    rows::{EntityRow, IndexRow, entity_rows, index_row},
    words::{Unit, name, short_name},
};
use crate::{
    asked::Asked,
    chart_box::ChartBox,
    charts::{SPAN, index_of, is_log},
    error::WebError,
    method::Method,
    page::{Page, shown},
    params::{Params, query},
    published::page::{PublishedPart, part},
    series,
    shares::by::By,
    state::WebState,
    window_links::{Choice, range_words, window_words},
    wording::thousands,
};

/// Indices that charts are offered of.
const CHARTED: [(Index, &str); 8] = [
    (Index::Hhi, "HHI"),
    (Index::EffectiveNumber, "Effective number"),
    (Index::Nakamoto, "Nakamoto"),
    (Index::Cr1, "Largest"),
    (Index::Cr3, "Three largest"),
    (Index::Shannon, "Entropy"),
    (Index::Gini, "Gini"),
    (Index::Entities, "Entities"),
];
/// Windows and spans that are offered.
const WINDOWS: [Window; 6] = [
    Window::Blocks(144),
    Window::Blocks(1_008),
    Window::Blocks(2_016),
    Window::Days(30),
    Window::Days(90),
    Window::Days(365),
];
const SPANS: [Window; 5] = [Window::Days(90), Window::Days(365), Window::Days(730), Window::Days(1_095), Window::All];

#[derive(Template)]
#[template(path = "concentration/concentration.html")]
struct ConcentrationPage {
    page: Page,
    answer: String,
    /// None before the first block.
    own: Option<Own>,
    published: PublishedPart,
}

/// What our own blocks say.
struct Own {
    words: String,
    indices: Vec<Choice>,
    windows: Vec<Choice>,
    spans: Vec<Choice>,
    axes: Vec<Choice>,
    groupings: Vec<Choice>,
    charts: Vec<ChartBox>,
    rows: Vec<IndexRow>,
    shares: Vec<EntityRow>,
    method: Method,
}

/// What the page is asked for.
#[derive(Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) index: Index,
    pub(crate) window: Window,
    pub(crate) span: Window,
    pub(crate) by: By,
    pub(crate) log: bool,
}

impl Wanted {
    fn read(params: &mut Params) -> Result<Wanted, WebError> {
        Ok(Wanted {
            index: index_of(params)?,
            window: params.window(series::USUAL)?,
            span: params.window_called("span", SPAN)?,
            by: By::take(params)?,
            log: is_log(params)?,
        })
    }

    fn query(self) -> String {
        let Wanted { index, window, span, by, log } = self;
        let log = if log { "&scale=log" } else { "" };
        format!("metric={}&window={window}&span={span}&by={}{log}", index.word(), by.word())
    }

    /// The page that would be asked for with this, keeping the rest.
    pub(crate) fn link(self, kept: &str) -> String {
        format!("/concentration?{}{}", self.query(), query::further(kept))
    }

    /// The index over the span, one of three charts side by side.
    pub(crate) fn chart(self, asked: &Asked, answer: &str) -> ChartBox {
        let (index, by) = (self.index, self.by.word());
        let query = format!("{}&{}", self.query(), asked.view.pin());
        let alt = format!("{answer} The picture shows how the {} by {by} moved.", name(index));
        let title = format!("{} by {by}", short_name(index));
        ChartBox::new("index", title, alt, &query, 0).small(format!("index-{}-{by}", index.word()))
    }
}

/// `GET /concentration`.
pub(crate) async fn page(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Response {
    shown(&state, &headers, "/concentration", read(&state, &uri)).await
}

async fn read(state: &WebState, uri: &Uri) -> Result<ConcentrationPage, WebError> {
    let mut params = Params::of(uri);
    let wanted = Wanted::read(&mut params)?;
    let shown = (wanted.index, wanted.by, wanted.log);
    let asked = match Asked::page(state, params).await {
        Ok(asked) => asked,
        Err(WebError::NoBlocks) => {
            let answer = "No block has been verified yet: below is what others published.".to_owned();
            let page = Page::new(state, "/concentration", "Concentration", &answer);
            let published = part(state, None, shown).await?;
            return Ok(ConcentrationPage { page, answer, own: None, published });
        }
        Err(error) => return Err(error),
    };
    let mut all = Vec::new();
    for by in By::ALL {
        all.push(Concentration::read(state, &asked.view, wanted.window, by).await?);
    }
    let answer = sentence(&asked, &all[0], wanted.index);
    Ok(ConcentrationPage {
        page: Page::new(state, "/concentration", "Concentration", &answer),
        own: Some(own(state, &asked, wanted, &all, &answer)),
        answer,
        published: part(state, Some(&asked.view), shown).await?,
    })
}

fn sentence(asked: &Asked, found: &Concentration, index: Index) -> String {
    let (words, tip) = (range_words(found.shares.range), thousands(u64::from(asked.view.mark().tip.height)));
    let told = |index: Index| {
        let figure = found.of(index)?;
        let unit = Unit::of(index);
        Some((unit.words(figure.value?), unit.words(figure.low?), unit.words(figure.high?)))
    };
    match (told(index), told(Index::Nakamoto)) {
        (Some((value, low, high)), Some((majority, ..))) => format!(
            "{} by pool is {value} ({low} to {high}) over {words}, and the {majority} largest found more than half, as of block {tip}.",
            short_name(index)
        ),
        _ => format!("No pool is known to have mined {words}, as of block {tip}."),
    }
}

fn own(state: &WebState, asked: &Asked, wanted: Wanted, all: &[Arc<Concentration>], answer: &str) -> Own {
    let kept = &asked.kept;
    let choice = |label: String, other: Wanted, current| Choice { label, href: other.link(kept), current };
    let current = &all[By::ALL.iter().position(|by| *by == wanted.by).unwrap_or_default()];
    let words = range_words(current.shares.range);
    let computed = "An index is of the blocks that are attributed, as if Unknown's were spread like these. Intervals at 95 % \
                    take the blocks for a sample of shares that stand still, and speak of chance alone; the second range is \
                    where the index lies whatever Unknown is. Shares are of all blocks, Unknown's among them."
        .to_owned();
    let api = format!("window={}&by={}&{}", wanted.window, wanted.by.word(), asked.view.pin());
    let series = format!("metric={}&{api}", wanted.index.word());
    let method = Method::new(state, asked, &format!("concentration of {words}"), computed);
    Own {
        indices: CHARTED
            .iter()
            .map(|(index, label)| {
                choice((*label).to_owned(), Wanted { index: *index, ..wanted }, *index == wanted.index)
            })
            .collect(),
        windows: WINDOWS
            .iter()
            .map(|window| choice(window_words(*window), Wanted { window: *window, ..wanted }, *window == wanted.window))
            .collect(),
        spans: SPANS
            .iter()
            .map(|span| choice(span.to_string(), Wanted { span: *span, ..wanted }, *span == wanted.span))
            .collect(),
        axes: [("linear", false), ("log", true)]
            .into_iter()
            .map(|(label, log)| choice(label.to_owned(), Wanted { log, ..wanted }, log == wanted.log))
            .collect(),
        groupings: By::ALL
            .into_iter()
            .map(|by| choice(format!("by {}", by.word()), Wanted { by, ..wanted }, by == wanted.by))
            .collect(),
        charts: By::ALL.into_iter().map(|by| Wanted { by, ..wanted }.chart(asked, answer)).collect(),
        rows: Index::ALL.into_iter().map(|index| index_row(index, all)).collect(),
        shares: entity_rows(asked, current),
        words,
        method: method.with([
            ("JSON", format!("/api/v1/concentration?{api}")),
            ("CSV of the indices", format!("/api/v1/concentration?{api}&format=csv")),
            ("CSV at every block", format!("/api/v1/series?{series}&step=1&format=csv")),
        ]),
    }
}

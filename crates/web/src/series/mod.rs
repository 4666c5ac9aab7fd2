//! `GET /api/v1/series`: a figure over the chain, at every block if that is asked for.

mod metric;
mod walk;
mod written;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, Uri, header},
    response::{IntoResponse, Response},
};
use hashwatch_model::Window;
use serde::Serialize;
use utoipa::ToSchema;

use self::written::{PointFields, Write, columns, lines, objects, pieces};
pub(crate) use self::{
    metric::Metric,
    walk::{Detail, Point, Walk, Way},
};
use crate::{
    asked::Asked,
    error::WebError,
    flow,
    openapi::{ByParam, FormatParam, PinParams, Refusals, WindowParam, words::MetricWord},
    params::Params,
    policy::Streamed,
    shares::{CONFIDENCE, Range, by::By, entities::Entities},
    span::{Place, range_of},
    state::WebState,
    table::{Answered, Form, file_headers, head_line},
    window_links::window_words,
    wording::thousands,
};

/// Two weeks of blocks.
pub(crate) const USUAL: Window = Window::Blocks(2_016);
/// Points where no step is asked for, and up to which each has its interval.
const USUAL_POINTS: u64 = 500;
/// A figure over the chain.
#[derive(Serialize, ToSchema)]
struct SeriesFields {
    /// Its name, and its unit: points, entities, share (a part of one), bits, nats, hashes_per_second, sats_per_th_day or none
    metric: &'static str,
    unit: &'static str,
    /// The window that ends at each point; null for difficulty, which a block has by itself.
    #[schema(required)]
    window: Option<String>,
    /// pool, group or owner; null where that makes no difference
    #[schema(required)]
    by: Option<&'static str>,
    /// Whose share it is.
    #[schema(required)]
    id: Option<String>,
    confidence: f64,
    from_height: u32,
    to_height: u32,
    /// Blocks from one point to the next.
    step: u32,
    points: Vec<PointFields>,
}

/// What is asked of a series, but for the chain.
struct Wanted {
    metric: Metric,
    window: Window,
    by: By,
    step: Option<u32>,
    from: Option<Place>,
    to: Option<Place>,
}

impl Wanted {
    fn read(params: &mut Params) -> Result<Wanted, WebError> {
        let word = params.word("metric", &Metric::words())?;
        let id = params.take::<String>("id")?;
        let missing =
            || WebError::BadValue { name: "id", reason: "the id of a pool, group or owner is needed".to_owned() };
        let metric = Metric::from_word(word, id).ok_or_else(missing)?;
        // what has no effect is no part of the question: two links to one answer would be two answers
        if let Metric::Share(id) = &metric {
            params.asked("id", id);
        }
        Ok(Wanted {
            window: params.window_if(metric.has_window(), USUAL)?,
            by: if metric.is_by_entity() { By::take(params)? } else { By::ignored(params)? },
            metric,
            step: params.count("step", (1, 1_000_000))?,
            from: params.part("from")?,
            to: params.part("to")?,
        })
    }
}

/// A figure over the chain.
///
/// Any index of concentration, a share, the hashrate, difficulty or revenue, each over the window that ends at the block; at every
/// `step` blocks back from `to`, each of them with `step=1`. Without `step` there are some 500 points.
#[utoipa::path(
    get,
    operation_id = "series",
    path = "/api/v1/series",
    tag = "How concentrated",
    params(
        ("metric" = inline(Option<MetricWord>), Query, description = "An index of /api/v1/concentration, or share (with `id`), hashrate, difficulty, \
          hashprice, fee_share, empty_share; else hhi"),
        ("id" = Option<String>, Query, description = "Whose share: the id of a pool, group or owner; of no effect on other figures"),
        WindowParam, ByParam,
        ("step" = Option<u32>, Query, description = "Blocks from one point to the next", minimum = 1, maximum = 1_000_000),
        ("from" = Option<String>, Query, description = "A height, a day (2025-01-31, UTC) or Unix seconds (from 500,000,000 up); else where \
          the first window is whole", pattern = "^([0-9]{1,9}|[1-3][0-9]{9}|20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]))$"),
        ("to" = Option<String>, Query, description = "The same; else the as-of block", pattern = "^([0-9]{1,9}|[1-3][0-9]{9}|20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]))$"),
        PinParams, FormatParam
    ),
    responses(
        (status = 200, description = "Points, the oldest first", content(
            (Answered<SeriesFields> = "application/json"), (String = "text/csv")
        )),
        Refusals
    )
)]
pub(crate) async fn api(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Result<Response, WebError> {
    let mut params = Params::of(&uri);
    let wanted = Wanted::read(&mut params)?;
    let asked = Asked::api(&state, params, &headers).await?;
    let chain = asked.view.chain().await?;
    let range = range_of(&chain, wanted.from, wanted.to)?;
    let range = if wanted.from.is_some() || !wanted.metric.has_window() {
        range
    } else {
        Range { from: chain.first_whole(wanted.window).clamp(range.from, range.to), ..range }
    };
    let step = wanted.step.map_or_else(|| range.blocks().div_ceil(USUAL_POINTS), u64::from);
    let way = Way { range, step: u32::try_from(step).unwrap_or(u32::MAX) };
    let entities = match wanted.metric.is_by_entity() {
        true => Some(Entities::read(&state, &asked.view, wanted.by).await?),
        false => None,
    };
    if let (Metric::Share(id), Some(entities)) = (&wanted.metric, &entities)
        && entities.number(id).is_none()
    {
        return Err(WebError::NotFound(format!("nobody with a block has this id by {}", wanted.by.word())));
    }
    let detail = if way.points() <= USUAL_POINTS { Detail::Intervals } else { Detail::Values };
    let what = (wanted.metric.clone(), wanted.window);
    let mut walk = Walk::new(chain, entities, what, way, (state.origin().hash_scale, detail));
    let (head, foot, of): (_, _, Write) = match asked.form {
        Form::Csv => (head_line(&state, &asked, &title(&wanted, way)) + &columns(&wanted.metric), "", lines),
        Form::Json => (json_head(&state, &asked, &wanted, way)?, "]}", objects),
    };
    // a short one is an answer like any other; a long one is sent while it is computed
    let long = way.points() > USUAL_POINTS;
    let body = match long {
        true => flow::body(pieces(walk, head, foot, of), flow::place(&state.streams).await?),
        false => Body::from(head + &tokio::task::block_in_place(|| of(&mut walk)) + foot),
    };
    let name = format!("series-{}", wanted.metric.word());
    let mut response = match asked.form {
        Form::Csv => (file_headers(&name, &asked), body).into_response(),
        Form::Json => ([(header::CONTENT_TYPE, "application/json"), (header::VARY, "accept")], body).into_response(),
    };
    if long {
        response.extensions_mut().insert(Streamed::of(&asked));
    }
    Ok(response)
}

/// The answer up to its first point.
fn json_head(state: &WebState, asked: &Asked, wanted: &Wanted, way: Way) -> Result<String, WebError> {
    let fields = SeriesFields {
        metric: wanted.metric.word(),
        unit: wanted.metric.unit(),
        window: wanted.metric.has_window().then(|| wanted.window.to_string()),
        by: wanted.metric.is_by_entity().then(|| wanted.by.word()),
        id: match &wanted.metric {
            Metric::Share(id) => Some(id.clone()),
            _ => None,
        },
        confidence: CONFIDENCE,
        from_height: way.range.from,
        to_height: way.range.to,
        step: way.step,
        points: Vec::new(),
    };
    let whole = serde_json::to_string(&Answered::new(state, asked, &title(wanted, way), fields));
    let whole = whole.map_err(|error| WebError::Draw(error.to_string()))?;
    // the points are the last field
    let head = whole.strip_suffix("]}").map(str::to_owned);
    head.ok_or_else(|| WebError::Draw("an answer that does not end with its points".to_owned()))
}

fn title(wanted: &Wanted, way: Way) -> String {
    let by = if wanted.metric.is_by_entity() { format!(" by {}", wanted.by.word()) } else { String::new() };
    let whose = if let Metric::Share(id) = &wanted.metric { format!(" of {id}") } else { String::new() };
    let window = match wanted.metric.has_window() {
        true => format!(" over {}", window_words(wanted.window)),
        false => String::new(),
    };
    let step = match way.step {
        1 => String::new(),
        step => format!(", every {} blocks", thousands(u64::from(step))),
    };
    let (from, to) = (thousands(u64::from(way.range.from)), thousands(u64::from(way.range.to)));
    format!("{}{whose}{by}{window}, from block {from} to {to}{step}", wanted.metric.name())
}

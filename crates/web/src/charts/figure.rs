//! The charts of one figure over time: `index`, of concentration; `hashrate`, `difficulty` and `hashprice`.

use std::sync::Arc;

use hashwatch_metrics::Index;
use hashwatch_model::{Network, Window};
use hashwatch_store::ChainColumns;
use serde_json::{Value, json};

use super::{head, history::marks};
use crate::{
    answers::Question,
    concentration::words::{Unit, short_name},
    error::WebError,
    series::{Detail, Metric, Point, Walk, Way},
    shares::{Range, by::By, entities::Entities},
    state::WebState,
    view::View,
    window_links::{range_words, window_words},
    wording::{hashrate_unit, thousands},
};

/// Points of a picture at most: more than its pixels tell apart would be drawn on top of each other.
const MOST_POINTS: u64 = 300;
/// The same of one of three side by side.
const FEWER_POINTS: u64 = 120;
/// Digits of an index in a picture: more than any axis shows.
const DIGITS: i32 = 6;
/// Blocks from one point to the next at least.
const LEAST_STEP: u64 = 36;
/// The accent of the site.
const COLOR: (&str, &str) = ("#0b6bcb", "#6cb2ff");
/// HHI above which the US merger guidelines of 2023 call a market highly concentrated.
pub(crate) const HIGHLY_CONCENTRATED: f64 = 1_800.0;

/// An index, and over which blocks at each point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Indexed {
    pub(crate) index: Index,
    pub(crate) window: Window,
}

/// The index over a span, as of every so many blocks; by pool, group and owner the axis is the same.
pub(super) async fn index(
    state: &WebState,
    view: &View,
    (asked, by, span): (Indexed, By, Window),
) -> Result<Value, WebError> {
    let chain = view.chain().await?;
    let range = Range::of(&chain, span);
    let mut top = 0.0_f64;
    for by in By::ALL {
        let points = points(state, view, asked, by, range).await?;
        let reach = points.iter().filter_map(|point| point.bounds.map(|(_, high)| high).or(point.value));
        top = reach.fold(top, f64::max);
    }
    let points = points(state, view, asked, by, range).await?;
    let over = format!("over {}", window_words(asked.window));
    let mut data = head(state, view, "index", &format!("{} by {}, {over}", short_name(asked.index), by.word()));
    data["unit"] = json!(unit_words(asked.index));
    data["scale"] = json!(if Unit::of(asked.index) == Unit::Part { "share" } else { "number" });
    data["series"] = json!(format!("by {}", by.word()));
    data["color"] = color();
    data["top"] = json!(top);
    data["rolling"] = json!(true);
    data["bounds"] = json!(true);
    data["points"] = points
        .iter()
        .map(|point| {
            let (low, high) = point.bounds.unzip();
            let (unknown_low, unknown_high) = point.unknown.unzip();
            let window = chain.range_to(asked.window, point.height);
            let (from, to) = window.unwrap_or((point.height, point.height));
            json!({
                "time": point.time, "from_height": from, "to_height": to, "blocks": to - from + 1,
                "value": point.value.map(drawn), "low": low.map(drawn), "high": high.map(drawn),
                "unknown_low": unknown_low.map(drawn), "unknown_high": unknown_high.map(drawn),
            })
        })
        .collect();
    data["guides"] = guides(asked.index);
    data["markers"] = marks(state, view, &chain, range);
    Ok(data)
}

/// As precise as it is drawn: what is sent is a third of what it would be with all digits.
fn drawn(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    #[allow(clippy::cast_possible_truncation, reason = "the exponent of a float")]
    let digits = DIGITS - 1 - value.abs().log10().floor() as i32;
    // by the power that is whole, so that no digit comes back
    let scale = 10_f64.powi(digits.abs());
    if digits >= 0 { (value * scale).round() / scale } else { (value / scale).round() * scale }
}

async fn points(
    state: &WebState,
    view: &View,
    asked: Indexed,
    by: By,
    range: Range,
) -> Result<Arc<Vec<Point>>, WebError> {
    let what = format!("{} {} {}", asked.index.word(), by.word(), range.from).into();
    let question = Question { mark: view.mark().clone(), window: asked.window, what };
    let found = async {
        let (chain, entities) = (view.chain().await?, Entities::read(state, view, by).await?);
        let what = (Metric::Index(asked.index), asked.window);
        let how = (state.origin().hash_scale, Detail::Intervals);
        let walk = Walk::new(chain, Some(entities), what, way(range, FEWER_POINTS), how);
        Ok::<_, WebError>(Arc::new(tokio::task::block_in_place(|| walk.collect())))
    };
    state.points.get(question, found).await
}

fn way(range: Range, points: u64) -> Way {
    let step = range.blocks().div_ceil(points).max(LEAST_STEP);
    Way { range, step: u32::try_from(step).unwrap_or(u32::MAX) }
}

/// What the axis is of.
pub(crate) fn unit_words(index: Index) -> &'static str {
    match Unit::of(index) {
        Unit::Points => "points, 0 to 10,000",
        Unit::Entities => "entities",
        Unit::EqualEntities => "entities of equal size",
        Unit::Part => "% of attributed blocks",
        Unit::Bits => "bits",
        Unit::Nats => "nats",
        Unit::Plain => "no unit",
    }
}

pub(crate) fn guides(index: Index) -> Value {
    match index {
        Index::Hhi | Index::HhiUnbiased => {
            json!([{ "value": HIGHLY_CONCENTRATED, "word": "highly concentrated" }])
        }
        Index::Cr1 => {
            json!([{ "value": 0.3, "word": "30 %" }, { "value": 0.5, "word": "majority" }])
        }
        _ => json!([]),
    }
}

/// Hashrate, difficulty or hashprice in runs of blocks over a span.
pub(super) async fn work(state: &WebState, view: &View, name: &'static str, span: Window) -> Result<Value, WebError> {
    let chain = view.chain().await?;
    let range = Range::of(&chain, span);
    let way = way(range, MOST_POINTS);
    let (metric, scale) = match name {
        "difficulty" => (Metric::Difficulty, "number"),
        "hashprice" => (Metric::Hashprice, "number"),
        _ => (Metric::Hashrate, "hashrate"),
    };
    let title = match name {
        "difficulty" => format!("Difficulty over {}", range_words(range)),
        "hashprice" => format!(
            "Revenue per hash over {}, in runs of {} blocks",
            range_words(range),
            thousands(u64::from(way.step))
        ),
        _ => format!("Hashrate over {}, in runs of {} blocks", range_words(range), thousands(u64::from(way.step))),
    };
    let series = metric.name();
    let how = (state.origin().hash_scale, Detail::Intervals);
    let mut walk = Walk::new(chain.clone(), None, (metric, Window::Blocks(way.step)), way, how);
    // a run below what is stored has no value
    let points: Vec<Value> =
        tokio::task::block_in_place(|| walk.by_ref().map(|point| run_json(&chain, way.step, point)).collect());
    let mut data = head(state, view, name, &title);
    let top = points.iter().filter_map(|point| point["value"].as_f64()).fold(0.0, f64::max);
    data["unit"] = json!(match name {
        "difficulty" => "the easiest target is 1",
        "hashprice" => "sats per TH/s and day",
        _ => hashrate_unit(top).0,
    });
    data["scale"] = json!(scale);
    data["series"] = json!(series);
    data["color"] = color();
    data["points"] = json!(points);
    data["guides"] = json!([]);
    data["markers"] = marks(state, view, &chain, range);
    Ok(data)
}

fn run_json(chain: &ChainColumns, step: u32, point: Point) -> Value {
    let from = point.height.saturating_sub(step - 1).max(chain.from());
    let (low, high) = point.bounds.unzip();
    let time = chain.place(from).map_or(point.time, |place| chain.median_times()[place]);
    json!({
        "time": time, "from_height": from, "to_height": point.height, "blocks": point.height - from + 1,
        "value": point.value, "low": low, "high": high,
    })
}

/// What a line is drawn in where it stands for nobody.
pub(crate) fn color() -> Value {
    json!({ "light": COLOR.0, "dark": COLOR.1 })
}

/// Whether a network's halvings are worth a mark: a test network's say nothing.
pub(super) fn halves(network: Network) -> bool {
    matches!(network, Network::Mainnet | Network::Sim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_has_six_digits() {
        for (value, expected) in [
            (1_532.123_456_789, 1_532.12),
            (0.273_456_789_1, 0.273_457),
            (0.0, 0.0),
            (3.0, 3.0),
            (12_345_678.0, 12_345_700.0),
        ] {
            assert_eq!(drawn(value), expected);
        }
        assert_eq!(serde_json::json!(drawn(0.1 + 0.2)).to_string(), "0.3");
    }
}

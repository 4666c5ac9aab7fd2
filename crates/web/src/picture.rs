//! Sizes of the charts drawn on the server. A few for each chart: whoever could ask for any size could have every one
//! drawn, and nothing would ever be found drawn already.

use crate::chart::Size;

/// Widths of pictures: a phone, a tablet, and the columns of a wide page.
const WIDTHS: [u32; 4] = [360, 600, SHARES_WIDTH, HISTORY_WIDTH];
/// The column of the bars.
const SHARES_WIDTH: u32 = 904;
/// The column of the history, and of one figure over time.
const HISTORY_WIDTH: u32 = 1_232;
/// One of three columns.
const SMALL_WIDTH: u32 = 400;
/// Bars in a picture at most: named pools, others and Unknown.
const MOST_BARS: u32 = 16;
/// Charts of one figure over time, as `BandName` in `web/src/charts/data.ts`.
const BANDS: [&str; 10] =
    ["pool", "index", "hashrate", "difficulty", "hashprice", "published", "disclosed", "attack", "pivots", "scenario"];
/// Of these, those that stand side by side on some page.
const SMALL: [&str; 2] = ["index", "pivots"];
const BAND_HEIGHTS: [u32; 2] = [320, 460];
const HISTORY_HEIGHTS: [u32; 3] = [320, 460, 640];

/// The picture of a chart on a wide page, where it has this many bars.
pub(crate) fn wide(name: &str, bars: u32) -> Size {
    match name {
        "history" => Size { width: HISTORY_WIDTH, height: HISTORY_HEIGHTS[1] },
        name if is_wide(name) => Size { width: HISTORY_WIDTH, height: BAND_HEIGHTS[0] },
        _ => Size { width: SHARES_WIDTH, height: bars_height(bars.clamp(1, MOST_BARS)) },
    }
}

/// The picture of one of three charts side by side on a wide page, of those that are drawn so.
pub(crate) fn small() -> Size {
    Size { width: SMALL_WIDTH, height: BAND_HEIGHTS[0] }
}

/// The size nearest to what is asked for.
pub(crate) fn nearest(name: &str, width: Option<u32>, height: Option<u32>) -> Size {
    let usual = wide(name, MOST_BARS);
    let width = width.unwrap_or(usual.width);
    let height = height.unwrap_or(usual.height);
    let width = match name {
        name if SMALL.contains(&name) => closest(WIDTHS.into_iter().chain([SMALL_WIDTH]), width),
        _ => closest(WIDTHS, width),
    };
    let height = match name {
        "history" => closest(HISTORY_HEIGHTS, height),
        name if is_wide(name) => closest(BAND_HEIGHTS, height),
        _ => closest((1..=MOST_BARS).map(bars_height), height),
    };
    Size { width, height }
}

/// Whether it is of the size of one figure over time.
fn is_wide(name: &str) -> bool {
    BANDS.contains(&name) || name == "supply"
}

fn bars_height(bars: u32) -> u32 {
    30 * bars + 110
}

fn closest(sizes: impl IntoIterator<Item = u32>, wanted: u32) -> u32 {
    sizes.into_iter().min_by_key(|size| size.abs_diff(wanted)).unwrap_or(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTS: &str = include_str!("../../../web/templates/parts.html");

    #[test]
    fn what_pages_ask_for_is_drawn_as_asked() {
        for bars in 1..=16 {
            for name in ["shares", "history"].into_iter().chain(BANDS) {
                let asked = wide(name, bars);
                for width in [360, 600, asked.width] {
                    let drawn = nearest(name, Some(width), Some(asked.height));
                    assert_eq!((drawn.width, drawn.height), (width, asked.height));
                }
            }
        }
        for width in [360, 600, SHARES_WIDTH, small().width] {
            assert_eq!(nearest("index", Some(width), Some(small().height)), Size { width, height: small().height });
        }
        let widths = PARTS.split("width=").skip(1).filter_map(|rest| rest.split(['&', '"']).next()?.parse().ok());
        for width in widths.filter(|width: &u32| *width > 100) {
            assert!(WIDTHS.contains(&width), "{width} is not a width of pictures");
        }
    }

    #[test]
    fn there_are_few_sizes() {
        let sizes = |name: &str| {
            let all = (280..=2_000).flat_map(|width| (120..=2_000).step_by(7).map(move |height| (width, height)));
            let drawn = all.map(|(width, height)| nearest(name, Some(width), Some(height)));
            drawn.map(|size| (size.width, size.height)).collect::<std::collections::BTreeSet<_>>().len()
        };
        assert_eq!((sizes("shares"), sizes("history"), sizes("index")), (64, 12, 10));
        for band in BANDS.into_iter().filter(|band| !SMALL.contains(band)) {
            assert_eq!(sizes(band), 8, "{band}");
        }
    }

    #[test]
    fn the_charts_of_one_figure_are_those_that_the_script_can_draw() {
        let listed = include_str!("../../../web/src/charts/data.ts").split_once("type BandName = ").unwrap().1;
        let names: Vec<&str> =
            listed.split_once(';').unwrap().0.split(" | ").map(|name| name.trim_matches('\'')).collect();
        assert_eq!(names, BANDS);
    }
}

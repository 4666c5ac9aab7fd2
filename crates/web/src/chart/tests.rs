//! Pictures drawn through the bundled script.

use std::time::Instant;

use serde_json::{Value, json};

use super::*;

mod bands;

fn head(name: &str, provenance: &str) -> Value {
    json!({
        "name": name, "title": "Share of blocks by pool, last 144 blocks", "unit": "% of blocks", "data": provenance,
        "as_of": { "height": 946_236, "hash": "00", "time": 1_776_800_000 }, "source": "this node",
    })
}

fn color(place: usize) -> Value {
    json!({ "light": format!("#{:06x}", place * 40_503 % 0xff_ffff), "dark": "#cccccc" })
}

fn shares(provenance: &str, first: &str) -> String {
    let mut data = head("shares", provenance);
    let items = (0..17).map(|place| {
        let (kind, name) = match place {
            0 => ("pool", first.to_owned()),
            15 => ("others", "9 others".to_owned()),
            16 => ("unknown", "Unknown".to_owned()),
            _ => ("pool", format!("Pool {place}")),
        };
        let share = 0.327 / f64::from(place + 1);
        json!({
            "id": name, "kind": kind, "name": name, "blocks": 47, "share": share, "low": share * 0.8,
            "high": share * 1.2, "color": color(1),
        })
    });
    data["items"] = items.collect();
    data.to_string()
}

fn history(buckets: usize, pools: usize) -> String {
    let mut data = head("history", "verified");
    let from = 1_776_800_000 - 86_400 * buckets;
    data["buckets"] = (0..buckets)
        .map(
            |n| json!({ "time": from + n * 86_400, "from_height": n * 144, "to_height": n * 144 + 143, "blocks": 144 }),
        )
        .collect();
    data["series"] = (0..pools)
        .map(|pool| {
            let blocks: Vec<usize> = (0..buckets).map(|n| 144 / pools + (n * 7 + pool) % 2).collect();
            json!({ "id": pool, "kind": "pool", "name": format!("Pool {pool}"), "color": color(pool), "blocks": blocks })
        })
        .collect();
    data["markers"] = json!([{ "time": from + 86_400, "word": "halving" }]);
    data.to_string()
}

/// A share of 20 to 25 % in each of so many days, but for one at 71 %, two thirds into the time.
fn band(days: u32, series: &str) -> Value {
    let mut data = head("pool", "verified");
    let from = 1_776_800_000 - 86_400 * days;
    let points = (0..days).map(|n| {
        let value = if n == days * 2 / 3 { 0.71 } else { 0.2 + f64::from(n * 7 % 10) / 200.0 };
        json!({
            "time": from + n * 86_400, "from_height": n * 144, "to_height": n * 144 + 143, "blocks": 144,
            "value": value, "low": value - 0.06, "high": value + 0.07,
        })
    });
    data["points"] = points.collect();
    data["scale"] = json!("share");
    data["series"] = json!(series);
    data["color"] = color(1);
    data["guides"] = json!([{ "value": 0.5, "word": "half of all blocks" }, { "value": 9.0, "word": "far above" }]);
    data["markers"] = json!([{ "time": from + 43_200, "word": "halving" }]);
    data
}

/// How many bands are drawn: one for each stretch of time without a gap.
fn bands(svg: &str) -> usize {
    svg.matches("fill-opacity=").count()
}

const WIDE: Size = Size { width: 1232, height: 480 };

async fn draw(name: &str, data: &str) -> Result<String, ChartError> {
    ChartRenderer::new().unwrap().render(name, data, WIDE, Theme::Light).await
}

#[tokio::test]
async fn a_picture_says_what_it_shows() {
    let svg = draw("shares", &shares("verified", "Foundry USA")).await.unwrap();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"));
    for words in ["Foundry USA", "32.7 %", "(% of blocks)", "As of block 946,236", "Data: verified. Source: this node."]
    {
        assert!(svg.contains(words), "{words}");
    }
    assert!(!svg.contains("SIMULATED") && !svg.contains("style="));
    assert!(draw("shares", &shares("simulated", "Foundry USA")).await.unwrap().contains(">SIMULATED<"));
}

#[tokio::test]
async fn a_band_says_its_finding_at_any_detail() {
    for (days, from) in [(30, "2026-03-22"), (6_500, "2008-07-04")] {
        let svg = draw("pool", &band(days, "Foundry USA").to_string()).await.unwrap();
        let title = svg.split_once("<title>").unwrap().1.split_once("</title>").unwrap().0;
        assert!(title.contains(&format!("Foundry USA: first 20.0 % (14.0 to 27.0 %) from {from} to ")), "{title}");
        for words in
            ["; latest 2", "; lowest 20.0 % (", "; highest 71.0 % (65.0 to 78.0 %) from ", "half of all blocks 50 %"]
        {
            assert!(title.contains(words), "{words}: {title}");
        }
        for words in [">Foundry USA<", ">half of all blocks (50 %)<", ">halving<", "Band: 95 % interval", ">80 %<"] {
            assert!(svg.contains(words), "{words}");
        }
        assert!(!svg.contains("far above") && !svg.contains("style="));
        assert_eq!(bands(&svg), 1);
    }
}

#[tokio::test]
async fn a_band_with_gaps_or_without_values_is_drawn() {
    let without = |data: &mut Value, places: std::ops::Range<usize>| {
        for place in places {
            for key in ["value", "low", "high"] {
                data["points"][place][key] = Value::Null;
            }
        }
    };
    for (days, gap, expected) in
        [(0, 0..0, 0), (1, 0..0, 1), (1, 0..1, 0), (40, 5..6, 2), (6_500, 100..900, 2), (90, 0..90, 0)]
    {
        let mut data = band(days, "Foundry USA");
        without(&mut data, gap.clone());
        let svg = draw("pool", &data.to_string()).await.unwrap();
        assert_eq!(bands(&svg), expected, "{days} days without {gap:?}");
        assert_eq!(svg.contains(">No value in this window<"), expected == 0, "{days} days without {gap:?}");
    }
}

#[tokio::test]
async fn a_band_is_drawn_of_numbers_and_of_hashrates() {
    let mut data = band(30, "HHI");
    for point in data["points"].as_array_mut().unwrap() {
        for key in ["value", "low", "high"] {
            point[key] = json!((point[key].as_f64().unwrap() * 10_000.0).round());
        }
    }
    data["guides"] = json!([{ "value": 1_800, "word": "concentrated" }]);
    data["scale"] = json!("number");
    let svg = draw("pool", &data.to_string()).await.unwrap();
    assert!(
        svg.contains(">8,000<")
            && svg.contains("highest 7,100 (6,500 to 7,800)")
            && svg.contains("concentrated (1,800)")
    );
    for point in data["points"].as_array_mut().unwrap() {
        for key in ["value", "low", "high"] {
            point[key] = json!(point[key].as_f64().unwrap() * 1e17);
        }
    }
    data["scale"] = json!("hashrate");
    let svg = draw("pool", &data.to_string()).await.unwrap();
    assert!(svg.contains(">800 EH/s<") && svg.contains("highest 710 EH/s (650 to 780 EH/s)"), "{svg}");
}

#[tokio::test]
async fn hostile_names_are_only_text() {
    let name = "<script>alert(1)</script>&\"'{value}\u{0}\u{1b}]\u{fffe}";
    let mut hostile = band(30, name);
    hostile["guides"][0]["word"] = json!(name);
    hostile["markers"][0]["word"] = json!(name);
    for (chart, data) in [("shares", shares("verified", name)), ("pool", hostile.to_string())] {
        let svg = draw(chart, &data).await.unwrap();
        assert!(!svg.contains("<script") && svg.contains("&lt;script"));
        assert!(!svg.chars().any(|c| c.is_control() && c != '\n'), "no character that XML refuses");
    }
}

#[tokio::test]
async fn what_cannot_be_drawn_is_refused() {
    for (name, data) in [
        ("pie", "{}"),
        ("__proto__", "{}"),
        ("shares", "{}"),
        ("shares", "not JSON"),
        ("history", "[]"),
        ("pool", "{}"),
    ] {
        let refused = draw(name, data).await.unwrap_err();
        assert!(matches!(&refused, ChartError::Draw { name: told, .. } if told == name), "{name} {data}: {refused:?}");
    }
}

#[tokio::test]
async fn a_script_without_end_is_stopped_and_the_next_picture_drawn() {
    let script = "globalThis.render = (name, json) => {
        if (name === 'time') for (;;);
        if (name === 'memory') { const all = []; for (;;) all.push(new Array(1e6).fill(json)); }
        if (name === 'depth') return render(name, json) + 1;
        return name + json;
    }";
    let charts = ChartRenderer::with_script(script.into(), Duration::from_millis(500)).unwrap();
    for name in ["time", "memory", "depth"] {
        let refused = charts.render(name, "x", WIDE, Theme::Light).await;
        assert_eq!(refused, Err(ChartError::TooMuch(name.to_owned())));
        for n in 0..4 {
            let drawn = charts.render("fine", &n.to_string(), WIDE, Theme::Light).await;
            assert_eq!(drawn, Ok(format!("fine{n}")));
        }
    }
}

#[tokio::test]
async fn a_broken_script_is_told() {
    let charts = ChartRenderer::with_script("throw new Error('bad bundle')".into(), DEADLINE).unwrap();
    let refused = charts.render("shares", "{}", WIDE, Theme::Light).await.unwrap_err();
    assert!(matches!(&refused, ChartError::Load(reason) if reason.contains("bad bundle")), "{refused:?}");
}

/// Prints what docs/adr/0003-charts.md tells (`cargo test -p hashwatch-web --lib -- --nocapture times`), and holds that
/// 6,500 buckets cost no more than a few times what 60 do: spans too narrow to see are merged before they are drawn.
#[tokio::test]
async fn times_do_not_grow_with_the_data() {
    let charts = ChartRenderer::new().unwrap();
    let mut medians = Vec::new();
    for (what, name, data) in [
        ("17 bars", "shares", shares("verified", "Foundry USA")),
        ("25 pools x 60", "history", history(60, 25)),
        ("25 pools x 1,200", "history", history(1_200, 25)),
        ("25 pools x 6,500", "history", history(6_500, 25)),
        ("a band of 60", "pool", band(60, "Foundry USA").to_string()),
        ("a band of 6,500", "pool", band(6_500, "Foundry USA").to_string()),
    ] {
        for width in [360, 816, 1232] {
            // odd heights: the memory of pictures must not answer
            let mut taken = Vec::new();
            let mut bytes = 0;
            for height in 481..490 {
                let start = Instant::now();
                bytes = charts.render(name, &data, Size { width, height }, Theme::Light).await.unwrap().len();
                taken.push(start.elapsed());
            }
            taken.sort();
            println!("{what}, {width} px: {:.0?} (median of 9), {bytes} bytes", taken[4]);
            medians.push(taken[4]);
        }
    }
    // the last of 25 pools x 60 and of 25 pools x 6,500; of the bands
    for (few, many) in [(medians[5], medians[11]), (medians[14], medians[17])] {
        assert!(many < 10 * few, "{many:?} for 6,500 spans, {few:?} for 60");
    }
}

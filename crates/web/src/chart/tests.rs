//! Pictures drawn through the bundled script.

use std::time::Instant;

use serde_json::{Value, json};

use super::*;

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
async fn hostile_names_are_only_text() {
    let name = "<script>alert(1)</script>&\"'{value}\u{0}\u{1b}]\u{fffe}";
    let svg = draw("shares", &shares("verified", name)).await.unwrap();
    assert!(!svg.contains("<script") && svg.contains("&lt;script"));
    assert!(!svg.chars().any(|c| c.is_control() && c != '\n'), "no character that XML refuses");
}

#[tokio::test]
async fn what_cannot_be_drawn_is_refused() {
    for (name, data) in
        [("pie", "{}"), ("__proto__", "{}"), ("shares", "{}"), ("shares", "not JSON"), ("history", "[]")]
    {
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
    // the last of 25 pools x 60 and of 25 pools x 6,500
    let (few, many) = (medians[5], medians[11]);
    assert!(many < 10 * few, "{many:?} for 6,500 buckets, {few:?} for 60");
}

//! Charts of one figure over time: their axes, what Unknown could change, months that are not whole, and data that cannot be.

use super::*;

/// One span a day with these values, each with an interval from half to twice of it.
fn of_values(scale: &str, values: impl IntoIterator<Item = f64>) -> Value {
    let mut data = head("hashrate", "verified");
    let points = values.into_iter().enumerate().map(|(n, value)| {
        json!({
            "time": 1_770_000_000 + n * 86_400, "from_height": n * 144, "to_height": n * 144 + 143, "blocks": 144,
            "value": value, "low": value / 2.0, "high": value * 2.0,
        })
    });
    data["points"] = points.collect();
    let days = data["points"].as_array().unwrap().len();
    data["as_of"]["time"] = json!(1_770_000_000 + days * 86_400);
    for (key, value) in [("scale", json!(scale)), ("series", json!("figure")), ("color", color(1))] {
        data[key] = value;
    }
    data["guides"] = json!([]);
    data["markers"] = json!([]);
    data
}

fn set(data: &mut Value, key: &str, values: impl IntoIterator<Item = Value>) {
    for (point, value) in data["points"].as_array_mut().unwrap().iter_mut().zip(values) {
        point[key] = value;
    }
}

fn logarithmic(mut data: Value) -> Value {
    data["log"] = json!(true);
    data
}

async fn drawn(data: &Value) -> String {
    draw("hashrate", &data.to_string()).await.unwrap()
}

fn title(svg: &str) -> &str {
    svg.split_once("<title>").unwrap().1.split_once("</title>").unwrap().0
}

/// What the axis of values says, from below.
fn ticks(svg: &str) -> Vec<&str> {
    let labels = svg.split("text-anchor=\"end\"").skip(1);
    labels.map(|rest| rest.split_once('>').unwrap().1.split_once('<').unwrap().0).collect()
}

/// The points of each line of the figure, in pixels.
fn lines(svg: &str) -> Vec<Vec<(f64, f64)>> {
    let found = svg.split("<polyline points=\"").skip(1);
    found
        .map(|rest| {
            let numbers: Vec<f64> =
                rest.split_once('"').unwrap().0.split_whitespace().map(|number| number.parse().unwrap()).collect();
            numbers.chunks(2).map(|pair| (pair[0], pair[1])).collect()
        })
        .collect()
}

/// How high each value of the one line lies, where spans are drawn as steps.
fn heights(svg: &str) -> Vec<f64> {
    let all = lines(svg);
    assert_eq!(all.len(), 1);
    all[0].iter().step_by(2).map(|(_, y)| *y).collect()
}

#[tokio::test]
async fn equal_factors_are_equal_distances_on_a_logarithmic_axis() {
    let svg = drawn(&logarithmic(of_values("number", [1.0, 10.0, 100.0, 1_000.0, 10_000.0]))).await;
    let heights = heights(&svg);
    for pair in heights.windows(2) {
        assert!((pair[0] - pair[1] - (heights[0] - heights[4]) / 4.0).abs() < 0.11, "{heights:?}");
    }
    assert_eq!(ticks(&svg), ["1", "10", "100", "1,000", "10,000"]);
    assert!(title(&svg).contains(" Logarithmic axis. ") && svg.contains(". Logarithmic axis<"));
    let linear = drawn(&of_values("number", [1.0, 10.0])).await;
    assert!(!linear.contains("ogarithmic") && ticks(&linear)[0] == "0");
}

#[tokio::test]
async fn ticks_of_a_logarithmic_axis_are_at_one_two_five_or_at_powers_of_ten() {
    for (scale, values, expected) in [
        ("number", [7.0, 50.0], &["2", "5", "10", "20", "50", "100"] as &[&str]),
        // not far apart: even ones
        ("number", [90.0, 95.0], &["40", "60", "80", "100", "120", "140", "160", "180", "200"]),
        ("number", [1.0, 9.9e13], &["1", "1,000", "1 mn", "1 bn", "1 tn"]),
        ("number", [1e-3, 1e20], &["0.001", "1", "1,000", "1 mn", "1 bn", "1 tn", "10¹⁵", "10¹⁸"]),
        ("share", [0.02, 0.4], &["1 %", "2 %", "5 %", "10 %", "20 %", "50 %", "100 %"]),
        ("hashrate", [4e6, 6e20], &["1 MH/s", "1 GH/s", "1 TH/s", "1 PH/s", "1 EH/s", "1,000 EH/s"]),
    ] {
        let svg = drawn(&logarithmic(of_values(scale, values))).await;
        assert_eq!(ticks(&svg), expected, "{values:?}");
    }
}

#[tokio::test]
async fn what_is_zero_is_cut_at_the_lower_edge_and_what_is_below_is_none() {
    let mut data = logarithmic(of_values("number", [50.0, 0.0, 100.0, 400.0]));
    set(&mut data, "low", [json!(0.0), json!(0.0), json!(-3.0), json!(0.0)]);
    let svg = drawn(&data).await;
    let heights = heights(&svg);
    assert!(heights[1] > heights[0] && heights.iter().all(|y| *y <= heights[1]), "{heights:?}");
    assert!(title(&svg).contains("lowest 0 (0 to 0)") && title(&svg).contains("axis, zero at its lower edge."));
    assert_eq!(bands(&svg), 2, "a bound below zero is none");

    set(&mut data, "value", [json!(50.0), json!(-1e-9), json!(100.0), json!(400.0)]);
    assert_eq!(lines(&drawn(&data).await).len(), 2, "a value below zero is a gap");
}

#[tokio::test]
async fn charts_with_a_top_share_an_axis() {
    let mut ticked = Vec::new();
    for values in [[900.0, 1_000.0], [1_500.0, 1_900.0], [300.0, 20.0]] {
        let mut data = of_values("number", values);
        data["top"] = json!(3_900.0);
        ticked.push(ticks(&drawn(&data).await).join(" "));
        data["bounds"] = json!(true);
        set(&mut data, "unknown_low", [json!(10.0), json!(10.0)]);
        set(&mut data, "unknown_high", [json!(9_999.0), json!(9_999.0)]);
        ticked.push(ticks(&drawn(&data).await).join(" "));
    }
    assert!(ticked.iter().all(|ticks| ticks == "0 1,000 2,000 3,000 4,000"), "{ticked:?}");

    // no value is cut for it
    let mut data = of_values("number", [5_000.0, 100.0]);
    for top in [json!(10.0), json!(-1.0), json!(1e308), json!("x"), Value::Null] {
        data["top"] = top;
        assert_eq!(ticks(&drawn(&data).await).last(), Some(&"10,000"));
    }
}

#[tokio::test]
async fn what_unknown_could_change_lies_hatched_behind() {
    let mut data = of_values("number", [1_000.0, 1_100.0, 1_050.0, 1_080.0]);
    set(&mut data, "unknown_low", [json!(800.0), json!(850.0), Value::Null, json!(900.0)]);
    set(&mut data, "unknown_high", [json!(3_000.0), json!(3_050.0), Value::Null, json!(3_100.0)]);
    let hatched = |svg: &str| svg.matches("fill=\"url(#").count();
    assert_eq!(hatched(&drawn(&data).await), 0, "not asked for");
    data["bounds"] = json!(true);
    let svg = drawn(&data).await;
    assert_eq!(hatched(&svg), 2, "one for each stretch without a gap");
    let first = svg.find("fill=\"url(#").unwrap();
    assert!(first < svg.find("fill-opacity=").unwrap(), "behind the interval");
    assert!(
        title(&svg).contains("Hatched: if Unknown is spread out or the largest's; for the latest value 900 to 3,100.")
    );
    assert!(svg.contains(". Hatched: if Unknown is spread out or the largest&#39;s<"));
    assert_eq!(ticks(&svg).last(), Some(&"3,500"), "the axis reaches them");

    // but not if they are far beyond all values; and they may be all there is
    set(&mut data, "unknown_high", std::iter::repeat_n(json!(1e6), 4));
    assert_eq!(ticks(&drawn(&data).await).last(), Some(&"5,000"));
    for key in ["value", "low", "high"] {
        set(&mut data, key, std::iter::repeat_n(Value::Null, 4));
    }
    let svg = drawn(&data).await;
    assert!(hatched(&svg) > 0 && lines(&svg).is_empty() && !svg.contains("No value in this window"));
}

#[tokio::test]
async fn a_month_that_is_not_whole_is_dashed_and_said() {
    let mut data = of_values("share", [0.3, 0.31, 0.32, 0.3]);
    let whole = drawn(&data).await;
    assert!(!whole.contains("stroke-dasharray") && !whole.contains("part of a month"));
    set(&mut data, "partial", [true, false, false, true].map(Value::from));
    let svg = drawn(&data).await;
    assert_eq!(svg.matches("stroke-dasharray=\"4,3\"").count(), 2);
    assert_eq!(svg.matches("fill-opacity=\"0.11\"").count(), 2, "paler than the interval of whole months");
    let all = lines(&svg);
    assert_eq!(all.len(), 3);
    assert!(all.windows(2).all(|pair| pair[0].last() == pair[1].first()), "the line is not broken: {all:?}");
    assert!(title(&svg).contains("2026-02-03, part of a month; latest 30.0 % (15.0 to 60.0 %) from "));
    assert!(svg.contains(". Dashed: part of a month<") && svg.contains(">part of a month<"));
}

#[tokio::test]
async fn whole_numbers_are_steps_on_whole_ticks() {
    let days = (0..100).map(|n| f64::from(2 + n / 7 % 3));
    let mut data = of_values("number", days.clone());
    set(&mut data, "low", days.clone().map(|value| json!(value - 1.0)));
    set(&mut data, "high", days.map(|value| json!(value + 1.0)));
    let charts = ChartRenderer::new().unwrap();
    for size in [Size { width: 360, height: 320 }, Size { width: 400, height: 320 }, WIDE] {
        let svg = charts.render("index", &data.to_string(), size, Theme::Dark).await.unwrap();
        assert_eq!(ticks(&svg), ["0", "1", "2", "3", "4", "5"]);
        assert!(svg.contains(">2<") && title(&svg).contains("highest 4 (3 to 5) from "));
        let line = &lines(&svg)[0];
        for ((x1, y1), (x2, y2)) in line.iter().zip(&line[1..]) {
            assert!((x1 - x2).abs() < 1e-9 || (y1 - y2).abs() < 1e-9, "a slope at {x1}, {y1}");
        }
        let mut levels: Vec<String> = line.iter().map(|(_, y)| y.to_string()).collect();
        levels.sort();
        levels.dedup();
        assert_eq!(levels.len(), 3);
    }
}

#[tokio::test]
async fn a_band_without_intervals_or_blocks_does_not_speak_of_them() {
    let mut data = of_values("share", [0.9, 0.95]);
    for (key, value) in [("low", Value::Null), ("high", Value::Null), ("blocks", json!(0))] {
        set(&mut data, key, [value.clone(), value]);
    }
    data["title"] = json!("Named");
    let svg = draw("published", &data.to_string()).await.unwrap();
    assert!(!svg.contains("Band:") && !svg.contains("interval") && !svg.contains("no block") && bands(&svg) == 0);
    assert!(title(&svg).contains("latest 95.0 % from"));
}

#[tokio::test]
async fn one_definition_draws_every_figure() {
    let data = logarithmic(of_values("number", [3.0, 30.0])).to_string();
    let first = draw("pool", &data).await.unwrap();
    for name in ["index", "hashrate", "difficulty", "hashprice", "published"] {
        assert_eq!(draw(name, &data).await.unwrap(), first);
    }
}

#[tokio::test]
async fn data_that_cannot_be_are_drawn_as_none() {
    // what JSON can say of numbers that are none, and numbers that nothing is
    let hostile = ["null", "\"NaN\"", "-5", "-0.0", "0", "5e-324", "1e308", "1e999", "-1e999", "{}"];
    let charts = ChartRenderer::new().unwrap();
    for log in [false, true] {
        for scale in ["number", "hashrate"] {
            for bad in hostile {
                for key in ["value", "low", "high", "unknown_low", "unknown_high", "top", "guide"] {
                    let mut data = of_values(scale, [1.0, 2.5, 2.0]);
                    if log {
                        data = logarithmic(data);
                    }
                    data["bounds"] = json!(true);
                    for (key, value) in [("unknown_low", 0.5), ("unknown_high", 4.5)] {
                        set(&mut data, key, std::iter::repeat_n(json!(value), 3));
                    }
                    match key {
                        "top" => data["top"] = json!("@"),
                        "guide" => data["guides"] = json!([{ "value": "@", "word": "level" }]),
                        key => set(&mut data, key, [json!(0.9), json!("@")]),
                    }
                    let json = data.to_string().replace("\"@\"", bad);
                    let svg = charts.render("index", &json, WIDE, Theme::Light).await.unwrap();
                    for wrong in ["NaN", "Infinity", "undefined", "null"] {
                        assert!(!svg.contains(wrong), "{wrong} for {key} {bad}, {scale}, logarithmic: {log}");
                    }
                    assert!(!lines(&svg).is_empty());
                }
            }
        }
    }
}

#[tokio::test]
async fn nothing_at_all_and_nothing_but_zero_are_drawn() {
    for log in [false, true] {
        for (values, said) in [
            (vec![], ">No value in this window<"),
            (vec![0.0], ">0<"),
            (vec![0.0; 3], ">0<"),
            (vec![7.0; 2], ">7<"),
            (vec![1e149, 1e-149], ">10⁻¹⁴⁹<"),
        ] {
            let data = of_values("number", values.clone());
            let svg = drawn(&if log { logarithmic(data) } else { data }).await;
            assert!(svg.contains(said) && !svg.contains("NaN"), "{values:?}: {svg}");
            let labels = ticks(&svg);
            assert_eq!(labels.is_empty(), values.is_empty());
            assert!(labels.is_empty() || (labels.len() >= 2) && (labels[0] == "0") != log, "{values:?}: {labels:?}");
        }
    }
}

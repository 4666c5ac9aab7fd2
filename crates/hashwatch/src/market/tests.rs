//! Values from the configuration, files and servers on loopback.

use hashwatch_model::Quantity;
use hashwatch_tests::{Page, Site};

use super::*;

const NOW: u64 = 1_795_824_000;

async fn gathered(text: &str) -> Result<Gathered, String> {
    let section: MarketSection = toml::from_str(text).map_err(|error| error.to_string())?;
    gather(&section, NOW).await.map_err(|error| format!("{error:#}"))
}

#[tokio::test]
async fn nothing_is_known_and_nobody_asked_unless_told() {
    let found = gathered("").await.unwrap();
    assert!(found.market.values.is_empty() && found.problems.is_empty());
    assert_eq!(found.market.missing().count(), 3);
}

#[tokio::test]
async fn what_the_operator_wrote_down() {
    let text = "btc_usd = { value = 91234.5, at = \"2026-11-27\" }\n\
                rental_btc_per_eh_day = { value = 0.42, at = \"2026-11-27T12:00:00+01:00\" }";
    let found = gathered(text).await.unwrap();
    let latest = found.market.latest(Quantity::BtcUsd).unwrap();
    assert_eq!((latest.value, latest.at, &latest.origin), (91_234.5, 1_795_737_600, &ValueOrigin::Settings));
    assert_eq!(found.market.latest(Quantity::RentalBtcPerEhDay).unwrap().at, 1_795_777_200);
    assert_eq!(found.market.missing().collect::<Vec<_>>(), [Quantity::HashpriceUsdPerPhDay]);
}

#[tokio::test]
async fn what_is_wrong_with_the_settings_is_named() {
    let http = |what: &str, url: &str, pointer: &str, unit: &str| {
        format!("[[http]]\nwhat = {what:?}\nurl = {url:?}\npointer = {pointer:?}\nunit = {unit:?}\n")
    };
    for (text, what) in [
        ("btc_usd = { value = nan, at = \"2026-11-27\" }".to_owned(), "market.btc_usd"),
        ("btc_usd = { value = -1.0, at = \"2026-11-27\" }".to_owned(), "btc_usd of -1"),
        ("btc_usd = { value = 0.0, at = \"2026-11-27\" }".to_owned(), "cannot be"),
        ("hashprice_usd_per_ph_day = { value = inf, at = \"2026-11-27\" }".to_owned(), "hashprice"),
        ("btc_usd = { value = 1.0, at = \"yesterday\" }".to_owned(), "yesterday"),
        ("btc_usd = { value = 1.0, at = \"2027-11-27\" }".to_owned(), "still to come"),
        ("btc_usd = { value = 1.0 }".to_owned(), "at"),
        ("btc_eur = { value = 1.0, at = \"2026-11-27\" }".to_owned(), "btc_eur"),
        ("allow = [\"x y\"]".to_owned(), "market.allow"),
        (http("eth_usd", "http://127.0.0.1/", "/a", "USD"), "eth_usd"),
        (http("btc_usd", "http://127.0.0.1/", "/a", "EUR"), "none of USD"),
        (http("btc_usd", "ftp://127.0.0.1/", "/a", "USD"), "http://"),
        (http("btc_usd", "http://u:hunter2@127.0.0.1/", "/a", "USD"), "password"),
        (http("btc_usd", "http://127.0.0.1/", "a.b", "USD"), "JSON pointer"),
    ] {
        let error = gathered(&text).await.unwrap_err();
        assert!(error.contains(what) && !error.contains("hunter2"), "{text}: {error}");
    }
}

#[tokio::test]
async fn a_number_out_of_an_answer() {
    let site = Site::start(|asked| {
        Page::new(
            200,
            &[],
            match asked.path.as_str() {
                "/text?key=hunter2" => "{\"data\": {\"amount\": \"91234.5\", \"at\": \"2026-11-27T00:00:00Z\"}}",
                "/hash" => "{\"rows\": [{\"t\": 1795737600000, \"v\": 0.04}]}",
                _ => "[0.0005]",
            },
        )
    })
    .unwrap();
    let text = format!(
        "allow = [\"127.0.0.1\"]\n\
         [[http]]\nwhat = \"btc_usd\"\nurl = \"{}\"\npointer = \"/data/amount\"\nat_pointer = \"/data/at\"\nunit = \"USD\"\n\
         [[http]]\nwhat = \"hashprice_usd_per_ph_day\"\nurl = \"{}\"\npointer = \"/rows/0/v\"\nat_pointer = \"/rows/0/t\"\nunit = \"USD/TH/day\"\n\
         [[http]]\nwhat = \"rental_btc_per_eh_day\"\nurl = \"{}\"\npointer = \"/0\"\nunit = \"BTC/PH/day\"\n",
        site.url("/text?key=hunter2"),
        site.url("/hash"),
        site.url("/rent")
    );
    let found = gathered(&text).await.unwrap();
    assert_eq!(found.problems, [""; 0]);
    let of = |what| found.market.latest(what).map(|value| (value.value, value.at)).unwrap();
    assert_eq!(of(Quantity::BtcUsd), (91_234.5, 1_795_737_600));
    assert_eq!(of(Quantity::HashpriceUsdPerPhDay), (40.0, 1_795_737_600));
    assert_eq!(of(Quantity::RentalBtcPerEhDay), (0.5, NOW));
    let origin = found.market.latest(Quantity::BtcUsd).unwrap().origin.to_string();
    assert!(origin.contains("/text") && !origin.contains("hunter2"), "{origin}");
}

/// Each bad source is told by what it was asked for; the others count.
#[tokio::test]
async fn a_bad_source_leaves_the_others() {
    let site = Site::start(|asked| match asked.path.as_str() {
        "/nan" => Page::new(200, &[], "{\"p\": \"NaN\"}"),
        "/negative" => Page::new(200, &[], "{\"p\": -5}"),
        "/absurd" => Page::new(200, &[], "{\"p\": 1e300}"),
        "/beyond" => Page::new(200, &[], "{\"p\": 1e999}"),
        "/missing" => Page::new(200, &[], "{\"q\": 5}"),
        "/object" => Page::new(200, &[], "{\"p\": {}}"),
        "/null" => Page::new(200, &[], "{\"p\": null}"),
        "/html" => Page::new(200, &[], "<html>"),
        "/deep" => Page::new(200, &[], "[".repeat(100_000)),
        "/huge" => Page::Endless(b"HTTP/1.1 200 OK\r\n\r\n[".to_vec(), vec![b' '; 65_536]),
        "/inside" => Page::redirect(302, "http://127.0.0.2/"),
        "/down" => Page::new(503, &[], ""),
        _ => Page::new(200, &[], "{\"p\": 5}"),
    })
    .unwrap();
    let paths = [
        "nan", "negative", "absurd", "beyond", "missing", "object", "null", "html", "deep", "huge", "inside", "down",
        "good",
    ];
    let mut text = "csv = \"/nowhere/btc.csv\"\nallow = [\"127.0.0.1\"]\n".to_owned();
    for path in paths {
        let url = site.url(&format!("/{path}"));
        text += &format!("[[http]]\nwhat = \"btc_usd\"\nurl = {url:?}\npointer = \"/p\"\nunit = \"USD\"\n");
    }
    let found = gathered(&text).await.unwrap();
    assert_eq!(found.market.values.len(), 1);
    assert_eq!(found.problems.len(), paths.len(), "{:?}", found.problems);
    for (problem, path) in found.problems[1..].iter().zip(paths).filter(|(_, path)| *path != "inside") {
        assert!(problem.contains("btc_usd") && problem.contains(path), "{problem}");
    }
    // unless allowed, not even that one
    let found = gathered(&text.replace("127.0.0.1\"]", "10.0.0.1\"]")).await.unwrap();
    assert!(
        found.market.values.is_empty()
            && found.problems.iter().filter(|problem| problem.contains("loopback")).count() == 13
    );
}

//! What a majority costs, as the API tells it: by the arithmetic of the parameters that it echoes, with their sources; what is left out
//! is said, what contradicts itself is refused by name; probabilities of double spends against published tables. On a chain that is not
//! mainnet's, of which nothing goes into it.

use anyhow::{Context, Result, ensure};
use hashwatch_tests::Hashwatch;
use serde_json::Value;

use crate::simulated::{running, simulate};
use crate::turn::turn;

fn parameter<'a>(answer: &'a Value, name: &str) -> Result<&'a Value> {
    let all = answer["parameters"].as_array().context("parameters")?;
    all.iter().find(|it| it["name"] == name).with_context(|| format!("no {name}"))
}

fn central(answer: &Value, name: &str) -> Result<f64> {
    parameter(answer, name)?["central"].as_f64().with_context(|| format!("{name} has no value"))
}

fn near(found: &Value, expected: f64, by: f64, what: &str) -> Result<()> {
    let found = found.as_f64().with_context(|| format!("{what}: {found}"))?;
    ensure!((found - expected).abs() <= by * expected.abs().max(1e-300), "{what}: {found} is not {expected}");
    Ok(())
}

#[test]
fn costs_and_double_spends() -> Result<()> {
    let _turn = turn();
    let dir = tempfile::tempdir()?;
    simulate(dir.path(), &["--blocks", "200", "--seed", "5"])?;
    let hashwatch = running(dir.path())?;
    by_the_parameters_that_are_echoed(&hashwatch)?;
    what_is_given_counts(&hashwatch)?;
    bad_input_is_refused_by_name(&hashwatch)?;
    presets_stand_beside_what_was_published(&hashwatch)?;
    whatever_the_page_links_to_answers(&hashwatch)?;
    what_was_given_is_forgotten_and_no_pin(&hashwatch)?;
    probabilities_are_those_of_the_papers(&hashwatch)
}

fn by_the_parameters_that_are_echoed(hashwatch: &Hashwatch) -> Result<()> {
    let answer = hashwatch.get_json("/api/v1/attack-cost?on=2026-11-28")?;
    ensure!(answer["network"] == "mainnet" && answer["data"] == "published" && answer["as_of"].is_null(), "{answer}");
    let of = |name| central(&answer, name);
    let rate = of("network_exahashes_per_second")?;
    let kilowatts = rate * 1e6 * of("joules_per_terahash")? / 1_000.0;
    let machines = rate * 1e6 * of("new_usd_per_terahash_per_second")?;
    let (site, energy) = (kilowatts * of("site_usd_per_kw")?, kilowatts * 168.0 * of("usd_per_kwh")?);
    let owned = &answer["owned"];
    // an elasticity of a million moves the price of machines by less than this
    near(&owned["gross_usd"]["central"], machines + site + energy, 1e-5, "gross")?;
    near(&owned["energy_usd"]["central"], energy, 1e-9, "energy")?;
    near(&owned["years_of_industry_output"], rate / of("new_exahashes_per_second_per_year")?, 1e-9, "years")?;
    for figure in ["machines_usd", "site_usd", "energy_usd", "gross_usd", "net_usd"] {
        let [low, central, high] = ["low", "central", "high"].map(|end| owned[figure][end].as_f64());
        ensure!(low <= central && central <= high && low.is_some(), "{figure}: {}", owned[figure]);
    }
    // every published one says who, where and of when, and how old it is by then
    for input in answer["parameters"].as_array().context("parameters")? {
        if input["origin"] == "published" {
            let source = &input["sources"][0];
            ensure!(source["source"].as_str().is_some_and(|url| url.starts_with("https://")), "{input}");
            ensure!(
                input["age_days"].as_i64().is_some() && input["day"].is_string() && input["how"].is_string(),
                "{input}"
            );
        }
    }
    let left_out = answer["left_out"].as_array().context("left_out")?;
    ensure!(left_out.iter().any(|name| name == "supply_elasticity"), "{left_out:?}");
    ensure!(parameter(&answer, "resale_share")?["origin"] == "left_out", "no source gives it");
    let missing: Vec<&Value> = answer["missing"].as_array().context("missing")?.iter().map(|it| &it["name"]).collect();
    ensure!(
        missing == ["rentable_exahashes_per_second", "btc_per_eh_day"] && answer["rented"].is_null(),
        "{missing:?}"
    );
    // the same in rows, and for ever
    let text = hashwatch.get("/api/v1/attack-cost?on=2026-11-28&format=csv")?.text();
    let gross = text.lines().find(|row| row.starts_with("\"owned\",\"gross_usd\"")).context("a row for it")?;
    let gross: Vec<&str> = gross.split(',').collect();
    // part, name, unit, low, central, high
    near(
        &Value::from(gross[4].parse::<f64>()?),
        owned["gross_usd"]["central"].as_f64().unwrap_or_default(),
        1e-12,
        "csv",
    )?;
    let again = hashwatch.get_json(answer["permalink"].as_str().context("a permalink")?)?;
    ensure!(again == answer, "the permalink says something else");
    // nothing was known then, and nothing is made up
    let early = hashwatch.get_json("/api/v1/attack-cost?on=2020-06-01")?;
    ensure!(early["owned"].is_null() && early["forces"].is_null(), "{early}");
    Ok(())
}

fn what_is_given_counts(hashwatch: &Hashwatch) -> Result<()> {
    // arithmetic, no market: 1 ZH/s at half a coin per EH/s and day
    let query =
        "network_exahashes_per_second=1000&btc_per_eh_day=0.5&usd_per_btc=70000&rentable_exahashes_per_second=10";
    let rented = hashwatch.get_json(&format!("/api/v1/attack-cost?{query}"))?;
    near(&rented["rented"]["usd_per_hour"]["central"], 1_458_333.33, 1e-6, "an hour")?;
    near(&rented["rented"]["rentable_ratio"]["central"], 0.01, 1e-12, "for rent")?;
    ensure!(parameter(&rented, "usd_per_btc")?["origin"] == "given", "it was given");
    // 51 % of the enlarged network is 1.0408 times the network, inside 0.51
    for (kind, times) in [("add", 0.51 / 0.49), ("inside", 0.51), ("retired", 0.51 / 0.49)] {
        let answer = hashwatch
            .get_json(&format!("/api/v1/attack-cost?kind={kind}&share=0.51&network_exahashes_per_second=1000"))?;
        near(&answer["forces"]["attacker_exahashes_per_second"], 1_000.0 * times, 1e-9, kind)?;
    }
    // q = 0.51 inside makes up six blocks in 3,000 minutes
    let inside = hashwatch.get_json("/api/v1/attack-cost?kind=inside&share=0.51&z=6")?;
    near(&inside["overtake"]["expected_seconds"], 180_000.0, 1e-6, "expected time")?;
    let range = hashwatch.get_json("/api/v1/attack-cost?usd_per_kwh=0.04..0.06")?;
    let power = parameter(&range, "usd_per_kwh")?;
    ensure!(
        (&power["low"], &power["central"], &power["high"]) == (&0.04.into(), &0.05.into(), &0.06.into()),
        "{power}"
    );
    let moved = range["owned"]["sensitivity"].as_array().context("sensitivity")?;
    ensure!(moved.iter().any(|it| it["parameter"] == "usd_per_kwh"), "a range moves the cost");
    Ok(())
}

fn bad_input_is_refused_by_name(hashwatch: &Hashwatch) -> Result<()> {
    for (query, name) in [
        ("usd_per_kwh=nan", "usd_per_kwh"),
        ("usd_per_kwh=-0.05", "usd_per_kwh"),
        ("usd_per_kwh=inf", "usd_per_kwh"),
        ("usd_per_kwh=0.07..0.05", "usd_per_kwh"),
        ("network_exahashes_per_second=0", "network_exahashes_per_second"),
        ("share=0.51", "share"),
        ("kind=add&share=1", "share"),
        ("kind=add&retired_exahashes_per_second=5", "retired_exahashes_per_second"),
        ("preset=nobody", "preset"),
        ("preset=harvey-2025&kind=add", "preset"),
        ("z=10000000000", "z"),
        ("on=2026-13-01", "on"),
    ] {
        for path in ["/api/v1/attack-cost", "/charts/supply.json"] {
            let answer = hashwatch.get(&format!("{path}?{query}"))?;
            let message = answer.json()?["error"]["message"].as_str().unwrap_or_default().to_owned();
            ensure!(answer.status == 400 && message.contains(&format!("{name:?}")), "{path}?{query}: {message}");
        }
    }
    for (query, name) in [
        ("q=nan", "q"),
        ("q=1.1", "q"),
        ("q=-0", "q"),
        ("z=-1", "z"),
        ("z=10000001", "z"),
        ("risk=0", "risk"),
        ("risk=1", "risk"),
    ] {
        let answer = hashwatch.get(&format!("/api/v1/double-spend?{query}"))?;
        if query == "q=-0" {
            ensure!(answer.status == 200, "minus nothing is nothing");
            continue;
        }
        let message = answer.json()?["error"]["message"].as_str().unwrap_or_default().to_owned();
        ensure!(answer.status == 400 && message.contains(&format!("{name:?}")), "{query}: {message}");
    }
    Ok(())
}

fn presets_stand_beside_what_was_published(hashwatch: &Hashwatch) -> Result<()> {
    let harvey = hashwatch.get_json("/api/v1/attack-cost?preset=harvey-2025")?;
    let preset = &harvey["preset"];
    near(&preset["published_low_usd"], 6e9, 1e-12, "published")?;
    near(&preset["ours_usd"], harvey["owned"]["gross_usd"]["central"].as_f64().context("ours")?, 1e-9, "ours")?;
    let gaps: f64 =
        preset["parts"].as_array().context("parts")?.iter().filter_map(|part| part["gap_usd"].as_f64()).sum();
    near(&preset["explained_usd"], gaps, 1e-9, "explained")?;
    let whole = gaps + preset["rounding_usd"].as_f64().context("rounding")?;
    near(&preset["gap_usd"], whole, 1e-9, "the whole gap")?;
    let nuzzi = hashwatch.get_json("/api/v1/attack-cost?preset=nuzzi-waters-andrade-2024")?;
    ensure!(nuzzi["kind"] == "add" && nuzzi["preset"]["gap_usd"] == 0.0, "{}", nuzzi["preset"]);
    Ok(())
}

/// Every address on the page, its downloads and the way to the scenario among them, whatever it is pinned to.
fn whatever_the_page_links_to_answers(hashwatch: &Hashwatch) -> Result<()> {
    for query in ["", "?kind=add&share=0.6&on=2026-11-28", "?on=2028-06-01", "?preset=harvey-2025"] {
        let page = hashwatch.get(&format!("/attack{query}"))?.text();
        let links = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        let links: std::collections::BTreeSet<String> = links
            .map(|link| link.replace("&#38;", "&").replace("&amp;", "&"))
            .filter(|link| ["/api/v1/", "/scenario", "/attack"].iter().any(|path| link.starts_with(path)))
            .collect();
        ensure!(links.iter().any(|link| link.starts_with("/api/v1/double-spend?")), "{links:?}");
        for link in links {
            let answer = hashwatch.get(&link)?;
            ensure!(answer.status == 200, "/attack{query} links to {link}, which says {}", answer.status);
        }
    }
    Ok(())
}

fn what_was_given_is_forgotten_and_no_pin(hashwatch: &Hashwatch) -> Result<()> {
    let page = hashwatch.get("/attack?kind=add&share=0.5&attack_days=0&on=2026-11-28&prices=none")?.text();
    let page = page.replace("&#38;", "&");
    ensure!(
        page.contains("<a href=\"/attack?kind=add&on=2026-11-28&prices=none\">Forget what was given</a>"),
        "{page}"
    );
    ensure!(page.contains("it draws level for certain") && !page.contains("within 0 days"), "{page}");
    Ok(())
}

/// Nakamoto (2008), section 11; Grunspan and Perez-Marco (2018).
fn probabilities_are_those_of_the_papers(hashwatch: &Hashwatch) -> Result<()> {
    let race = |q: &str, z: u64| -> Result<Value> {
        Ok(hashwatch.get_json(&format!("/api/v1/double-spend?q={q}&z={z}"))?["race"].clone())
    };
    for (q, z, nakamoto, exact) in [
        ("0.1", 1, 0.204_587_3, 0.2),
        ("0.1", 6, 0.000_242_8, 0.000_591_4),
        ("0.3", 5, 0.177_352_3, 0.197_617_3),
        ("0.4", 6, 0.503_980_3, 0.493_003_7),
    ] {
        let found = race(q, z)?;
        near(&found["nakamoto_probability"], nakamoto, 2e-4, &format!("Nakamoto {q} {z}"))?;
        near(&found["probability"], exact, 2e-4, &format!("exact {q} {z}"))?;
    }
    for (q, exact, nakamoto) in [("0.1", 6, 5), ("0.3", 32, 24), ("0.45", 539, 340)] {
        let found = race(q, 6)?;
        ensure!(found["confirmations"] == exact && found["nakamoto_confirmations"] == nakamoto, "{q}: {found}");
    }
    ensure!(race("0", 6)?["probability"] == 0.0 && race("0", 0)?["probability"] == 1.0, "nobody, and at once");
    for q in ["0.5", "1"] {
        let found = race(q, 1_000_000)?;
        ensure!(found["probability"] == 1.0 && found["confirmations"].is_null(), "{q}: {found}");
    }
    ensure!(race("0.4", 1_000_000)?["probability"].as_f64().is_some_and(|it| it < 1e-300), "a million blocks");
    let today = hashwatch.get_json("/api/v1/double-spend?on=2026-11-28")?;
    ensure!(today["race"].is_null() && today["today"]["data"] == "published", "{today}");
    let largest = today["today"]["largest"].as_array().context("largest")?;
    ensure!(largest.len() == 3, "pool, group and owner");
    let first = &largest[0];
    let six =
        first["probabilities"].as_array().context("probabilities")?.iter().find(|at| at["z"] == 6).context("six")?;
    let asked = hashwatch.get_json(&format!("/api/v1/double-spend?q={}&z=6", first["share"]))?;
    near(&six["probability"], asked["race"]["probability"].as_f64().context("a number")?, 1e-9, "the largest's six")?;
    ensure!(
        six["low"].as_f64() <= six["probability"].as_f64() && six["probability"].as_f64() <= six["high"].as_f64(),
        "{six}"
    );
    Ok(())
}

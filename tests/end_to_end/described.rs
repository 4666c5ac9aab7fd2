//! The API as it describes itself: every endpoint takes the parameters that are described, and no others, and answers in the shape
//! that is described, without a field beside it.

use std::{collections::BTreeSet, path::Path, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use hashwatch_tests::{Hashwatch, wait_until};
use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::simulated::{note, running, simulate};
use crate::turn::turn;

/// A description, and the instance that it is of.
struct Described {
    hashwatch: Hashwatch,
    description: Value,
    /// Schemas that are referred to, closed.
    schemas: Value,
    /// What parameters may be, by name.
    values: Vec<(&'static str, Vec<String>)>,
}

/// A schema that takes no field but those that it names. What it is put together from is left as it is: the parts do not know of
/// each other.
fn closed(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.values_mut().for_each(|property| *property = alone(property));
    }
    if let Some(items) = schema.get_mut("items") {
        *items = alone(items);
    }
    for word in ["allOf", "oneOf", "anyOf"] {
        let parts = schema.get_mut(word).and_then(Value::as_array_mut).into_iter().flatten();
        parts.for_each(|part| *part = closed(part));
    }
    schema
}

/// The schema of a whole value.
fn alone(schema: &Value) -> Value {
    let mut schema = closed(schema);
    schema["unevaluatedProperties"] = json!(false);
    schema
}

impl Described {
    fn of(chain: &Path) -> Result<Described> {
        let (hashwatch, note) = (running(chain)?, note(chain)?);
        let tip = note["tip"]["hash"].as_str().context("a hash")?;
        let description = hashwatch.get_json("/api/v1/openapi.json")?;
        let schemas = description["components"]["schemas"].as_object().context("schemas")?;
        let schemas: Map<String, Value> = schemas.iter().map(|(name, it)| (name.clone(), closed(it))).collect();
        let (shares, forks) = (hashwatch.get_json("/api/v1/shares")?, hashwatch.get_json("/api/v1/forks")?);
        let text = |value: &Value| value.as_str().map(str::to_owned).context("a text");
        let (pool, version) = (text(&shares["shares"][0]["id"])?, text(&shares["registry_version"])?);
        let stale = text(&forks["branches"][0]["blocks"][0]["hash"])?;
        let dossier = text(&hashwatch.get_json("/api/v1/pivots?kind=offer")?["dossier_version"])?;
        let raised = || hashwatch.get_json("/api/v1/alerts").is_ok_and(|answer| answer["raised"][0].is_object());
        wait_until("an alert", Duration::from_secs(20), raised)?;
        let alert = text(&hashwatch.get_json("/api/v1/alerts")?["raised"][0]["alert"])?;
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let values = vec![
            ("slug", vec![pool.clone(), "sim-cormorant".to_owned()]),
            ("block", vec!["0".to_owned(), "1000".to_owned(), tip.to_owned(), stale]),
            ("window", words(&["all", "100", "3d", "1w"])),
            ("as_of", vec!["0".to_owned(), "1000".to_owned(), tip.to_owned()]),
            ("registry", vec![version]),
            ("limit", words(&["1", "200"])),
            ("from", words(&["7", "2025-01-03"])),
            ("to", words(&["900", "2025-01-18"])),
            ("miner", words(&["cipher-digital", "CORZ"])),
            ("dossier", vec![dossier]),
            ("pool", vec![pool, "unknown".to_owned()]),
            ("period", words(&["24h", "1m", "all"])),
            ("height", words(&["900"])),
            ("blocks", words(&["1", "144"])),
            ("time", vec![note["tip"]["time"].to_string()]),
            ("step", words(&["7"])),
            ("leave", words(&["all-announced", "cipher-exit-2026-02,riot-anthropic-2026-08"])),
            ("listed_share", words(&["0.5"])),
            ("until", words(&["2031-01-01"])),
            ("fleet", words(&["100@30@0.05"])),
            ("before", words(&["200", "3d"])),
            ("alert", vec![alert]),
            ("subject", words(&["network", "pool:sim-heron", "node:a%20b"])),
            ("ticker", words(&["IREN", "bitf", "mara-holdings", "bitzero-holdings"])),
            ("on", words(&["2024-06-30", "2025-11-30", "2026-05-25", "2026-06-01"])),
            ("kind", words(&["match", "add", "inside", "retired"])),
            ("prices", words(&["none", "btc_usd:91000@1779667200,rental_btc_per_eh_day:0.5@1779667200"])),
            ("preset", words(&["harvey-2025", "nuzzi-waters-andrade-2024"])),
            ("q", words(&["0", "0.3", "1"])),
            ("z", words(&["6", "1000000"])),
            ("risk", words(&["0.001"])),
            ("usd_per_kwh", words(&["0.05", "0.04..0.06", "0.04..0.05..0.07"])),
            ("btc_per_eh_day", words(&["0.5"])),
            ("value_usd", words(&["1000000000"])),
        ];
        Ok(Described { hashwatch, schemas: Value::Object(schemas), description, values })
    }

    fn endpoints(&self) -> Result<&Map<String, Value>> {
        self.description["paths"].as_object().context("paths")
    }

    /// What a parameter may be: the words that are described, or what is known of it.
    fn values_of(&self, parameter: &Value) -> Vec<String> {
        let words = parameter["schema"]["enum"].as_array().into_iter().flatten();
        let words: Vec<String> = words.filter_map(Value::as_str).map(str::to_owned).collect();
        let known = self.values.iter().find(|(name, _)| parameter["name"] == *name);
        if !words.is_empty() {
            return words;
        }
        // one name may be a height here and a day there
        let fits = |value: &&String| {
            let number = value.parse::<u64>().map_or(Value::Null, |number| json!(number));
            [json!(value), number].iter().any(|value| jsonschema::is_valid(&parameter["schema"], value))
        };
        known.map(|(_, values)| values.iter().filter(fits).cloned().collect()).unwrap_or_default()
    }

    /// Addresses of an endpoint: with each value of what stands in its path, and with each value of each thing that it takes.
    fn addresses(&self, path: &str, endpoint: &Value) -> Result<Vec<String>> {
        let mut bare = vec![path.to_owned()];
        let (within, queries): (Vec<_>, Vec<_>) = parameters(endpoint).partition(|it| it["in"] == "path");
        for parameter in within {
            let place = format!("{{{}}}", parameter["name"].as_str().context("a name")?);
            let values = self.values_of(parameter);
            ensure!(!values.is_empty(), "{path}: no value is known for {place}");
            bare = bare.iter().flat_map(|path| values.iter().map(|value| path.replace(&place, value))).collect();
        }
        let asked = queries.into_iter().flat_map(|parameter| {
            let name = parameter["name"].as_str().unwrap_or_default();
            self.values_of(parameter).into_iter().map(move |value| format!("{name}={value}"))
        });
        let asked: Vec<String> = asked.map(|query| format!("?{query}")).collect();
        let all = bare.iter().flat_map(|path| asked.iter().map(move |query| format!("{path}{query}")));
        Ok(bare.iter().cloned().chain(all).collect())
    }

    /// Whether an endpoint answers as JSON at all, and not as one text.
    fn is_json(endpoint: &Value) -> bool {
        !endpoint["responses"]["200"]["content"]["application/json"].is_null()
    }

    /// The schema of an endpoint's answer of this status.
    fn validator(&self, endpoint: &Value, status: &str) -> Result<Validator> {
        let mut schema = alone(&endpoint["responses"][status]["content"]["application/json"]["schema"]);
        schema["components"] = json!({ "schemas": self.schemas });
        jsonschema::draft202012::new(&schema).map_err(|error| anyhow::anyhow!("no schema: {error}"))
    }

    /// The names in the message by which an unknown parameter is refused are those that are described.
    fn takes_what_is_described(&self, path: &str, endpoint: &Value) -> Result<()> {
        let answer = self.hashwatch.get(&format!("{}?wat=1", self.addresses(path, endpoint)?[0]))?;
        let refused = answer.json()?;
        assert_eq!((answer.status, &refused["error"]["code"]), (400, &json!("unknown_parameter")), "{path}: {refused}");
        ensure!(self.validator(endpoint, "400")?.is_valid(&refused), "{path}: {refused} is not as described");
        let (_, taken) =
            refused["error"]["message"].as_str().context("a message")?.split_once(" takes ").context("names")?;
        let taken: BTreeSet<&str> = taken.split(", ").filter(|name| *name != "none").collect();
        let described = parameters(endpoint).filter(|it| it["in"] == "query").filter_map(|it| it["name"].as_str());
        assert_eq!(taken, described.collect::<BTreeSet<_>>(), "{path}");
        Ok(())
    }

    /// Returns how many answers were looked at.
    fn answers_as_described(&self, path: &str, endpoint: &Value) -> Result<usize> {
        let validator = Described::is_json(endpoint).then(|| self.validator(endpoint, "200")).transpose()?;
        let addresses = self.addresses(path, endpoint)?;
        let mut looked_at = 0;
        for address in &addresses {
            let answer = self.hashwatch.get(address)?;
            // what is asked as of an early block may not be there yet, a share is somebody's, and some things cannot be answered
            let early = answer.status == 404 && address.contains("as_of=");
            let nobody = answer.status == 400 && address.contains("metric=share");
            if early || nobody || (answer.status == 404 && answer.json()?["error"]["code"] == "not_available") {
                continue;
            }
            let form = answer.header("content-type").split(';').next().unwrap_or_default().to_owned();
            ensure!(answer.status == 200, "{address}: {}", answer.text());
            ensure!(
                !endpoint["responses"]["200"]["content"][&form].is_null(),
                "{address} is {form}, which is not described"
            );
            if let Some(validator) = validator.as_ref().filter(|_| form == "application/json") {
                let body = answer.json()?;
                let wrong: Vec<String> =
                    validator.iter_errors(&body).map(|error| format!("{}: {error}", error.instance_path())).collect();
                ensure!(wrong.is_empty(), "{address} is not as described: {}", wrong.join("\n"));
            }
            looked_at += 1;
        }
        Ok(looked_at)
    }
}

fn parameters(endpoint: &Value) -> impl Iterator<Item = &Value> + Clone {
    endpoint["parameters"].as_array().into_iter().flatten()
}

#[test]
fn every_endpoint_is_as_it_is_described() -> Result<()> {
    let _turn = turn();
    let home = tempfile::tempdir()?;
    let chain = home.path().join("chain");
    simulate(&chain, &["--blocks", "3000", "--seed", "7"])?;
    let described = Described::of(&chain)?;
    for (path, methods) in described.endpoints()? {
        let Some(endpoint) = methods.get("get") else { bail!("{path} is not asked by GET") };
        // without an end: alert_pages.rs listens to it
        if !endpoint["responses"]["200"]["content"]["text/event-stream"].is_null() {
            continue;
        }
        described.takes_what_is_described(path, endpoint)?;
        let looked_at = described.answers_as_described(path, endpoint)?;
        ensure!(looked_at > 0, "{path} has not answered");
    }
    ensure!(described.endpoints()?.len() >= 10, "{} endpoints", described.endpoints()?.len());
    nothing_passes_that_is_not_described(&described)
}

/// The validation itself: a field too many, one too few, a null, a word of another set and a number out of bounds are found.
fn nothing_passes_that_is_not_described(described: &Described) -> Result<()> {
    let validator = described.validator(&described.endpoints()?["/api/v1/blocks/{block}"]["get"], "200")?;
    let right = described.hashwatch.get_json("/api/v1/blocks/1000")?;
    let wrong: [(&str, Option<Value>); 7] = [
        ("/more", Some(json!(1))),
        ("/coinbase/anatomy/more", Some(json!(1))),
        ("/coinbase/txid", None),
        ("/subsidy", Some(json!(null))),
        ("/attribution/strength", Some(json!("great"))),
        ("/nonce", Some(json!(-1))),
        ("/coinbase/anatomy/script/0/kind", Some(json!("text"))),
    ];
    ensure!(validator.is_valid(&right), "{right}");
    for (at, value) in wrong {
        let mut body = right.clone();
        let (parent, name) = at.rsplit_once('/').context("a place")?;
        let parent = body.pointer_mut(parent).and_then(Value::as_object_mut).context("an object")?;
        match value {
            Some(value) => parent.insert(name.to_owned(), value),
            None => parent.shift_remove(name),
        };
        ensure!(!validator.is_valid(&body), "{at} passes");
    }
    Ok(())
}

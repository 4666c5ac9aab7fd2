//! The description holds together, and is one of every endpoint.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::text;

/// Endpoints that tell of the present alone.
const PRESENT: [&str; 3] = ["/api/v1/status", "/api/v1/nodes", "/api/v1/alerts/stream"];

/// Words of a schema that say what a value is.
const SAYING: [&str; 6] = ["type", "$ref", "allOf", "oneOf", "anyOf", "enum"];

fn description() -> Value {
    let (_, description) = crate::endpoints(None).split_for_parts();
    serde_json::from_str(&text(&description)).unwrap()
}

/// Every endpoint by its path.
fn endpoints(description: &Value) -> impl Iterator<Item = (&str, &Value)> {
    description["paths"].as_object().unwrap().iter().map(|(path, methods)| (path.as_str(), &methods["get"]))
}

/// Every object within, itself first.
fn objects<'v>(value: &'v Value, found: &mut Vec<&'v Map<String, Value>>) {
    match value {
        Value::Object(fields) => {
            found.push(fields);
            fields.values().for_each(|value| objects(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| objects(value, found)),
        _ => {}
    }
}

/// Schemas within that take any value at all, by where they stand.
fn vague(schema: &Value, at: &str, found: &mut Vec<String>) {
    let Some(fields) = schema.as_object() else { return };
    if !SAYING.iter().any(|word| fields.contains_key(*word)) {
        found.push(at.to_owned());
    }
    for list in ["allOf", "oneOf", "anyOf"].iter().filter_map(|word| fields.get(*word)?.as_array()) {
        list.iter().for_each(|one| vague(one, at, found));
    }
    for (name, property) in fields.get("properties").and_then(Value::as_object).into_iter().flatten() {
        vague(property, &format!("{at}.{name}"), found);
    }
    if let Some(items) = fields.get("items") {
        vague(items, &format!("{at}[]"), found);
    }
}

#[test]
fn every_path_of_the_api_is_described() {
    let (routes, _) = crate::endpoints(None).split_for_parts();
    // a router tells its paths nowhere else
    let told = format!("{routes:?}");
    // other addresses of the same, and what says that there is nothing
    let aside = |text: &str| text.starts_with("/api/v1/blocks/tip/") || text.contains("{*");
    let told: BTreeSet<&str> = told.split('"').filter(|text| text.starts_with("/api/") && !aside(text)).collect();
    let description = description();
    let described: BTreeSet<&str> = endpoints(&description).map(|(path, _)| path).collect();
    assert!(told.contains("/api/v1/shares"), "{told:?}");
    assert_eq!(told, described);
    // the description itself is the one that is not
    let named = include_str!("../lib.rs").split('"').filter(|text| text.starts_with("/api/") && !aside(text));
    let named: Vec<&str> = named.collect();
    assert_eq!(named, ["/api/v1/openapi.json"]);
}

#[test]
fn every_answer_has_a_shape() {
    let description = description();
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"), "{}", description["openapi"]);
    let mut found = Vec::new();
    for (path, endpoint) in endpoints(&description) {
        let content = endpoint["responses"]["200"]["content"].as_object().unwrap();
        let one_text = ["text/csv", "text/plain", "text/event-stream"].iter().any(|form| content.contains_key(*form));
        assert!(content.contains_key("application/json") || one_text, "{path}");
        for (form, body) in content {
            vague(&body["schema"], &format!("{path} {form}"), &mut found);
        }
        for parameter in endpoint["parameters"].as_array().into_iter().flatten() {
            vague(&parameter["schema"], &format!("{path} {}", parameter["name"]), &mut found);
        }
    }
    for (name, schema) in description["components"]["schemas"].as_object().unwrap() {
        vague(schema, name, &mut found);
    }
    assert_eq!(found, [""; 0]);
}

#[test]
fn what_is_referred_to_is_there() {
    let description = description();
    let mut found = Vec::new();
    objects(&description, &mut found);
    let references: BTreeSet<&str> = found.iter().filter_map(|fields| fields.get("$ref")?.as_str()).collect();
    assert!(references.len() > 50, "{references:?}");
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(description.pointer(pointer).is_some(), "{reference}");
    }
    // a field is always there: what is not known is null
    for fields in found.iter().filter(|fields| fields.get("properties").is_some_and(Value::is_object)) {
        let properties: BTreeSet<&str> = fields["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        let required = fields.get("required").and_then(Value::as_array).into_iter().flatten();
        assert_eq!(required.filter_map(Value::as_str).collect::<BTreeSet<_>>(), properties);
    }
}

#[test]
fn endpoints_are_asked_alike() {
    let description = description();
    let mut names = BTreeSet::new();
    for (path, endpoint) in endpoints(&description) {
        let name = endpoint["operationId"].as_str().unwrap();
        assert!(names.insert(name), "{path}: {name} is another endpoint, too");
        let parameters = endpoint["parameters"].as_array().into_iter().flatten();
        let names: Vec<&str> = parameters.clone().map(|parameter| parameter["name"].as_str().unwrap()).collect();
        let of_the_past = ["as_of", "registry"].map(|name| names.contains(&name));
        assert_eq!(of_the_past, [!PRESENT.contains(&path); 2], "{path}: {names:?}");
        for parameter in parameters {
            let place =
                if path.contains(&format!("{{{}}}", parameter["name"].as_str().unwrap())) { "path" } else { "query" };
            assert_eq!(parameter["in"], place, "{path}: {parameter}");
        }
        assert!(["summary", "tags", "responses"].iter().all(|key| !endpoint[key].is_null()), "{path}");
    }
}

/// Types of one name would be described as one.
#[test]
fn no_two_types_have_one_name() {
    let (mut folders, mut names) =
        (vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = std::fs::read_to_string(path).unwrap();
                let described = text.split("#[derive(").skip(1).filter_map(|rest| {
                    let (derived, rest) = rest.split_once(")]")?;
                    let words = rest.split_once('{')?.0.split_whitespace().collect::<Vec<_>>();
                    let name = words.iter().skip_while(|word| !["struct", "enum"].contains(word)).nth(1)?;
                    derived.contains("ToSchema").then(|| name.split('<').next().unwrap_or_default().to_owned())
                });
                names.extend(described);
            }
        }
    }
    assert!(names.len() > 50, "{names:?}");
    let all: BTreeSet<String> = names.iter().cloned().collect();
    names.sort();
    assert_eq!(all.len(), names.len(), "{names:?}");
}

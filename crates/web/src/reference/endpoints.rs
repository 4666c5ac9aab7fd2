//! The endpoints by topic, as the description has them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fields::{Field, Schemas, list, text};
use crate::methodology::markdown::inline;

/// The description, made ready for the page.
#[derive(Default)]
pub(crate) struct Reference {
    /// What holds for all of it, as HTML.
    pub(crate) about: String,
    pub(crate) topics: Vec<Topic>,
    /// What nearly every endpoint may answer instead.
    pub(crate) refusals: Vec<Refusal>,
}

/// Endpoints that belong together.
pub(crate) struct Topic {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) about: String,
    pub(crate) endpoints: Vec<Endpoint>,
}

/// What is asked at one address.
#[derive(Default)]
pub(crate) struct Endpoint {
    pub(crate) id: String,
    pub(crate) path: String,
    pub(crate) summary: String,
    /// More about it, as HTML.
    pub(crate) about: String,
    pub(crate) parameters: Vec<Parameter>,
    /// The parts of the path that have to be filled in.
    pub(crate) parts: Vec<Part>,
    /// It answers in JSON, and in CSV.
    pub(crate) json: bool,
    pub(crate) csv: bool,
    pub(crate) fields: Vec<Field>,
    /// What it may answer instead, where that is not the usual.
    pub(crate) refusals: Vec<Refusal>,
}

/// A part of a path.
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) example: Option<String>,
}

impl Part {
    pub(crate) fn new(name: &str, example: Option<&str>) -> Part {
        Part { name: name.to_owned(), example: example.map(str::to_owned) }
    }
}

pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) about: String,
    /// It stands in the path.
    pub(crate) in_path: bool,
}

/// Another answer than the one asked for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Refusal {
    pub(crate) status: String,
    pub(crate) about: String,
}

impl Reference {
    /// From the description as it is sent; nothing from what is no description.
    pub(crate) fn of(description: &str) -> Reference {
        let description: Value = serde_json::from_str(description).unwrap_or_default();
        let schemas = Schemas(description["components"]["schemas"].as_object());
        let mut topics: Vec<Topic> = list(&description, "tags").map(topic).collect();
        for (path, methods) in description["paths"].as_object().into_iter().flatten() {
            let Some(asked) = methods.get("get") else { continue };
            let name = list(asked, "tags").find_map(Value::as_str).unwrap_or("Others");
            let at = topics.iter().position(|topic| topic.name == name).unwrap_or_else(|| {
                topics.push(topic(&serde_json::json!({ "name": name })));
                topics.len() - 1
            });
            topics[at].endpoints.push(endpoint(path, asked, &schemas));
        }
        topics.retain(|topic| !topic.endpoints.is_empty());
        let refusals = usual(&topics);
        for endpoint in topics.iter_mut().flat_map(|topic| &mut topic.endpoints) {
            if endpoint.refusals == refusals {
                endpoint.refusals.clear();
            }
        }
        let about = inline(text(&description["info"], "description").unwrap_or_default());
        Reference { about, topics, refusals }
    }
}

fn topic(tag: &Value) -> Topic {
    let name = text(tag, "name").unwrap_or_default();
    let about = text(tag, "description").unwrap_or_default().to_owned();
    Topic { id: id(name), name: name.to_owned(), about, endpoints: Vec::new() }
}

/// What most endpoints may answer instead.
fn usual(topics: &[Topic]) -> Vec<Refusal> {
    let mut counted: BTreeMap<&[Refusal], usize> = BTreeMap::new();
    for endpoint in topics.iter().flat_map(|topic| &topic.endpoints) {
        *counted.entry(&endpoint.refusals).or_default() += 1;
    }
    let most = counted.into_iter().max_by_key(|(_, endpoints)| *endpoints);
    most.map(|(refusals, _)| refusals.to_vec()).unwrap_or_default()
}

/// Letters and digits of a text, hyphens between them.
fn id(words: &str) -> String {
    let words = words.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

fn endpoint(path: &str, asked: &Value, schemas: &Schemas) -> Endpoint {
    let parameters: Vec<&Value> = list(asked, "parameters").collect();
    let in_path = |parameter: &Value| text(parameter, "in") == Some("path");
    let part = |parameter: &&Value| Part::new(text(parameter, "name").unwrap_or_default(), text(parameter, "example"));
    let content = &asked["responses"]["200"]["content"];
    let refusals = asked["responses"].as_object().into_iter().flatten().filter(|(status, _)| !status.starts_with('2'));
    Endpoint {
        id: format!("get-{}", id(path)),
        path: path.to_owned(),
        summary: text(asked, "summary").unwrap_or_default().to_owned(),
        about: inline(text(asked, "description").unwrap_or_default()),
        parts: parameters.iter().filter(|it| in_path(it)).map(part).collect(),
        parameters: parameters
            .iter()
            .map(|it| Parameter {
                name: text(it, "name").unwrap_or_default().to_owned(),
                kind: schemas.kind_of(&it["schema"]),
                about: inline(text(it, "description").unwrap_or_default()),
                in_path: in_path(it),
            })
            .collect(),
        json: !content["application/json"].is_null(),
        csv: !content["text/csv"].is_null(),
        fields: schemas.fields(&content["application/json"]["schema"]),
        refusals: refusals
            .map(|(status, it)| Refusal {
                status: status.clone(),
                about: inline(text(it, "description").unwrap_or_default()),
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn described() -> Reference {
        let refused = json!({ "description": "`busy`" });
        let answer =
            |kind: &str| json!({ "content": { kind: { "schema": { "type": "object", "properties": { "a": {} } } } } });
        let asked = |tag: &str, kind: &str| json!({ "get": { "tags": [tag], "summary": "S.", "responses": { "200": answer(kind), "503": refused } } });
        let mut odd = asked("Two", "text/csv");
        odd["get"]["responses"]["404"] = json!({ "description": "gone" });
        odd["get"]["parameters"] = json!([
            { "name": "slug", "in": "path", "example": "x", "schema": { "type": "string" }, "description": "A *pool*" },
            { "name": "limit", "in": "query", "schema": { "type": "integer", "minimum": 1, "maximum": 200 } },
        ]);
        let description = json!({
            "info": { "description": "`a` <b>" },
            "tags": [{ "name": "Two", "description": "second" }, { "name": "Empty" }],
            "paths": { "/api/v1/a": asked("Two", "application/json"), "/api/v1/b/{slug}": odd,
                       "/c": asked("One more", "application/json") },
        });
        Reference::of(&description.to_string())
    }

    #[test]
    fn endpoints_stand_under_their_topics() {
        let reference = described();
        assert_eq!(reference.about, "<code>a</code> &lt;b&gt;");
        let topics: Vec<(&str, usize)> =
            reference.topics.iter().map(|it| (it.id.as_str(), it.endpoints.len())).collect();
        assert_eq!(topics, [("two", 2), ("one-more", 1)]);
        let odd = &reference.topics[0].endpoints[1];
        assert_eq!((odd.id.as_str(), odd.json, odd.csv), ("get-api-v1-b-slug", false, true));
        assert_eq!((odd.parts[0].name.as_str(), odd.parts[0].example.as_deref()), ("slug", Some("x")));
        assert_eq!((odd.parameters[0].about.as_str(), odd.parameters[0].in_path), ("A <em>pool</em>", true));
        assert_eq!((odd.parameters[1].kind.as_str(), odd.parameters[1].in_path), ("whole number, 1 to 200", false));
        assert_eq!(reference.topics[0].endpoints[0].fields[0].name, "a");
    }

    #[test]
    fn what_all_may_answer_instead_is_told_once() {
        let reference = described();
        let told = |refusals: &[Refusal]| refusals.iter().map(|it| it.status.clone()).collect::<Vec<_>>();
        assert_eq!(told(&reference.refusals), ["503"]);
        let [usual, odd] = &reference.topics[0].endpoints[..] else { panic!() };
        assert!(usual.refusals.is_empty());
        assert_eq!(told(&odd.refusals), ["503", "404"]);
    }

    #[test]
    fn no_description_is_no_endpoint() {
        for text in ["", "[]", "{}", "null", "{\"paths\": []}", "{\"paths\": {\"/a\": {\"get\": 5}}}"] {
            assert!(Reference::of(text).topics.iter().all(|topic| topic.name == "Others"), "{text}");
        }
    }
}

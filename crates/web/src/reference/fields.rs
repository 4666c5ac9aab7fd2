//! The fields of an answer, one after the other, each with the path to it: `shares[].low`. Read off the schemas of the description.

use serde_json::{Map, Value};

use crate::methodology::markdown::inline;

/// Objects within objects followed at most.
const DEEPEST: usize = 8;

/// A field of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// The path to what holds it: `shares[].`, nothing for the answer itself.
    pub(crate) within: String,
    pub(crate) name: String,
    pub(crate) kind: String,
    /// What it is, as HTML.
    pub(crate) about: String,
}

/// The schemas that others refer to, by name.
pub(super) struct Schemas<'a>(pub(super) Option<&'a Map<String, Value>>);

/// A schema with what stands around it: whether null may stand in its place, and what it is said to be.
struct Found<'a> {
    schema: &'a Value,
    or_null: bool,
    about: Option<&'a str>,
}

impl<'a> Schemas<'a> {
    /// All fields of an answer, those of an object right below it.
    pub(super) fn fields(&self, answer: &'a Value) -> Vec<Field> {
        let mut fields = Vec::new();
        self.below(answer, "", DEEPEST, &mut fields);
        fields
    }

    fn below(&self, schema: &'a Value, within: &str, deep: usize, fields: &mut Vec<Field>) {
        let Some(deep) = deep.checked_sub(1) else { return };
        let schema = self.found(schema).schema;
        // of several forms that an answer may have, all fields of all of them
        let forms = ["allOf", "oneOf", "anyOf"].into_iter().flat_map(|word| list(schema, word));
        for part in forms.filter(|part| text(part, "type") != Some("null")) {
            self.below(part, within, deep, fields);
        }
        for (name, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let found = self.found(field);
            let about = inline(found.about.unwrap_or_default());
            let (kind, name) = (self.kind(&found), name.clone());
            if !fields.iter().any(|known| known.within == within && known.name == name) {
                fields.push(Field { within: within.to_owned(), name: name.clone(), kind, about });
            }
            self.below(found.schema, &format!("{within}{name}."), deep, fields);
        }
        if let Some(items) = schema.get("items") {
            let list = within.strip_suffix('.').unwrap_or(within);
            self.below(items, &format!("{list}[]."), deep, fields);
        }
        if let Some(values) = schema.get("additionalProperties").filter(|values| values.is_object()) {
            self.below(values, &format!("{within}*."), deep, fields);
        }
    }

    /// Follows references, and looks past the null that an optional field may be.
    fn found(&self, schema: &'a Value) -> Found<'a> {
        let mut found = Found { schema, or_null: false, about: None };
        for _ in 0..DEEPEST {
            found.about = found.about.or_else(|| text(found.schema, "description"));
            let some: Vec<&Value> =
                list(found.schema, "oneOf").filter(|one| text(one, "type") != Some("null")).collect();
            found.or_null |= some.len() < list(found.schema, "oneOf").count();
            let named = text(found.schema, "$ref").and_then(|name| self.0?.get(name.rsplit('/').next()?));
            match (named, &some[..]) {
                (Some(named), _) => found.schema = named,
                (None, [only]) => found.schema = *only,
                _ => break,
            }
        }
        found
    }

    /// What a value is, in a word or two.
    pub(super) fn kind_of(&self, schema: &'a Value) -> String {
        self.kind(&self.found(schema))
    }

    fn kind(&self, found: &Found<'a>) -> String {
        let schema = found.schema;
        let types: Vec<&str> = match &schema["type"] {
            Value::String(one) => vec![one],
            several => several.as_array().into_iter().flatten().filter_map(Value::as_str).collect(),
        };
        let words: Vec<&str> = list(schema, "enum").filter_map(Value::as_str).collect();
        let kind = match types.iter().find(|one| **one != "null") {
            _ if !words.is_empty() => words.join(", "),
            Some(&"string") => "text".to_owned(),
            Some(&"integer") => format!("whole number{}", bounds(schema)),
            Some(&"boolean") => "true or false".to_owned(),
            Some(&"array") => match self.kind_of(&schema["items"]).as_str() {
                "object" => "list".to_owned(),
                kind => format!("list of {kind}"),
            },
            Some(other) => (*other).to_owned(),
            None if ["allOf", "oneOf", "anyOf"].iter().any(|word| !schema[word].is_null()) => "object".to_owned(),
            None => "any".to_owned(),
        };
        if found.or_null || types.contains(&"null") { format!("{kind} or null") } else { kind }
    }
}

/// Bounds that somebody set: those of the type alone say nothing.
fn bounds(schema: &Value) -> String {
    let bound = |name| schema[name].as_u64();
    match (bound("minimum"), bound("maximum").filter(|most| *most < u64::from(u32::MAX))) {
        (Some(least), Some(most)) => format!(", {least} to {most}"),
        _ => String::new(),
    }
}

pub(super) fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str()
}

pub(super) fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_found_at_any_depth() {
        let named = json!({
            "Row": { "type": "object", "properties": {
                "low": { "type": ["number", "null"] }, "of": { "type": "string", "enum": ["a", "b"] } } },
            "Knot": { "type": "object", "properties": { "again": { "$ref": "#/components/schemas/Knot" } } },
        });
        let schemas = Schemas(named.as_object());
        let answer = json!({ "allOf": [
            { "type": "object", "properties": {
                "rows": { "type": "array", "items": { "$ref": "#/components/schemas/Row" }, "description": "`a` first." },
                "next": { "oneOf": [{ "$ref": "#/components/schemas/Row", "description": "Or not." }, { "type": "null" }] } } },
            { "type": "object", "properties": {
                "by": { "type": "object", "additionalProperties": { "$ref": "#/components/schemas/Row" } },
                "n": { "type": "integer", "minimum": 1, "maximum": 9 } } } ] });
        let fields = schemas.fields(&answer);
        let told: Vec<String> = fields.iter().map(|it| format!("{}{}: {}", it.within, it.name, it.kind)).collect();
        assert_eq!(
            told,
            [
                "rows: list",
                "rows[].low: number or null",
                "rows[].of: a, b",
                "next: object or null",
                "next.low: number or null",
                "next.of: a, b",
                "by: object",
                "by.*.low: number or null",
                "by.*.of: a, b",
                "n: whole number, 1 to 9",
            ]
        );
        assert_eq!((fields[0].about.as_str(), fields[3].about.as_str()), ("<code>a</code> first.", "Or not."));
        let either = json!({ "oneOf": [{ "$ref": "#/components/schemas/Row" }, { "type": "object", "properties": {
            "low": { "type": "number" }, "high": { "type": "number" } } }] });
        let told: Vec<String> = schemas.fields(&either).iter().map(|it| it.name.clone()).collect();
        assert_eq!(told, ["low", "of", "high"], "each once");
        let knot = json!({ "$ref": "#/components/schemas/Knot" });
        assert!(schemas.fields(&knot).len() < 20, "it ends");
        assert_eq!(schemas.fields(&json!({})), []);
    }
}

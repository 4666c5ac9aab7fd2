//! A filter as the store keeps it, and how large one may be.
//!
//! What a notice is to whoever set it is alerts' business.

use std::collections::BTreeMap;

use hashwatch_alerts::Filter;
use serde::{Deserialize, Serialize};

use crate::Refused;

/// Rules, subjects and levels that one filter may name.
const MOST: usize = 64;
/// Bytes of a rule's key, and of a subject's kind or id.
const MOST_BYTES: usize = 100;

/// JSON, with only what is said.
#[derive(Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rules: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    subjects: Vec<(String, String)>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    least_level: BTreeMap<String, u8>,
}

impl Default for Kept {
    fn default() -> Self {
        Kept { rules: Vec::new(), subjects: Vec::new(), least_level: BTreeMap::new() }
    }
}

/// As the store has it.
pub(crate) fn to_text(filter: &Filter) -> String {
    let Filter { rules, subjects, least_level } = filter.clone();
    serde_json::to_string(&Kept { rules, subjects, least_level }).unwrap_or_default()
}

/// The inverse of [`to_text`]; none where it is no filter.
pub(crate) fn from_text(text: &str) -> Option<Filter> {
    let Kept { rules, subjects, least_level } = serde_json::from_str(text).ok()?;
    Some(Filter { rules, subjects, least_level })
}

/// Whether it is as small as an honest one.
///
/// # Errors
/// What is too much.
pub(crate) fn check(filter: &Filter) -> Result<(), Refused> {
    if [filter.rules.len(), filter.subjects.len(), filter.least_level.len()].into_iter().any(|count| count > MOST) {
        return Err(Refused::Filter("more than 64 rules or subjects"));
    }
    let subjects = filter.subjects.iter().flat_map(|(kind, id)| [kind, id]);
    let mut names = filter.rules.iter().chain(filter.least_level.keys()).chain(subjects);
    match names.any(|name| name.len() > MOST_BYTES) {
        true => Err(Refused::Filter("a name of more than 100 bytes")),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_kept_as_it_is() {
        let filter = Filter {
            rules: vec!["share".to_owned()],
            subjects: vec![("pool".to_owned(), "a\"b".to_owned())],
            least_level: [("share".to_owned(), 3)].into(),
        };
        assert_eq!(from_text(&to_text(&filter)), Some(filter));
        assert_eq!(to_text(&Filter::default()), "{}");
        assert_eq!(from_text("{}"), Some(Filter::default()));
        assert_eq!(from_text(""), None);
    }

    #[test]
    fn filters_are_bounded() {
        let many = |count: usize| Filter { rules: vec!["share".to_owned(); count], ..Filter::default() };
        assert!(check(&many(64)).is_ok() && check(&many(65)).is_err());
        let long =
            |bytes: usize| Filter { subjects: vec![("pool".to_owned(), "x".repeat(bytes))], ..Filter::default() };
        assert!(check(&long(100)).is_ok() && check(&long(101)).is_err());
    }
}

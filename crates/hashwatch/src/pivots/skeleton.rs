//! An accepted draft as the beginning of an entry for an operator's own file: what the feed says for certain is filled in, what
//! only a person can read in the release is not.

use jiff::{Timestamp, tz::TimeZone};

use super::Draft;

/// The entry, in the form of the registry's announcements. As it stands it is refused by `registry check`: kind and figures
/// are missing.
pub(crate) fn skeleton(draft: &Draft) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let day = draft.published.or(i64::try_from(draft.found).ok()).and_then(|time| Timestamp::from_second(time).ok());
    let day = TimeZone::UTC.to_datetime(day.unwrap_or_default()).date();
    let miner = draft.miners.first().map_or("", String::as_str);
    let mut text = String::new();
    let mut line = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    line(format!("# {}", draft.title));
    line(format!("# draft {} of the feed {}, picked by: {}", draft.id, draft.feed, draft.by.join(", ")));
    line("[[announcement]]".to_owned());
    line(format!("slug = {}", quoted(&format!("{miner}-{day}"))));
    line(format!("miner = {}", quoted(miner)));
    if draft.miners.len() > 1 {
        line(format!("# or one of: {}", draft.miners[1..].join(", ")));
    }
    line(format!("on = {}", quoted(&day.to_string())));
    line("dated = \"reported\"                # announced, where the company itself says so then".to_owned());
    line(
        "# kind = \"lease\"                  # lease, cloud, proposal, plan, progress, wind-down, treasury-sale ..."
            .to_owned(),
    );
    line("# counterparty = \"\"".to_owned());
    line("# site = \"\"".to_owned());
    line("# region = \"US-TX\"".to_owned());
    line(
        "# Read in the release what each figure means: critical IT, gross, utility and total MW are not the same."
            .to_owned(),
    );
    line("# figure = [".to_owned());
    line("#   { what = \"critical-it-mw\", value = 0, note = \"\" },".to_owned());
    line("#   { what = \"gross-mw\", value = 0, note = \"\" },".to_owned());
    line("#   { what = \"contract-usd\", value = 0, note = \"\" },".to_owned());
    line("# ]".to_owned());
    line("# online = [{ by = \"\", mw = 0 }]".to_owned());
    match &draft.link {
        Some(link) => line(format!("source = {}", quoted(link))),
        None => line("# source = \"\"                     # the feed names no page".to_owned()),
    }
    line(format!("date = {}", quoted(&day.to_string())));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pivots::State;

    fn draft(title: &str) -> Draft {
        serde_json::from_value(serde_json::json!({
            "id": "0123456789", "state": "open", "feed": "wire", "title": title, "summary": "",
            "link": "https://example.org/a?b=\"c\"", "published": 1_795_867_200, "miners": ["iren", "hut-8"],
            "by": ["IREN", "AI"], "found": 0, "seen": 0, "entry": "",
        }))
        .unwrap()
    }

    #[test]
    fn what_is_certain_is_filled_in() {
        let text = skeleton(&draft("IREN \"signs\" [[announcement]]"));
        let parsed: toml::Table = text.parse().unwrap();
        let entry = &parsed["announcement"][0];
        let said = |key: &str| entry.get(key).and_then(toml::Value::as_str);
        assert_eq!(said("slug"), Some("iren-2026-11-28"));
        assert_eq!((said("miner"), said("on"), said("date")), (Some("iren"), Some("2026-11-28"), Some("2026-11-28")));
        assert_eq!(said("source"), Some("https://example.org/a?b=\"c\""));
        // no figure, no kind: those are for a person
        assert_eq!(entry.as_table().map(toml::Table::len), Some(6), "{text}");
        assert!(text.contains("hut-8"));
    }

    #[test]
    fn without_a_page_or_a_date_it_is_still_an_entry() {
        let bare = Draft { link: None, published: None, miners: Vec::new(), ..draft("x") };
        let parsed: toml::Table = skeleton(&bare).parse().unwrap();
        assert_eq!(parsed["announcement"][0].get("on").and_then(toml::Value::as_str), Some("1970-01-01"));
        assert_eq!(parsed["announcement"][0].get("source"), None);
        assert_eq!(bare.state, State::Open);
    }
}

//! The section `[pivots]` of the configuration, and what is wrong with it.

use std::{collections::HashSet, time::Duration};

use hashwatch_outbound::{AllowList, Target};
use jiff::SignedDuration;
use serde::Deserialize;

use super::candidate::TERMS;
use crate::BadUsage;

/// The least and the most time between two questions to a feed.
const EVERY: [SignedDuration; 2] = [SignedDuration::from_mins(5), SignedDuration::from_hours(24 * 7)];
/// Feeds, and terms.
const MOST: usize = 200;
/// Bytes of a feed's name, or of a term.
const MOST_BYTES: usize = 60;

/// Which feeds are watched, and for what.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PivotsSection {
    feeds: Vec<FeedSection>,
    every: String,
    allow: Vec<String>,
    terms: Vec<String>,
    contact: Option<String>,
}

/// One feed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FeedSection {
    url: String,
    name: String,
}

impl Default for PivotsSection {
    fn default() -> Self {
        PivotsSection {
            feeds: Vec::new(),
            every: "30m".to_owned(),
            allow: Vec::new(),
            terms: TERMS.map(str::to_owned).to_vec(),
            contact: None,
        }
    }
}

/// The section, settled.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) feeds: Vec<Feed>,
    pub(super) every: Duration,
    pub(super) allowed: AllowList,
    pub(super) terms: Vec<String>,
    /// Whom to write to about our questions.
    pub(super) contact: Option<String>,
}

/// One feed.
#[derive(Clone, Debug)]
pub(super) struct Feed {
    pub(super) name: String,
    pub(super) target: Target,
    /// A digest of the URL: what is kept of one feed is not used for another under its name.
    pub(super) of: String,
}

impl PivotsSection {
    pub(super) fn settle(&self) -> Result<Settings, BadUsage> {
        let wrong = |what: String| BadUsage(format!("pivots.{what}"));
        let every: SignedDuration = self
            .every
            .parse()
            .map_err(|_| wrong(format!("every: {:?} is no time such as \"30m\" or \"2h\"", self.every)))?;
        let [least, most] = EVERY;
        if every < least || every > most {
            return Err(wrong(format!("every: {every:#} is not from 5 minutes to a week: feeds are others' machines")));
        }
        if self.feeds.is_empty() || self.feeds.len() > MOST {
            return Err(wrong(format!("feeds: name one to {MOST} feeds to watch")));
        }
        if self.terms.is_empty() || self.terms.len() > MOST {
            return Err(wrong(format!("terms: name one to {MOST}, or leave them out")));
        }
        if let Some(term) = self.terms.iter().find(|term| !is_short_and_shown(term)) {
            return Err(wrong(format!("terms: {term:?} is empty, too long or holds what cannot be seen")));
        }
        let allowed = AllowList::parse(&self.allow).map_err(|error| wrong(format!("allow: {error}")))?;
        let mut names = HashSet::new();
        let feeds = self.feeds.iter().map(|feed| {
            let name = &feed.name;
            if !is_short_and_shown(name) || !names.insert(name) {
                return Err(wrong(format!("feeds: the name {name:?} is empty, too long, or twice there")));
            }
            let target = Target::parse(&feed.url).map_err(|error| wrong(format!("feeds: {name}: {error}")))?;
            Ok(Feed { name: name.clone(), target, of: super::drafts::digest(&[&feed.url]) })
        });
        Ok(Settings {
            feeds: feeds.collect::<Result<_, _>>()?,
            every: every.unsigned_abs(),
            allowed,
            terms: self.terms.clone(),
            contact: self.contact.clone(),
        })
    }
}

fn is_short_and_shown(text: &str) -> bool {
    !text.is_empty() && text.len() <= MOST_BYTES && super::plain(text, MOST_BYTES) == text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settle(text: &str) -> Result<Settings, String> {
        let section: PivotsSection = toml::from_str(text).map_err(|error| error.to_string())?;
        section.settle().map_err(|error| error.to_string())
    }

    const FEED: &str = "feeds = [{ name = \"wire\", url = \"https://example.org/feed.xml\" }]\n";

    #[test]
    fn half_an_hour_and_the_terms_unless_told_otherwise() {
        let found = settle(FEED).unwrap();
        assert_eq!((found.every, found.terms.len(), found.feeds.len()), (Duration::from_secs(1_800), TERMS.len(), 1));
        assert_eq!(found.allowed, AllowList::default());
        assert_eq!(settle(&format!("{FEED}every = \"2h 30m\"")).unwrap().every, Duration::from_secs(9_000));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, what) in [
            ("", "pivots.feeds"),
            ("feeds = [{ name = \"a\", url = \"https://u:p@example.org/\" }]", "password"),
            ("feeds = [{ name = \"a\", url = \"file:///etc/passwd\" }]", "http://"),
            ("feeds = [{ name = \"\", url = \"https://example.org/\" }]", "name"),
            ("feeds = [{ name = \"\\u001b[31m\", url = \"https://example.org/\" }]", "name"),
            ("feeds = [{ name = \"a\", url = \"http://a\" }, { name = \"a\", url = \"http://b\" }]", "twice"),
            ("feeds = [{ name = \"a\", link = \"http://a\" }]", "link"),
            (&format!("{FEED}every = \"10s\""), "5 minutes"),
            (&format!("{FEED}every = \"-1h\""), "5 minutes"),
            (&format!("{FEED}every = \"1 year\""), "every"),
            (&format!("{FEED}every = \"often\""), "often"),
            (&format!("{FEED}terms = []"), "terms"),
            (&format!("{FEED}terms = [\"\"]"), "terms"),
            (&format!("{FEED}allow = [\"10.0.0.0/99\"]"), "10.0.0.0/99"),
        ] {
            let error = settle(text).unwrap_err();
            assert!(error.contains(what) && !error.contains("u:p@") && !error.contains('\u{1b}'), "{text}: {error}");
        }
    }
}

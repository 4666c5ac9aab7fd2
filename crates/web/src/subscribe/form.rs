//! What a subscriber chooses, as a form sends it and an address holds it: the least level of each rule, whom it is to be about, and
//! where to.

use hashwatch_alerts::{Filter, Rule, Rules, words};
use hashwatch_delivery::{Channel, ChannelKind, Format};

use crate::{
    alerts::{subject_of, subject_text},
    error::WebError,
    params::Params,
    state::WebState,
};

/// Subjects that one wish may name.
const MOST_SUBJECTS: usize = 64;

/// What is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    /// By the order of the rules: the lowest level of interest, none for a rule that is not wanted.
    levels: [Option<u8>; Rule::ALL.len()],
    /// Kinds and ids; empty for all.
    pub(super) subjects: Vec<(String, String)>,
    pub(super) channel: ChannelKind,
}

/// A rule in the form.
pub(super) struct RuleChoice {
    pub(super) key: &'static str,
    pub(super) name: &'static str,
    pub(super) says: &'static str,
    pub(super) levels: Vec<Choice>,
}

/// Subjects of a kind in the form.
pub(super) struct Subjects {
    pub(super) label: &'static str,
    /// How many are chosen.
    pub(super) chosen: usize,
    pub(super) choices: Vec<Choice>,
}

/// One of several.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) chosen: bool,
}

impl Settings {
    /// Everything, by a mail at once.
    pub(super) fn usual(rules: &Rules) -> Settings {
        let level = |rule: Rule| rules.of(rule).enabled.then_some(1);
        Settings { levels: Rule::ALL.map(level), subjects: Vec::new(), channel: ChannelKind::Mail }
    }

    /// As an address or a form has it; the usual ones where it says nothing of them.
    pub(super) fn read(params: &mut Params, rules: &Rules) -> Result<Settings, WebError> {
        let mut levels = [None; Rule::ALL.len()];
        let mut said = false;
        for (place, rule) in levels.iter_mut().zip(Rule::ALL) {
            let Some(text) = params.take::<String>(rule.key())? else { continue };
            said = true;
            let most = rules.levels(rule);
            let level = text.parse::<u8>().ok().filter(|level| text == level.to_string() && (0..=most).contains(level));
            let reason = format!("a level from 1 to {most}, or 0 for none");
            let level = level.ok_or(WebError::BadValue { name: rule.key(), reason })?;
            *place = (level > 0).then_some(level);
        }
        let mut subjects = Vec::new();
        for text in params.list("subject").into_iter().filter(|text| !text.is_empty()) {
            let subject = subject_of(&text)?;
            if !subjects.contains(&subject) {
                subjects.push(subject);
            }
        }
        if subjects.len() > MOST_SUBJECTS {
            return Err(WebError::BadValue { name: "subject", reason: format!("{MOST_SUBJECTS} at most") });
        }
        let channel = params.word_of("channel", &ChannelKind::ALL.map(ChannelKind::name))?;
        let channel = channel.and_then(ChannelKind::from_name).unwrap_or(ChannelKind::Mail);
        let usual = Settings::usual(rules);
        Ok(Settings { levels: if said { levels } else { usual.levels }, subjects, channel })
    }

    /// What a filter that is kept chooses.
    pub(super) fn of(filter: &Filter, channel: ChannelKind) -> Settings {
        let level = |rule: Rule| {
            let wanted = filter.rules.is_empty() || filter.rules.iter().any(|key| key == rule.key());
            wanted.then(|| filter.least_level.get(rule.key()).copied().unwrap_or(1).max(1))
        };
        Settings { levels: Rule::ALL.map(level), subjects: filter.subjects.clone(), channel }
    }

    /// Whether anything at all is wanted.
    pub(super) fn wants_nothing(&self) -> bool {
        self.levels.iter().all(Option::is_none)
    }

    /// As delivery keeps it. Where nothing is wanted it is a filter that nothing passes.
    pub(super) fn filter(&self) -> Filter {
        let wanted = || Rule::ALL.into_iter().zip(self.levels).filter_map(|(rule, level)| Some((rule, level?)));
        let mut rules: Vec<String> = wanted().map(|(rule, _)| rule.key().to_owned()).collect();
        if rules.is_empty() {
            rules.push("none".to_owned());
        }
        let least_level =
            wanted().filter(|(_, level)| *level > 1).map(|(rule, level)| (rule.key().to_owned(), level)).collect();
        Filter { rules, subjects: self.subjects.clone(), least_level }
    }

    /// The channel with its target.
    pub(super) fn channel(&self, url: String) -> Channel {
        match self.channel {
            ChannelKind::Mail => Channel::Mail,
            ChannelKind::Digest => Channel::Digest,
            ChannelKind::Webhook(format) => Channel::Webhook { url, format },
        }
    }

    /// As it stands in an address.
    pub(super) fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (rule, level) in Rule::ALL.into_iter().zip(self.levels) {
            query.append_pair(rule.key(), &level.unwrap_or(0).to_string());
        }
        for (kind, id) in &self.subjects {
            query.append_pair("subject", &subject_text(kind, id));
        }
        query.append_pair("channel", self.channel.name());
        query.finish()
    }

    /// Rules as the form offers them; those that are off here are not offered.
    pub(super) fn rules(&self, rules: &Rules) -> Vec<RuleChoice> {
        let all = Rule::ALL.into_iter().zip(self.levels);
        let offered = all.filter(|(rule, level)| rules.of(*rule).enabled || level.is_some());
        offered
            .map(|(rule, level)| RuleChoice {
                key: rule.key(),
                name: rule.name(),
                says: rule.says(),
                levels: levels_of(rules, rule, level),
            })
            .collect()
    }

    /// Subjects as the form offers them, kind by kind.
    pub(super) fn subjects(&self, state: &WebState) -> Vec<Subjects> {
        let who = &state.registry;
        let named = |id: &str, name: &str| (id.to_owned(), name.to_owned());
        let of = |kind: &'static str, label: &'static str, all: Vec<(String, String)>| self.of_kind(kind, label, all);
        let mut offered = vec![
            of("group", "Groups of pools", who.groups().iter().map(|it| named(&it.slug, &it.name)).collect()),
            of("owner", "Owners", who.owners().iter().map(|it| named(&it.slug, &it.name)).collect()),
            of("pool", "Pools", who.pools().iter().map(|it| named(&it.slug, &it.name)).collect()),
            of("miner", "Listed miners", who.miners().iter().map(|it| named(&it.slug, &it.name)).collect()),
            of("network", "The network", vec![(String::new(), "The network as a whole".to_owned())]),
        ];
        // one that the registry does not have stays chosen
        let known = |value: &str| offered.iter().any(|it| it.choices.iter().any(|choice| choice.value == value));
        let others = self.subjects.iter().map(|(kind, id)| subject_text(kind, id)).filter(|value| !known(value));
        let others: Vec<Choice> =
            others.map(|value| Choice { label: words::clean(&value), value, chosen: true }).collect();
        offered.push(Subjects { label: "Others", chosen: others.len(), choices: others });
        offered.retain(|it| !it.choices.is_empty());
        offered
    }

    fn of_kind(&self, kind: &'static str, label: &'static str, mut all: Vec<(String, String)>) -> Subjects {
        let is_chosen = |id: &str| self.subjects.iter().any(|(k, i)| k == kind && i == id);
        // what is chosen comes first: the list may be long
        all.sort_by_key(|(id, name)| (!is_chosen(id), name.to_lowercase()));
        let choice =
            |(id, label): (String, String)| Choice { value: subject_text(kind, &id), chosen: is_chosen(&id), label };
        let choices: Vec<Choice> = all.into_iter().map(choice).collect();
        Subjects { label, chosen: choices.iter().filter(|it| it.chosen).count(), choices }
    }

    /// Channels as the form offers them.
    pub(super) fn channels(&self) -> Vec<Choice> {
        let choice = |kind: ChannelKind| Choice {
            value: kind.name().to_owned(),
            label: channel_words(kind).to_owned(),
            chosen: kind == self.channel,
        };
        ChannelKind::ALL.map(choice).into()
    }
}

fn levels_of(rules: &Rules, rule: Rule, chosen: Option<u8>) -> Vec<Choice> {
    let most = rules.levels(rule);
    let label = |level: u8| match (level, rules.threshold(rule, level)) {
        (0, _) => "not at all".to_owned(),
        (1, None) => "whenever it holds".to_owned(),
        (level, Some(mark)) => format!("from level {level}: {}", words::threshold(rule, mark)),
        (level, None) => format!("from level {level}"),
    };
    let choice = |level: u8| Choice {
        value: level.to_string(),
        label: label(level),
        chosen: chosen.map_or(0, |chosen| chosen.min(most)) == level,
    };
    (0..=most).map(choice).collect()
}

/// What a channel is, for people.
pub(super) fn channel_words(kind: ChannelKind) -> &'static str {
    match kind {
        ChannelKind::Mail => "a mail for each, at once",
        ChannelKind::Digest => "one mail a day",
        ChannelKind::Webhook(Format::Json) => "a webhook with signed JSON",
        ChannelKind::Webhook(Format::Slack) => "a webhook of Slack",
        ChannelKind::Webhook(Format::Discord) => "a webhook of Discord",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Settings, WebError> {
        let mut params = Params::of_body("/subscribe", query.as_bytes());
        let settings = Settings::read(&mut params, &Rules::default())?;
        params.finish().map(|()| settings)
    }

    #[test]
    fn what_is_chosen_is_a_filter_and_an_address() {
        let chosen = read("share=2&nakamoto=1&hhi=0&subject=pool%3Aa&subject=network&subject=&channel=digest").unwrap();
        let filter = chosen.filter();
        assert_eq!(filter.rules, ["share", "nakamoto"]);
        assert_eq!(filter.least_level, [("share".to_owned(), 2)].into());
        assert_eq!(filter.subjects, [("pool".to_owned(), "a".to_owned()), ("network".to_owned(), String::new())]);
        assert_eq!(read(&chosen.query()).unwrap(), chosen, "{}", chosen.query());
        assert_eq!(Settings::of(&filter, ChannelKind::Digest), chosen);
    }

    #[test]
    fn without_a_word_it_is_everything_that_is_on() {
        let usual = read("").unwrap();
        assert_eq!(usual, Settings::usual(&Rules::default()));
        let filter = usual.filter();
        assert!(filter.rules.contains(&"share".to_owned()) && !filter.rules.contains(&"attack_cost".to_owned()));
        assert!(filter.least_level.is_empty());
    }

    #[test]
    fn nothing_is_not_everything() {
        let nothing = read("share=0").unwrap();
        assert!(nothing.wants_nothing());
        assert_eq!(nothing.filter().rules, ["none"]);
    }

    #[test]
    fn bad_choices_are_named() {
        for wrong in
            ["share=4", "share=-1", "share=01", "share=x", "subject=x", "channel=fax", "wat=1", "share=1&share=2"]
        {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        let many = (0..65).map(|n| format!("subject=pool%3Ap{n}")).collect::<Vec<_>>().join("&");
        assert!(matches!(read(&many), Err(WebError::BadValue { name: "subject", .. })));
    }
}

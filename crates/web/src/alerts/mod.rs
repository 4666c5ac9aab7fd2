//! What is raised, and what was: the pages `/alerts` and `/alerts/{id}`, their JSON and CSV, feeds, and the stream of notices as they
//! are said. What a notice says is in the store; its words are those of the alerts crate.

pub(crate) mod answer;
pub(crate) mod feed;
pub(crate) mod fields;
pub(crate) mod one;
pub(crate) mod one_page;
pub(crate) mod page;
pub(crate) mod rows;
pub(crate) mod stream;
mod written;

use std::{net::IpAddr, sync::Arc};

use hashwatch_alerts::{Rule, Rules};
use hashwatch_delivery::Subscribers;
use hashwatch_model::Notice;
use hashwatch_store::{KeptNotice, NoticeFilter, NoticesMark};
use tokio::sync::watch;

use crate::{error::WebError, params::Params, state::WebState};

/// Kinds of subjects, in the order in which they are listed.
pub(crate) const KINDS: [&str; 6] = ["pool", "group", "owner", "miner", "node", "network"];

/// What pages and streams need to know of alerts beside the store.
#[derive(Clone)]
pub struct Alerts {
    /// How far saying has come, as it goes on; one that never changes tells nobody of anything new.
    pub notices: watch::Receiver<NoticesMark>,
    /// How rules are set.
    pub rules: Arc<Rules>,
    /// How many streams may be open.
    pub streams: StreamLimits,
    /// Where subscriptions are kept; none where nobody can subscribe, and nobody has.
    pub subscriptions: Option<Subscriptions>,
    /// Where the site is known to others, as `https://hashes.example`, without a slash at the end; links in feeds need it. Else they
    /// are made by the address that a visitor asks.
    pub site: Option<String>,
    /// Addresses of proxies whose word counts for where a visitor comes from.
    pub proxies: Vec<IpAddr>,
}

/// Subscriptions, and whether visitors may ask for one. Those that there are can be managed and ended in any case.
#[derive(Clone)]
pub struct Subscriptions {
    /// Where they are kept.
    pub subscribers: Subscribers,
    /// Whether anybody may subscribe.
    pub public: bool,
}

/// How many streams of notices may be open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamLimits {
    /// In all.
    pub most: usize,
    /// For one visitor: an address, or a /64 of IPv6.
    pub most_each: usize,
}

impl Default for StreamLimits {
    fn default() -> StreamLimits {
        StreamLimits { most: 5_000, most_each: 20 }
    }
}

impl Default for Alerts {
    fn default() -> Alerts {
        let (_, notices) = watch::channel(NoticesMark::default());
        Alerts {
            notices,
            rules: Arc::default(),
            streams: StreamLimits::default(),
            subscriptions: None,
            site: None,
            proxies: Vec::new(),
        }
    }
}

/// Which notices are asked for. What is left out is no bound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) rule: Option<Rule>,
    /// Kind and id.
    pub(crate) subject: Option<(String, String)>,
}

impl Wanted {
    /// `rule` and `subject`.
    pub(crate) fn read(params: &mut Params) -> Result<Wanted, WebError> {
        let rule = params.word_of("rule", &Rule::ALL.map(Rule::key))?;
        if let Some(rule) = rule {
            params.asked("rule", &rule);
        }
        let subject = params.part::<String>("subject")?.map(|text| subject_of(&text)).transpose()?;
        Ok(Wanted { rule: rule.and_then(Rule::from_key), subject })
    }

    pub(crate) fn filter(&self, before: u64, up_to: u32, limit: u32) -> NoticeFilter {
        let rule = self.rule.map(|rule| rule.key().to_owned());
        NoticeFilter { before, up_to, limit, rule, subject: self.subject.clone() }
    }

    /// Whether a notice is asked for.
    fn takes(&self, notice: &Notice) -> bool {
        let of = |(kind, id): &(String, String)| *kind == notice.subject.kind && *id == notice.subject.id;
        self.rule.is_none_or(|rule| rule.key() == notice.rule) && self.subject.as_ref().is_none_or(of)
    }

    /// As it stands in a query, ready for more to follow.
    pub(crate) fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(rule) = self.rule {
            query.append_pair("rule", rule.key());
        }
        if let Some((kind, id)) = &self.subject {
            query.append_pair("subject", &subject_text(kind, id));
        }
        let query = query.finish();
        if query.is_empty() { query } else { query + "&" }
    }
}

/// `pool:antpool`, and `network`.
pub(crate) fn subject_text(kind: &str, id: &str) -> String {
    if kind == "network" { kind.to_owned() } else { format!("{kind}:{id}") }
}

/// The inverse.
pub(crate) fn subject_of(text: &str) -> Result<(String, String), WebError> {
    let (kind, id) = text.split_once(':').unwrap_or((text, ""));
    let known = KINDS.contains(&kind) && id.is_empty() == (kind == "network") && id.len() <= 200;
    let reason = "network, or a kind (pool, group, owner, miner, node), a colon and an id: pool:antpool".to_owned();
    if known { Ok((kind.to_owned(), id.to_owned())) } else { Err(WebError::BadValue { name: "subject", reason }) }
}

/// The page of a notice's alert.
pub(crate) fn page_of(notice: &Notice) -> String {
    format!("/alerts/{}", notice.alert)
}

/// Alerts that are raised, each with all its notices, the gravest first: the highest level, then the order of the rules, then the one
/// that was raised last. As of blocks up to a height.
pub(crate) async fn raised(state: &WebState, wanted: &Wanted, up_to: u32) -> Result<Vec<Vec<KeptNotice>>, WebError> {
    let mut found = state.store.notices_open(up_to).await?;
    found.retain(|alert| alert.last().is_some_and(|it| wanted.takes(&it.notice)));
    found.sort_by_key(|alert| grave(alert));
    Ok(found)
}

/// Less is graver.
fn grave(alert: &[KeptNotice]) -> (std::cmp::Reverse<u8>, usize, std::cmp::Reverse<u64>) {
    let (first, last) = (&alert[0].notice, &alert[alert.len() - 1].notice);
    let place = Rule::ALL.iter().position(|rule| rule.key() == last.rule).unwrap_or(Rule::ALL.len());
    (std::cmp::Reverse(last.level), place, std::cmp::Reverse(first.seq))
}

#[cfg(test)]
pub(crate) mod tests {
    use hashwatch_model::{AlertId, BlockId, Change, Measure, RegistryVersion, Subject};

    use super::*;

    /// A notice of the rule `share`, as of block 800,000 and its number.
    pub(crate) fn kept(seq: u64, alert: u64, (from_level, level): (u8, u8)) -> KeptNotice {
        let height = 800_000 + u32::try_from(seq).unwrap();
        let share = Measure::new("share", "share", 0.419, Some((0.398, 0.441)));
        let notice = Notice {
            seq,
            alert: AlertId(alert),
            rule: "share".to_owned(),
            subject: Subject { kind: "pool".to_owned(), id: "antpool".to_owned(), name: "AntPool".to_owned() },
            change: Change::between(from_level, level).unwrap(),
            from_level,
            level,
            threshold: 0.4,
            threshold_now: None,
            block: BlockId { height, hash: format!("{height:064x}").parse().unwrap() },
            time: 1_700_000_000 + u32::try_from(seq).unwrap() * 600,
            measures: vec![share],
            registry: RegistryVersion("0123456789abcdef".to_owned()),
            said_at: 1_700_000_000_000 + seq * 600_000,
            historic: false,
            first_said_of: None,
        };
        KeptNotice { notice, restated_at: None }
    }

    fn asked(query: &str) -> Result<Wanted, WebError> {
        Wanted::read(&mut Params::of(&format!("/alerts?{query}").parse().unwrap()))
    }

    #[test]
    fn subjects_are_a_kind_and_an_id() {
        let wanted = asked("rule=share&subject=pool%3Aantpool").unwrap();
        assert_eq!(wanted.subject, Some(("pool".to_owned(), "antpool".to_owned())));
        assert_eq!(wanted.query(), "rule=share&subject=pool%3Aantpool&");
        assert!(
            wanted.takes(&kept(1, 1, (0, 1)).notice) && !asked("rule=hhi").unwrap().takes(&kept(1, 1, (0, 1)).notice)
        );
        assert_eq!(asked("subject=network").unwrap().subject, Some(("network".to_owned(), String::new())));
        assert_eq!(asked("subject=node%3Aa%3Ab").unwrap().subject, Some(("node".to_owned(), "a:b".to_owned())));
        for wrong in
            ["subject=pool", "subject=pool%3A", "subject=network%3Ax", "subject=x%3Ay", "rule=shares", "subject="]
        {
            assert!(matches!(asked(wrong), Err(WebError::BadValue { .. })), "{wrong}");
        }
    }

    #[test]
    fn the_highest_level_is_gravest_and_then_the_order_of_the_rules() {
        let mut hhi = kept(3, 3, (0, 1));
        hhi.notice.rule = "hhi".to_owned();
        let mut found = [vec![hhi], vec![kept(1, 1, (0, 1))], vec![kept(2, 2, (0, 1)), kept(4, 2, (1, 2))]];
        found.sort_by_key(|alert| grave(alert));
        assert_eq!(found.iter().map(|alert| alert[0].notice.alert.0).collect::<Vec<_>>(), [2, 1, 3]);
    }
}

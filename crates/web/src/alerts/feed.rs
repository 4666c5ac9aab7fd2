//! Feeds of notices: `/feeds/alerts.atom` and `.rss`, of one rule, and of one subject. Each notice is an entry that keeps its id; one
//! that a reorg moved is the same entry, updated.

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, Uri, header},
    response::{IntoResponse, Response},
};
use hashwatch_alerts::{Rule, words};
use hashwatch_store::KeptNotice;

use super::{
    KINDS, Wanted, subject_text,
    written::{self, Channel},
};
use crate::{error::WebError, params::Params, state::WebState};

/// Entries at most.
const MOST: u32 = 100;

/// A form of feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Feed {
    /// RFC 4287.
    Atom,
    /// RSS 2.0.
    Rss,
}

impl Feed {
    fn of(ending: &str) -> Option<Feed> {
        match ending {
            "atom" => Some(Feed::Atom),
            "rss" => Some(Feed::Rss),
            _ => None,
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Feed::Atom => "application/atom+xml; charset=utf-8",
            Feed::Rss => "application/rss+xml; charset=utf-8",
        }
    }
}

/// The feed of what is asked for, as Atom and as RSS.
pub(crate) fn addresses(wanted: &Wanted) -> [String; 2] {
    let of = match wanted {
        Wanted { subject: Some((kind, id)), .. } => {
            let id = if kind == "network" { kind } else { id };
            let id: String = form_urlencoded::byte_serialize(id.as_bytes()).collect();
            // a plus is a blank in a query alone
            format!("/{kind}/{}", id.replace('+', "%20"))
        }
        Wanted { rule: Some(rule), .. } => format!("/rule/{}", rule.key()),
        _ => String::new(),
    };
    ["atom", "rss"].map(|ending| format!("/feeds/alerts{of}.{ending}"))
}

/// `GET /feeds/alerts.atom`.
pub(crate) async fn all_atom(
    State(state): State<WebState>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, WebError> {
    told(&state, &headers, &uri, Wanted::default(), Feed::Atom).await
}

/// `GET /feeds/alerts.rss`.
pub(crate) async fn all_rss(State(state): State<WebState>, headers: HeaderMap, uri: Uri) -> Result<Response, WebError> {
    told(&state, &headers, &uri, Wanted::default(), Feed::Rss).await
}

/// `GET /feeds/alerts/{kind}/{file}`: of a rule, or of a subject.
pub(crate) async fn some(
    State(state): State<WebState>,
    path: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, WebError> {
    let none = || WebError::NotFound("no such feed; /alerts leads to those that there are".to_owned());
    let Path((kind, file)) = path.map_err(|_| none())?;
    let (name, ending) = file.rsplit_once('.').ok_or_else(none)?;
    let feed = Feed::of(ending).ok_or_else(none)?;
    let wanted = match kind.as_str() {
        "rule" => Wanted { rule: Some(Rule::from_key(name).ok_or_else(none)?), subject: None },
        "network" if name == "network" => Wanted { rule: None, subject: Some((kind, String::new())) },
        "network" => return Err(none()),
        _ if KINDS.contains(&kind.as_str()) && !name.is_empty() && name.len() <= 200 => {
            Wanted { rule: None, subject: Some((kind, name.to_owned())) }
        }
        _ => return Err(none()),
    };
    told(&state, &headers, &uri, wanted, feed).await
}

async fn told(
    state: &WebState,
    headers: &HeaderMap,
    uri: &Uri,
    wanted: Wanted,
    feed: Feed,
) -> Result<Response, WebError> {
    Params::of(uri).finish()?;
    let notices = state.store.notices_page(&wanted.filter(u64::MAX, u32::MAX, MOST)).await?;
    let who = wanted.subject.as_ref().map(|(kind, id)| named(state, &notices, kind, id));
    if let (Some(None), true) = (&who, notices.is_empty()) {
        return Err(WebError::NotFound("nobody is known by this name, and nothing was said of one".to_owned()));
    }
    let title = match (wanted.rule, who.flatten()) {
        (Some(rule), _) => format!("Alerts: {}", rule.name()),
        (None, Some(name)) => format!("Alerts: {name}"),
        (None, None) => "Alerts".to_owned(),
    };
    let [atom, rss] = addresses(&wanted);
    let query = wanted.query();
    let channel = Channel {
        title: format!("{title} · {}", state.origin().network),
        path: if feed == Feed::Atom { atom } else { rss },
        page: if query.is_empty() { "/alerts".to_owned() } else { format!("/alerts?{}", query.trim_end_matches('&')) },
        site: site(state, headers),
        scope: state.origin().start.to_string(),
        notices,
    };
    let bytes = match feed {
        Feed::Atom => written::atom(&channel),
        Feed::Rss => written::rss(&channel),
    };
    let bytes = bytes.map_err(|error| WebError::Draw(error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, feed.content_type())], bytes).into_response())
}

/// What a subject is called: by what was said of it, or by the registry; none where neither knows it.
pub(super) fn named(state: &WebState, notices: &[KeptNotice], kind: &str, id: &str) -> Option<String> {
    if kind == "network" {
        return Some("the whole network".to_owned());
    }
    let said = notices.first().map(|it| words::clean(&it.notice.subject.name)).filter(|name| !name.is_empty());
    let known = || match kind {
        "pool" => state.registry.pool(id).map(|pool| pool.name.clone()),
        "group" => state.registry.groups().iter().find(|it| it.slug == id).map(|it| it.name.clone()),
        "owner" => state.registry.owners().iter().find(|it| it.slug == id).map(|it| it.name.clone()),
        "miner" => state.registry.miners().iter().find(|it| it.slug == id).map(|it| it.name.clone()),
        _ => None,
    };
    said.or_else(known).or_else(|| (!notices.is_empty()).then(|| subject_text(kind, id)))
}

/// Where the site is known to others: as the operator says, else by the name that it was asked by, if that can be one.
pub(super) fn site(state: &WebState, headers: &HeaderMap) -> String {
    if let Some(site) = &state.alerts.site {
        return site.clone();
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let sound = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    let host = if !host.is_empty() && host.len() <= 255 && host.bytes().all(sound) { host } else { "localhost" };
    format!("http://{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feeds_have_addresses() {
        let of = |rule, subject: Option<(&str, &str)>| {
            let subject = subject.map(|(kind, id)| (kind.to_owned(), id.to_owned()));
            addresses(&Wanted { rule, subject })[1].clone()
        };
        assert_eq!(of(None, None), "/feeds/alerts.rss");
        assert_eq!(of(Some(Rule::HhiRise), None), "/feeds/alerts/rule/hhi_rise.rss");
        assert_eq!(of(None, Some(("pool", "antpool"))), "/feeds/alerts/pool/antpool.rss");
        assert_eq!(of(None, Some(("network", ""))), "/feeds/alerts/network/network.rss");
        assert_eq!(of(None, Some(("node", "a b/../<"))), "/feeds/alerts/node/a%20b%2F..%2F%3C.rss");
    }
}

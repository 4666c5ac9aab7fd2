//! How the site is known to others, and how many may listen to it: `[site]`.

use std::{net::IpAddr, sync::Arc};

use hashwatch_alerts::Rules;
use hashwatch_store::NoticesMark;
use hashwatch_web::{Alerts, StreamLimits, Subscriptions};
use serde::Deserialize;
use tokio::sync::watch;
use url::Url;

use crate::{BadUsage, files::open_files};

/// Files that are open beside the connections of visitors.
const OTHER_FILES: u64 = 4_096;

/// `[site]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SiteSection {
    /// Where others reach it.
    pub(crate) url: Option<String>,
    /// Proxies in front of it.
    pub(crate) proxies: Vec<IpAddr>,
    /// Streams of notices open at once.
    pub(crate) streams: usize,
    /// The same for one visitor.
    pub(crate) streams_per_visitor: usize,
}

impl Default for SiteSection {
    fn default() -> Self {
        let StreamLimits { most, most_each } = StreamLimits::default();
        SiteSection { url: None, proxies: Vec::new(), streams: most, streams_per_visitor: most_each }
    }
}

impl SiteSection {
    /// The address without a slash at its end; one that cannot be one is refused.
    pub(crate) fn address(&self) -> Result<Option<String>, BadUsage> {
        let Some(text) = &self.url else { return Ok(None) };
        let sound = |url: &Url| {
            matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.path() == "/"
                && url.query().is_none()
                && url.fragment().is_none()
                && url.username().is_empty()
                && url.password().is_none()
        };
        let refuse = || {
            BadUsage("site.url: the scheme and the host by which others reach it, as https://hashes.example".to_owned())
        };
        let url = Url::parse(text).ok().filter(sound).ok_or_else(refuse)?;
        Ok(Some(url.as_str().trim_end_matches('/').to_owned()))
    }

    /// What the pages need to know of alerts.
    pub(crate) fn alerts(
        &self,
        notices: watch::Receiver<NoticesMark>,
        rules: Arc<Rules>,
        subscriptions: Option<Subscriptions>,
    ) -> Result<Alerts, BadUsage> {
        let (most, most_each) = (self.streams, self.streams_per_visitor);
        let wanted = most as u64 + OTHER_FILES;
        let files = open_files(wanted);
        if files < wanted {
            tracing::warn!("this system lets us have {files} files open, which is less than {most} streams need");
        }
        Ok(Alerts {
            notices,
            rules,
            subscriptions,
            streams: StreamLimits { most, most_each },
            site: self.address()?,
            proxies: self.proxies.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_scheme_and_a_host() {
        let of = |text: &str| SiteSection { url: Some(text.to_owned()), ..SiteSection::default() }.address();
        assert_eq!(of("https://hashes.example/").unwrap().as_deref(), Some("https://hashes.example"));
        assert_eq!(of("http://[::1]:8480").unwrap().as_deref(), Some("http://[::1]:8480"));
        for wrong in
            ["hashes.example", "ftp://a", "https://a/b", "https://a?b", "https://u:p@a", "https://", "javascript:x"]
        {
            assert!(of(wrong).is_err(), "{wrong}");
        }
        assert_eq!(SiteSection::default().address().unwrap(), None);
    }
}

//! What of the section `[alerts]` is about subscribers: mail, webhooks, who may subscribe. The rules are alerts' own.

use std::path::{Path, PathBuf};

use hashwatch_alerts::Rules;
use hashwatch_delivery::{Limits, MailSettings, Policy, Security, Senders, Subscribers, Tuning, WEBHOOK_LIMITS};
use hashwatch_outbound::{AllowList, Client, OutboundError};
use hashwatch_web::Subscriptions;
use serde::Deserialize;

use crate::{BadUsage, files::open_files};

/// User at the mail server.
const SMTP_USER: &str = "HASHWATCH_SMTP_USER";
/// Password at the mail server.
const SMTP_PASSWORD: &str = "HASHWATCH_SMTP_PASSWORD";

/// Files that are asked for.
const MOST_FILES: u64 = 16_384;

/// The section `[alerts]`, as an operator writes it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct AlertsSection {
    key_file: Option<PathBuf>,
    mail: Option<MailSection>,
    webhooks: WebhooksSection,
    subscriptions: SubscriptionsSection,
    /// Whatever else stands in it.
    #[serde(flatten)]
    pub(crate) rules: Rules,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MailSection {
    host: String,
    port: Option<u16>,
    #[serde(default)]
    security: SecurityName,
    authority: Option<PathBuf>,
    from: String,
    reply_to: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SecurityName {
    #[default]
    StartTls,
    Tls,
    None,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WebhooksSection {
    allow: Vec<String>,
    contact: Option<String>,
    per_host: usize,
}

impl Default for WebhooksSection {
    fn default() -> Self {
        WebhooksSection { allow: Vec::new(), contact: None, per_host: Limits::default().per_host }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SubscriptionsSection {
    public: bool,
    digest_hour: u8,
    requests_per_source_hour: usize,
    requests_per_network_hour: usize,
    confirmations_per_hour: u64,
    confirmations_per_domain_day: u64,
    confirmations_per_address_day: u64,
    subscriptions_per_address: u64,
    mails_per_address_day: usize,
    pending: u64,
}

impl Default for SubscriptionsSection {
    fn default() -> Self {
        let limits = Limits::default();
        SubscriptionsSection {
            public: true,
            digest_hour: Tuning::default().digest_hour,
            requests_per_source_hour: limits.requests_per_source_hour,
            requests_per_network_hour: limits.requests_per_network_hour,
            confirmations_per_hour: limits.confirmations_per_hour,
            confirmations_per_domain_day: limits.confirmations_per_domain_day,
            confirmations_per_address_day: limits.confirmations_per_address_day,
            subscriptions_per_address: limits.subscriptions_per_address,
            mails_per_address_day: limits.mails_per_address_day,
            pending: limits.pending,
        }
    }
}

/// The section but for its rules.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    site: Option<String>,
    key_file: Option<PathBuf>,
    mail: Option<MailSection>,
    webhooks: WebhooksSection,
    subscriptions: SubscriptionsSection,
}

impl AlertsSection {
    /// What of it is for subscribers, and the rules.
    /// `site` is where others reach the pages.
    pub(crate) fn settle(self, site: Option<String>) -> Result<(Settings, Rules), BadUsage> {
        let AlertsSection { key_file, mail, webhooks, subscriptions, rules } = self;
        if subscriptions.digest_hour > 23 {
            return Err(BadUsage("alerts.subscriptions.digest_hour is from 0 to 23".to_owned()));
        }
        if mail.is_some() && site.is_none() {
            return Err(BadUsage("alerts.mail needs site.url: the links in a mail begin with it".to_owned()));
        }
        Ok((Settings { site, key_file, mail, webhooks, subscriptions }, rules))
    }
}

impl Settings {
    /// Whether anybody can be written to. Without it nothing can be confirmed, and so nothing is subscribed to.
    pub(crate) fn is_set(&self) -> bool {
        self.mail.is_some()
    }

    /// Where the key lies: beside the data directory, not in it, so that a copy of the store alone tells nothing of subscribers.
    pub(crate) fn key_file(&self, data_dir: &Path) -> PathBuf {
        let beside = || {
            let mut name = data_dir.file_name().unwrap_or_default().to_owned();
            name.push(".subscribers.key");
            data_dir.with_file_name(name)
        };
        self.key_file.clone().unwrap_or_else(beside)
    }

    pub(crate) fn policy(&self) -> Result<Policy, BadUsage> {
        let it = &self.subscriptions;
        let limits = Limits {
            requests_per_source_hour: it.requests_per_source_hour,
            requests_per_network_hour: it.requests_per_network_hour,
            confirmations_per_hour: it.confirmations_per_hour,
            confirmations_per_domain_day: it.confirmations_per_domain_day,
            confirmations_per_address_day: it.confirmations_per_address_day,
            subscriptions_per_address: it.subscriptions_per_address,
            mails_per_address_day: it.mails_per_address_day,
            pending: it.pending,
            per_host: self.webhooks.per_host,
        };
        Ok(Policy { public: it.public && self.is_set(), allowed: self.allowed()?, limits })
    }

    /// What the pages have of subscribers.
    pub(crate) fn pages(&self, subscribers: Subscribers) -> Subscriptions {
        Subscriptions { subscribers, public: self.subscriptions.public }
    }

    /// Each request under way holds a file open: as many as this process may have, less what all else needs.
    pub(crate) fn tuning(&self) -> Tuning {
        let (usual, files) = (Tuning::default(), usize::try_from(open_files(MOST_FILES)).unwrap_or(usize::MAX));
        let second_lane = usual.second_lane.min(files.saturating_sub(usual.first_lane) / 2).max(1);
        Tuning { digest_hour: self.subscriptions.digest_hour, second_lane, ..usual }
    }

    pub(crate) fn senders(&self) -> anyhow::Result<Senders> {
        let client = match Client::new(self.allowed()?, WEBHOOK_LIMITS, self.webhooks.contact.as_deref()) {
            Err(error @ OutboundError::Agent) => Err(BadUsage(format!("alerts.webhooks.contact: {error}"))),
            client => Ok(client?),
        };
        let mail = self.mail.as_ref().map(mail_settings);
        let base = self.site.as_deref().unwrap_or_default();
        Ok(Senders::new(client?, mail.as_ref(), base).map_err(|error| BadUsage(error.to_string()))?)
    }

    fn allowed(&self) -> Result<AllowList, BadUsage> {
        AllowList::parse(&self.webhooks.allow).map_err(|error| BadUsage(format!("alerts.webhooks.allow: {error}")))
    }
}

fn mail_settings(section: &MailSection) -> MailSettings {
    let login = std::env::var(SMTP_USER).ok().zip(std::env::var(SMTP_PASSWORD).ok());
    MailSettings {
        host: section.host.clone(),
        port: section.port,
        security: match section.security {
            SecurityName::StartTls => Security::StartTls,
            SecurityName::Tls => Security::Tls,
            SecurityName::None => Security::None,
        },
        login,
        authority: section.authority.clone(),
        from: section.from.clone(),
        reply_to: section.reply_to.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settle(text: &str) -> Result<(Settings, Rules), String> {
        let section: AlertsSection = toml::from_str(text).map_err(|error| error.to_string())?;
        section.settle(Some("https://a.example".to_owned())).map_err(|error| error.to_string())
    }

    #[test]
    fn rules_and_subscribers_share_a_section() {
        let (settings, rules) = settle("warn_within_hours = 5\nkey_file = \"k\"\n[share]\nwindow = 1000").unwrap();
        assert_eq!(rules.warn_within_hours, 5);
        assert_eq!(settings.key_file(Path::new("data/mainnet")), Path::new("k"));
        assert!(!settings.is_set() && !settings.policy().unwrap().public, "nobody can confirm without mail");
        let (settings, rules) = settle("").unwrap();
        assert_eq!(rules, Rules::default());
        assert_eq!(settings.key_file(Path::new("data/mainnet")), Path::new("data/mainnet.subscribers.key"));
        for (text, what) in [
            ("nothing = 1", "nothing"),
            ("[mial]\nhost = \"x\"", "mial"),
            ("[mail]\nhost = \"x\"\nfrom = \"a@b.example\"\npassword = \"x\"", "password"),
            ("[subscriptions]\ndigest_hour = 24", "digest_hour"),
            ("[attack_cost]\nenabled = true", "attack_cost: levels"),
            ("[subscriptions]\nopen = true", "open"),
            ("[webhooks]\nallowed = []", "allowed"),
        ] {
            let error = settle(text).map(|_| ()).unwrap_err();
            assert!(error.contains(what), "{text}: {error}");
        }
    }

    #[test]
    fn what_cannot_be_is_told_at_the_start() {
        let mail = |line: &str| format!("[mail]\nhost = \"mail.example.org\"\nfrom = \"a@b.example\"\n{line}");
        let senders = |text: &str| settle(text).unwrap().0.senders().map(|_| ()).map_err(|error| error.to_string());
        assert_eq!(senders(&mail("")), Ok(()));
        assert!(senders(&mail("security = \"none\"")).unwrap_err().contains("localhost"));
        assert!(senders(&mail("reply_to = \"x\"")).unwrap_err().contains("reply_to"));
        assert!(senders(&mail("authority = \"/nowhere\"")).unwrap_err().contains("/nowhere"));
        let section: AlertsSection = toml::from_str(&mail("")).unwrap();
        assert!(section.settle(None).map(|_| ()).unwrap_err().to_string().contains("site.url"));
        let (settings, _) = settle("[webhooks]\nallow = [\"10.1\"]").unwrap();
        assert!(settings.policy().is_err() && settings.senders().is_err());
    }
}

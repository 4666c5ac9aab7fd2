//! The ways out.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use hashwatch_outbound::{Client, Limits, OutboundError, Target};

use crate::{
    ChannelKind, DeliveryError, Format, MailSettings, SubscriptionId, failure::Failure, mail::Letterhead,
    mailer::Mailer, message, secrets::Secrets, words::Told,
};

/// What one request to a webhook may cost. An answer's body is of no interest.
pub const WEBHOOK_LIMITS: Limits =
    Limits { connect: Duration::from_secs(5), whole: Duration::from_secs(10), body_bytes: 64 * 1024, redirects: 0 };

/// Mail and webhooks. Clones are one.
#[derive(Clone)]
pub struct Senders {
    client: Arc<Client>,
    mail: Option<Arc<(Mailer, Letterhead)>>,
    base: String,
}

impl Senders {
    /// `base` is the URL of the site, as subscribers reach it; without settings no mail is sent, and so nothing can be confirmed.
    ///
    /// # Errors
    /// Settings that cannot be.
    pub fn new(client: Client, mail: Option<&MailSettings>, base: &str) -> Result<Senders, DeliveryError> {
        let base = base_url(base)?;
        let mail = mail.map(|settings| {
            let (from, reply_to) = settings.mailboxes()?;
            Ok::<_, DeliveryError>(Arc::new((
                Mailer::new(settings)?,
                Letterhead { from, reply_to, base: base.clone() },
            )))
        });
        Ok(Senders { client: Arc::new(client), mail: mail.transpose()?, base })
    }

    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Tells notices under a key; a webhook tells one at a time.
    pub(crate) async fn tell(
        &self,
        channel: ChannelKind,
        key: &str,
        secrets: &Secrets,
        notices: &[Told],
    ) -> Result<(), Failure> {
        match (channel, notices) {
            (ChannelKind::Webhook(format), [told]) => self.post(secrets, key, message::notice(format, told)).await,
            (ChannelKind::Webhook(_), _) => Err(Failure::new("a webhook takes one notice at a time")),
            (ChannelKind::Mail | ChannelKind::Digest, _) => {
                let (mailer, letterhead) = &**self.mail()?;
                mailer.send(letterhead.notices(key, secrets, notices).map_err(made)?).await
            }
        }
    }

    pub(crate) async fn confirmation(&self, id: SubscriptionId, secrets: &Secrets) -> Result<(), Failure> {
        let (mailer, letterhead) = &**self.mail()?;
        mailer.send(letterhead.confirmation(id, secrets).map_err(made)?).await
    }

    pub(crate) async fn welcome(&self, id: SubscriptionId, secrets: &Secrets) -> Result<(), Failure> {
        let (mailer, letterhead) = &**self.mail()?;
        mailer.send(letterhead.welcome(id, secrets).map_err(made)?).await
    }

    /// A test by the way that notices take.
    pub(crate) async fn test(&self, channel: ChannelKind, key: &str, secrets: &Secrets) -> Result<(), Failure> {
        match channel {
            ChannelKind::Webhook(format) => self.test_webhook(format, key, secrets).await,
            ChannelKind::Mail | ChannelKind::Digest => {
                let (mailer, letterhead) = &**self.mail()?;
                mailer.send(letterhead.test(key, secrets).map_err(made)?).await
            }
        }
    }

    async fn test_webhook(&self, format: Format, key: &str, secrets: &Secrets) -> Result<(), Failure> {
        self.post(secrets, key, message::test(format, &self.base)).await
    }

    fn mail(&self) -> Result<&Arc<(Mailer, Letterhead)>, Failure> {
        self.mail.as_ref().ok_or_else(|| Failure::new("no mail server is set (alerts.mail)"))
    }

    async fn post(&self, secrets: &Secrets, key: &str, body: String) -> Result<(), Failure> {
        let target = Target::parse(&secrets.target).map_err(|error| failure(&error))?;
        let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let signature = message::signature(&secrets.signing_key, at, &body);
        let headers =
            [("Content-Type", "application/json"), ("Hashwatch-Signature", &signature), ("Idempotency-Key", key)];
        match self.client.post(&target, &headers, body).await {
            Ok(posted) if posted.is_taken() => Ok(()),
            Ok(posted) => Err(Failure { reason: format!("status {}", posted.status), retry_after: posted.retry_after }),
            Err(error) => Err(failure(&error)),
        }
    }
}

fn made(_: DeliveryError) -> Failure {
    Failure::new("the mail cannot be made")
}

/// What failed, without the target: its path may be all the key there is, as with Slack.
fn failure(error: &OutboundError) -> Failure {
    Failure::new(match error {
        OutboundError::Resolve { .. } => "its host cannot be resolved".to_owned(),
        OutboundError::Refused { what, .. } => format!("its host is no public one, but {what}"),
        OutboundError::Connect { .. } => "no connection".to_owned(),
        OutboundError::Timeout { after, .. } => format!("no complete answer within {after:?}"),
        OutboundError::Broken { .. } => "the answer broke off".to_owned(),
        OutboundError::TooLarge { .. } => "its answer is too large".to_owned(),
        _ => "it cannot be asked".to_owned(),
    })
}

/// The site's URL without a slash at its end; nothing in it can end a header or an attribute.
fn base_url(base: &str) -> Result<String, DeliveryError> {
    let wrong =
        || DeliveryError::Settings("alerts.base_url must be a URL such as \"https://watch.example.org\"".to_owned());
    let url = url::Url::parse(base).map_err(|_| wrong())?;
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    let web = matches!(url.scheme(), "http" | "https") && url.host_str().is_some();
    match plain && web {
        true => Ok(url.as_str().trim_end_matches('/').to_owned()),
        false => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_say_nothing_of_the_target() {
        let target = Target::parse("https://hooks.example/services/T0/B0/hunter2?key=hunter2").unwrap();
        let (target, reason) = (target.to_string(), "hunter2".to_owned());
        assert!(target.contains("hunter2"), "outbound shows paths: {target}");
        for error in [
            OutboundError::Resolve { target: target.clone(), reason: reason.clone() },
            OutboundError::Refused { target: target.clone(), address: [127, 0, 0, 1].into(), what: "loopback" },
            OutboundError::Connect { target: target.clone(), reason: reason.clone() },
            OutboundError::Timeout { target: target.clone(), after: Duration::from_secs(1) },
            OutboundError::Broken { target: target.clone(), reason: reason.clone() },
            OutboundError::TooLarge { target: target.clone(), limit: 1 },
            OutboundError::Status { target: target.clone(), status: 1, retry_after: None },
            OutboundError::Redirect { target, reason: "hunter2" },
        ] {
            let said = failure(&error).reason;
            assert!(!said.contains("hunter2") && !said.contains("hooks.example"), "{said}");
        }
    }

    #[test]
    fn the_sites_url_is_one() {
        assert_eq!(base_url("https://watch.example/").unwrap(), "https://watch.example");
        assert_eq!(base_url("https://watch.example/below").unwrap(), "https://watch.example/below");
        for bad in
            ["", "watch.example", "mailto:a@b.example", "https://a@b.example", "https://a.example/?x", "javascript:x"]
        {
            assert!(base_url(bad).is_err(), "{bad}");
        }
        assert!(!base_url("https://a.example/\r\nX: y\">").unwrap().contains(['\r', '\n', '"', '>']));
    }
}

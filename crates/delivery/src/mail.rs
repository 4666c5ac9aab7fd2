//! Mails: what stands in them and in their heads. Plain text and HTML, the latter through templates that escape.
//!
//! Nothing that somebody chose comes into a header but the address, which was checked, and a headline on one line.

use askama::Template;
use lettre::{
    Message,
    message::{
        Mailbox, MultiPart,
        header::{Header, HeaderName, HeaderValue},
    },
};

use crate::{
    DeliveryError, SubscriptionId,
    secrets::Secrets,
    token::Purpose,
    words::{Told, one_line, without_links},
};

/// Characters of a subject.
const SUBJECT_CHARS: usize = 150;

/// What is the same in every mail.
#[derive(Clone, Debug)]
pub(crate) struct Letterhead {
    pub(crate) from: Mailbox,
    pub(crate) reply_to: Option<Mailbox>,
    /// The site's URL, without a slash at its end.
    pub(crate) base: String,
}

#[derive(Template)]
#[template(path = "mail/notices.txt", escape = "none")]
struct NoticesText<'a> {
    notices: &'a [Told],
    manage: &'a str,
    unsubscribe: &'a str,
}

#[derive(Template)]
#[template(path = "mail/notices.html")]
struct NoticesHtml<'a> {
    subject: &'a str,
    notices: &'a [Told],
    manage: &'a str,
    unsubscribe: &'a str,
}

#[derive(Template)]
#[template(path = "mail/letter.txt", escape = "none")]
struct LetterText<'a> {
    lines: &'a [String],
    links: &'a [(&'a str, String)],
}

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct LetterHtml<'a> {
    subject: &'a str,
    lines: &'a [String],
    links: &'a [(&'a str, String)],
}

impl Told {
    fn plain_headline(&self) -> String {
        without_links(&self.headline)
    }

    fn plain_detail(&self) -> Vec<String> {
        self.detail.iter().map(|line| without_links(line)).collect()
    }
}

/// RFC 2369, section 3.2.
#[derive(Clone)]
struct ListUnsubscribe(String);
/// RFC 8058, section 3.1.
#[derive(Clone)]
struct ListUnsubscribePost;
/// RFC 3834, section 5: nobody's vacation program answers.
#[derive(Clone)]
struct AutoSubmitted;

macro_rules! fixed_header {
    ($type: ident, $name: literal, |$header: ident| $value: expr) => {
        impl Header for $type {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($name)
            }

            fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
                Err("it is only written".into())
            }

            fn display(&self) -> HeaderValue {
                let $header = self;
                let value: String = $value;
                // a link is not to be folded, and is of our making
                HeaderValue::dangerous_new_pre_encoded(Self::name(), value.clone(), value)
            }
        }
    };
}

fixed_header!(ListUnsubscribe, "List-Unsubscribe", |header| format!("<{}>", header.0));
fixed_header!(ListUnsubscribePost, "List-Unsubscribe-Post", |_header| "List-Unsubscribe=One-Click".to_owned());
fixed_header!(AutoSubmitted, "Auto-Submitted", |_header| "auto-generated".to_owned());

impl Letterhead {
    fn manage(&self, secrets: &Secrets) -> String {
        format!("{}/subscriptions/{}", self.base, secrets.token(Purpose::Manage).text())
    }

    fn unsubscribe(&self, secrets: &Secrets) -> String {
        format!("{}/subscriptions/{}/unsubscribe", self.base, secrets.token(Purpose::Unsubscribe).text())
    }

    /// One notice, or a day's.
    pub(crate) fn notices(&self, key: &str, secrets: &Secrets, notices: &[Told]) -> Result<Message, DeliveryError> {
        let subject = match notices {
            [told] => told.plain_headline(),
            _ => format!("{} warnings of the last day", notices.len()),
        };
        let (manage, unsubscribe) = (self.manage(secrets), self.unsubscribe(secrets));
        let text = NoticesText { notices, manage: &manage, unsubscribe: &unsubscribe }.render();
        let html = NoticesHtml { subject: &subject, notices, manage: &manage, unsubscribe: &unsubscribe }.render();
        self.message(key, secrets, &subject, text, html, Some(unsubscribe))
    }

    /// Whether the address is its own.
    pub(crate) fn confirmation(&self, id: SubscriptionId, secrets: &Secrets) -> Result<Message, DeliveryError> {
        let lines = [
            format!(
                "Somebody asked {} to send warnings about Bitcoin's hashrate to this address, or on its word.",
                self.base
            ),
            "If that was you, confirm it within 48 hours. If not, do nothing: nothing more will come.".to_owned(),
        ];
        let link = format!("{}/subscriptions/confirm/{}", self.base, secrets.token(Purpose::Confirm).text());
        self.letter(&format!("{id}-confirm"), secrets, "Confirm your subscription", &lines, &[("Confirm", link)], false)
    }

    /// That it begins, with the links.
    pub(crate) fn welcome(&self, id: SubscriptionId, secrets: &Secrets) -> Result<Message, DeliveryError> {
        let lines =
            ["Your subscription is active. Keep this mail: with the first link you change it, with the second you end it.".to_owned()];
        let links = [("Change it", self.manage(secrets)), ("Unsubscribe", self.unsubscribe(secrets))];
        self.letter(&format!("{id}-welcome"), secrets, "Your subscription is active", &lines, &links, true)
    }

    pub(crate) fn test(&self, key: &str, secrets: &Secrets) -> Result<Message, DeliveryError> {
        let lines = ["This is a test. Notices will arrive like this.".to_owned()];
        let links = [("Change what you hear of", self.manage(secrets)), ("Unsubscribe", self.unsubscribe(secrets))];
        self.letter(key, secrets, "A test", &lines, &links, true)
    }

    fn letter(
        &self,
        key: &str,
        secrets: &Secrets,
        subject: &str,
        lines: &[String],
        links: &[(&str, String)],
        listed: bool,
    ) -> Result<Message, DeliveryError> {
        let text = LetterText { lines, links }.render();
        let html = LetterHtml { subject, lines, links }.render();
        self.message(key, secrets, subject, text, html, listed.then(|| self.unsubscribe(secrets)))
    }

    fn message(
        &self,
        key: &str,
        secrets: &Secrets,
        subject: &str,
        text: askama::Result<String>,
        html: askama::Result<String>,
        unsubscribe: Option<String>,
    ) -> Result<Message, DeliveryError> {
        let failed = |what: &str| DeliveryError::Settings(format!("a mail cannot be made: {what}"));
        let (text, html) = (text.map_err(|_| failed("its text"))?, html.map_err(|_| failed("its HTML"))?);
        let subject: String = one_line(subject).chars().take(SUBJECT_CHARS).collect();
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, secrets.address.for_mail()))
            .subject(subject)
            .message_id(Some(format!("<{key}@{}>", self.from.email.domain())))
            .header(AutoSubmitted);
        if let Some(reply_to) = &self.reply_to {
            message = message.reply_to(reply_to.clone());
        }
        if let Some(unsubscribe) = unsubscribe {
            message = message.header(ListUnsubscribe(unsubscribe)).header(ListUnsubscribePost);
        }
        let parts = MultiPart::alternative_plain_html(text, html);
        message.multipart(parts).map_err(|_| failed("its head"))
    }
}

#[cfg(test)]
#[path = "tests/mail.rs"]
mod tests;

//! The nouns: what is wanted, what there is, and how each is shown. No secret is in a `Debug`.

use std::{fmt, net::IpAddr, str::FromStr};

use hashwatch_alerts::Filter;

/// Which subscription: 16 hexadecimal digits, drawn at random and never given twice. It opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubscriptionId(pub u64);

impl fmt::Display for SubscriptionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A text that is no id of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the id of a subscription: it has 16 hexadecimal digits, in lower case")]
pub struct SubscriptionIdError;

impl FromStr for SubscriptionId {
    type Err = SubscriptionIdError;

    fn from_str(text: &str) -> Result<SubscriptionId, SubscriptionIdError> {
        let digits = text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let id = u64::from_str_radix(text, 16).ok().filter(|_| digits);
        id.map(SubscriptionId).ok_or(SubscriptionIdError)
    }
}

/// How a webhook's body is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// All of a notice, signed.
    Json,
    /// A text as Slack's incoming webhooks take it.
    Slack,
    /// A text as Discord's webhooks take it.
    Discord,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 3] = [Format::Json, Format::Slack, Format::Discord];

    /// The word in forms and lists.
    pub fn name(self) -> &'static str {
        match self {
            Format::Json => "json",
            Format::Slack => "slack",
            Format::Discord => "discord",
        }
    }

    /// The inverse of [`Format::name`].
    pub fn from_name(name: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.name() == name)
    }
}

/// Where notices go.
#[derive(Clone, PartialEq, Eq)]
pub enum Channel {
    /// A mail for each notice, at once.
    Mail,
    /// One mail a day, with all of it, unless there is nothing.
    Digest,
    /// A request for each notice. The address of mail is for the subscription's own links alone.
    Webhook {
        /// Where to. A secret: whoever knows it can post there.
        url: String,
        /// In which form.
        format: Format,
    },
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind().name())
    }
}

impl Channel {
    /// The channel without its target.
    pub fn kind(&self) -> ChannelKind {
        match self {
            Channel::Mail => ChannelKind::Mail,
            Channel::Digest => ChannelKind::Digest,
            Channel::Webhook { format, .. } => ChannelKind::Webhook(*format),
        }
    }
}

/// A channel without its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChannelKind {
    /// See [`Channel::Mail`].
    Mail,
    /// See [`Channel::Digest`].
    Digest,
    /// See [`Channel::Webhook`].
    Webhook(Format),
}

impl ChannelKind {
    /// All of them.
    pub const ALL: [ChannelKind; 5] = [
        ChannelKind::Mail,
        ChannelKind::Digest,
        ChannelKind::Webhook(Format::Json),
        ChannelKind::Webhook(Format::Slack),
        ChannelKind::Webhook(Format::Discord),
    ];

    /// The word in the store and in lists.
    pub fn name(self) -> &'static str {
        match self {
            ChannelKind::Mail => "mail",
            ChannelKind::Digest => "digest",
            ChannelKind::Webhook(Format::Json) => "webhook_json",
            ChannelKind::Webhook(Format::Slack) => "webhook_slack",
            ChannelKind::Webhook(Format::Discord) => "webhook_discord",
        }
    }

    /// The inverse of [`ChannelKind::name`].
    pub fn from_name(name: &str) -> Option<ChannelKind> {
        ChannelKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What a visitor asks for.
#[derive(Clone)]
pub struct Wanted {
    /// The address of mail that confirms and manages, whatever the channel.
    pub address: String,
    /// Which notices.
    pub filter: Filter,
    /// Where to.
    pub channel: Channel,
    /// Who asks; none where it is not known, as behind a proxy that does not say.
    pub from: Option<IpAddr>,
}

impl fmt::Debug for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wanted").field("filter", &self.filter).field("channel", &self.channel).finish_non_exhaustive()
    }
}

/// What the holder of a link may change: what is none stays as it is. Mail and digest can be exchanged; a webhook stays one, and may
/// get another URL and form, which is tried with a test message.
#[derive(Clone, Debug, Default)]
pub struct Changed {
    /// Which notices from now on.
    pub filter: Option<Filter>,
    /// Where to from now on.
    pub channel: Option<Channel>,
}

/// How far a subscription has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Asked for; the address has not said yes.
    Pending,
    /// Confirmed.
    Active,
    /// Ended. Nothing is kept of it but its id.
    Gone,
}

impl State {
    /// The word in the store and in lists.
    pub fn name(self) -> &'static str {
        match self {
            State::Pending => "pending",
            State::Active => "active",
            State::Gone => "gone",
        }
    }

    /// The inverse of [`State::name`].
    pub fn from_name(name: &str) -> Option<State> {
        [State::Pending, State::Active, State::Gone].into_iter().find(|state| state.name() == name)
    }
}

/// A subscription as an operator lists it: nothing that leads to whoever subscribed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Which.
    pub id: SubscriptionId,
    /// How far it has come. Those that are gone are not listed.
    pub state: State,
    /// Where to, without the target.
    pub channel: ChannelKind,
    /// Which notices.
    pub filter: Filter,
    /// When it was asked for, Unix milliseconds.
    pub requested_at: u64,
    /// When it was confirmed, Unix milliseconds; 0 where it is not.
    pub confirmed_at: u64,
    /// The last notice that it was served; none before the first.
    pub served: Option<u64>,
    /// Failures in a row of the notice that is due.
    pub tries: u32,
}

/// A subscription as the holder of its link sees it.
#[derive(Clone, PartialEq, Eq)]
pub struct Managed {
    /// Which.
    pub id: SubscriptionId,
    /// What the link to manage it holds.
    pub token: String,
    /// The address with its middle left out: `a…@example.org`.
    pub address_hint: String,
    /// Which notices.
    pub filter: Filter,
    /// Where to.
    pub channel: Channel,
    /// What a webhook is signed with, for its receiver to verify; empty for mail.
    pub signing_key: String,
}

impl fmt::Debug for Managed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Managed");
        shown
            .field("id", &self.id)
            .field("filter", &self.filter)
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}

//! The way to the operator's mail server: SMTP, encrypted unless it ends on this machine.

use std::{
    fmt,
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use lettre::{
    Message,
    message::Mailbox,
    transport::smtp::{
        Error,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, Certificate, Tls, TlsParameters},
        extension::ClientId,
    },
};
use tokio::time::timeout;

use crate::{DeliveryError, failure::Failure};

/// For a connection to be made.
const WITHIN: Duration = Duration::from_secs(30);
/// For a whole mail, a connection included.
const WHOLE: Duration = Duration::from_secs(90);
/// For a kept connection to say that it is still one.
const ALIVE: Duration = Duration::from_secs(5);
/// How long a connection is kept for the next mail.
const KEPT: Duration = Duration::from_secs(60);
/// Connections that are kept.
const CONNECTIONS: usize = 8;

/// How the connection to the mail server is kept from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// Begun in the open, encrypted before anything is said (RFC 3207); never without.
    StartTls,
    /// Encrypted from the first byte (RFC 8314).
    Tls,
    /// In the open: to this machine alone.
    None,
}

/// The operator's mail server, and in whose name mail is sent.
#[derive(Clone)]
pub struct MailSettings {
    /// The server's name, which its certificate must hold.
    pub host: String,
    /// Its port; the usual one of the kind of security without it.
    pub port: Option<u16>,
    /// How it is encrypted.
    pub security: Security,
    /// User and password.
    pub login: Option<(String, String)>,
    /// A file of certificates (PEM) of an authority beside those of the system.
    pub authority: Option<PathBuf>,
    /// `hashwatch <alerts@example.org>`, or an address alone.
    pub from: String,
    /// Where answers go.
    pub reply_to: Option<String>,
}

impl fmt::Debug for MailSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("MailSettings");
        shown.field("host", &self.host).field("port", &self.port).field("security", &self.security);
        shown.field("from", &self.from).field("reply_to", &self.reply_to).finish_non_exhaustive()
    }
}

impl MailSettings {
    /// Sender and address for answers.
    pub(crate) fn mailboxes(&self) -> Result<(Mailbox, Option<Mailbox>), DeliveryError> {
        let mailbox = |name: &str, text: &str| {
            let wrong = |_| {
                DeliveryError::Settings(format!(
                    "alerts.mail.{name} is no address such as \"hashwatch <alerts@example.org>\""
                ))
            };
            // a line end in a setting would be one in a header
            match text.contains(char::is_control) {
                true => Err(DeliveryError::Settings(format!("alerts.mail.{name} holds a control character"))),
                false => text.parse::<Mailbox>().map_err(wrong),
            }
        };
        let reply_to = self.reply_to.as_deref().map(|text| mailbox("reply_to", text)).transpose()?;
        Ok((mailbox("from", &self.from)?, reply_to))
    }
}

/// Sends mails over connections that it keeps.
///
/// One is kept after a mail that ended well, and only then. Where nobody waits for a mail any more, its connection goes with it: whatever came
/// next on it would be a part of that mail, or would take the answer to it for its own.
pub(crate) struct Mailer {
    host: String,
    port: u16,
    tls: Tls,
    login: Option<Credentials>,
    kept: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

impl Mailer {
    pub(crate) fn new(settings: &MailSettings) -> Result<Mailer, DeliveryError> {
        let wrong = |what: String| DeliveryError::Settings(format!("alerts.mail: {what}"));
        let local = matches!(settings.host.as_str(), "localhost" | "127.0.0.1" | "::1");
        let usual = match settings.security {
            Security::StartTls => 587,
            Security::Tls => 465,
            Security::None if local => 25,
            Security::None => return Err(wrong("security = \"none\" is for a server on localhost alone".to_owned())),
        };
        let encrypted = || {
            let mut tls = TlsParameters::builder(settings.host.clone());
            if let Some(path) = &settings.authority {
                let read = std::fs::read(path).map_err(|error| wrong(format!("{}: {error}", path.display())))?;
                let authority = Certificate::from_pem(&read);
                let no_certificate = |_| wrong(format!("{} holds no certificate", path.display()));
                tls = tls.add_root_certificate(authority.map_err(no_certificate)?);
            }
            tls.build_rustls().map_err(|error| wrong(error.to_string()))
        };
        let tls = match settings.security {
            Security::StartTls => Tls::Required(encrypted()?),
            Security::Tls => Tls::Wrapper(encrypted()?),
            Security::None => Tls::None,
        };
        let login = settings.login.clone().map(|(user, password)| Credentials::new(user, password));
        let (host, port) = (settings.host.clone(), settings.port.unwrap_or(usual));
        Ok(Mailer { host, port, tls, login, kept: Mutex::default() })
    }

    /// Hands a mail to the server, which then answers for it.
    pub(crate) async fn send(&self, message: Message) -> Result<(), Failure> {
        match timeout(WHOLE, self.hand_over(&message)).await {
            Err(_) => Err(Failure::new("the mail server does not answer")),
            Ok(Ok(())) => Ok(()),
            // what it says may hold the address
            Ok(Err(error)) => Err(match error.status() {
                Some(code) => Failure::new(format!("the mail server refuses with {code}")),
                None if error.is_timeout() => Failure::new("the mail server does not answer"),
                None if error.is_tls() => Failure::new("no encrypted connection to the mail server"),
                None => Failure::new("no connection to the mail server, or it broke off"),
            }),
        }
    }

    async fn hand_over(&self, message: &Message) -> Result<(), Error> {
        let mut connection = match self.kept().await {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        connection.send(message.envelope(), &message.formatted()).await?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < CONNECTIONS {
            kept.push((connection, Instant::now()));
        }
        Ok(())
    }

    /// A connection of a mail before, if there is one that still is.
    async fn kept(&self) -> Option<AsyncSmtpConnection> {
        loop {
            let last = self.kept.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let (mut connection, since) = last?;
            if since.elapsed() < KEPT && timeout(ALIVE, connection.test_connected()).await == Ok(true) {
                return Some(connection);
            }
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let (server, name) = ((self.host.as_str(), self.port), ClientId::default());
        let from_the_first = match &self.tls {
            Tls::Wrapper(tls) => Some(tls.clone()),
            _ => None,
        };
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, Some(WITHIN), &name, from_the_first, None).await?;
        if let Tls::Required(tls) = &self.tls {
            connection.starttls(tls.clone(), &name).await?;
        }
        if let Some(login) = &self.login {
            connection.auth(DEFAULT_MECHANISMS, login).await?;
        }
        Ok(connection)
    }
}

#[cfg(test)]
#[path = "tests/mailer.rs"]
mod tests;

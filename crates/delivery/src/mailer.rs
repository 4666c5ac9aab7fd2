//! The way to the operator's mail server: SMTP, encrypted unless it ends on this machine.

use std::{fmt, path::PathBuf, time::Duration};

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::Mailbox,
    transport::smtp::{
        PoolConfig,
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters},
    },
};

use crate::{DeliveryError, senders::Failure};

/// For one command of SMTP.
const WITHIN: Duration = Duration::from_secs(30);
/// For a whole mail, a connection included.
const WHOLE: Duration = Duration::from_secs(90);
/// Connections to the server.
const CONNECTIONS: u32 = 8;

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
pub(crate) struct Mailer(AsyncSmtpTransport<Tokio1Executor>);

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
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
            .port(settings.port.unwrap_or(usual))
            .tls(tls)
            .timeout(Some(WITHIN))
            .pool_config(PoolConfig::new().max_size(CONNECTIONS));
        if let Some((user, password)) = &settings.login {
            transport = transport.credentials(Credentials::new(user.clone(), password.clone()));
        }
        Ok(Mailer(transport.build()))
    }

    /// Hands a mail to the server, which then answers for it.
    pub(crate) async fn send(&self, message: Message) -> Result<(), Failure> {
        match tokio::time::timeout(WHOLE, self.0.send(message)).await {
            Err(_) => Err(Failure::new("the mail server does not answer")),
            Ok(Ok(_)) => Ok(()),
            // what it says may hold the address
            Ok(Err(error)) => Err(match error.status() {
                Some(code) => Failure::new(format!("the mail server refuses with {code}")),
                None if error.is_timeout() => Failure::new("the mail server does not answer"),
                None if error.is_tls() => Failure::new("no encrypted connection to the mail server"),
                None => Failure::new("no connection to the mail server, or it broke off"),
            }),
        }
    }
}

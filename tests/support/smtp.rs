//! A real mail server on loopback (aiosmtpd), with a certificate of its own, which keeps what it was sent.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use anyhow::{Context, Result};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value;
use tempfile::TempDir;

use crate::packages::{python, root};
use crate::waiting::wait_for;

/// How it is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpMode {
    /// From STARTTLS on, and not without.
    StartTls,
    /// From the first byte.
    Tls,
    /// Not at all.
    Plain,
}

/// A mail as it came.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The sender of its envelope.
    pub from: String,
    /// Those that it was for.
    pub to: Vec<String>,
    /// Whether nobody on the way could read it.
    pub encrypted: bool,
    /// Whether whoever brought it had logged in.
    pub login: bool,
    /// Head and body.
    pub text: String,
}

impl Mail {
    /// A header's value, unfolded; empty where there is none.
    pub fn header(&self, name: &str) -> String {
        let head = self.text.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ");
        let line = head.split("\r\n").filter_map(|line| line.split_once(": "));
        line.filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.to_owned())
            .next()
            .unwrap_or_default()
    }

    /// The body with its soft line ends taken off, as far as it is quoted-printable.
    pub fn body(&self) -> String {
        let body = self.text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        body.replace("=\r\n", "").replace("=3D", "=")
    }

    /// What follows the first `start` up to the next blank: a token in a link.
    pub fn after(&self, start: &str) -> Option<String> {
        let body = self.body();
        let rest = &body[body.find(start)? + start.len()..];
        rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').next().map(str::to_owned)
    }
}

/// A mail server, until it is dropped.
pub struct Smtp {
    /// Where it listens, on localhost.
    pub port: u16,
    child: Child,
    mails: Arc<Mutex<Vec<Mail>>>,
    folder: TempDir,
}

impl Smtp {
    /// Starts it; with a user and a password nobody else may send.
    pub fn start(mode: SmtpMode, login: Option<(&str, &str)>) -> Result<Smtp> {
        let folder = tempfile::tempdir()?;
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
        let (certificate, key) = (folder.path().join("certificate.pem"), folder.path().join("key.pem"));
        std::fs::write(&certificate, certified.cert.pem())?;
        std::fs::write(&key, certified.signing_key.serialize_pem())?;
        let mode = match mode {
            SmtpMode::StartTls => "starttls",
            SmtpMode::Tls => "tls",
            SmtpMode::Plain => "plain",
        };
        let (user, password) = login.unwrap_or_default();
        let mut child = Command::new(python("mail")?)
            .arg(root()?.join("tests/mail/server.py"))
            .args([mode.as_ref(), certificate.as_os_str(), key.as_os_str(), user.as_ref(), password.as_ref()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("its output")?).lines();
        let port = lines.next().context("the mail server says no port")??.trim().parse()?;
        let mails: Arc<Mutex<Vec<Mail>>> = Arc::default();
        let kept = mails.clone();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                kept.lock().unwrap_or_else(PoisonError::into_inner).extend(read(&line));
            }
        });
        Ok(Smtp { port, child, mails, folder })
    }

    /// The file of its certificate, for whoever is to trust it.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    /// All that came so far.
    pub fn mails(&self) -> Vec<Mail> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The first mail for which this holds, once there is one.
    pub fn mail(&self, what: &str, within: Duration, mut is: impl FnMut(&Mail) -> bool) -> Result<Mail> {
        wait_for(what, within, || self.mails().into_iter().find(|mail| is(mail)))
    }
}

impl Drop for Smtp {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(line: &str) -> Option<Mail> {
    let value: Value = serde_json::from_str(line).ok()?;
    let data = BASE64_STANDARD.decode(value["data"].as_str()?).ok()?;
    let to = value["to"].as_array()?.iter().filter_map(|to| to.as_str().map(str::to_owned));
    Some(Mail {
        from: value["from"].as_str()?.to_owned(),
        to: to.collect(),
        encrypted: value["encrypted"] == true,
        login: value["login"] == true,
        text: String::from_utf8_lossy(&data).into_owned(),
    })
}

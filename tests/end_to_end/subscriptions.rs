//! Pages of subscriptions as strangers may ask them: each guard of theirs, by the program as it runs and a real mail server. The walk of
//! one who subscribes is in tests/browser.

mod guards;
mod preview;
mod strangers;

use std::{fs, path::Path, time::Duration};

use anyhow::{Context, Result, ensure};
use hashwatch_tests::{Hashwatch, Smtp, SmtpMode, hashwatch::Answer};
use tempfile::TempDir;

use crate::simulated::{note, simulate};

const SOON: Duration = Duration::from_secs(60);

/// A simulated chain, a mail server, and a hashwatch that takes subscriptions. Each visitor of a test is one of its own, by what a proxy
/// says.
struct Scene {
    _home: TempDir,
    smtp: Smtp,
    hashwatch: Hashwatch,
    url: String,
}

/// The links of one subscription, as its mails have them.
struct Links {
    confirm: String,
    manage: String,
    unsubscribe: String,
}

impl Scene {
    fn new(blocks: u32, more: &str) -> Result<Scene> {
        let home = tempfile::tempdir()?;
        let chain = home.path().join("chain");
        simulate(&chain, &["--blocks", &blocks.to_string(), "--seed", "7"])?;
        let smtp = Smtp::start(SmtpMode::Plain, None)?;
        let hashwatch = Hashwatch::reading(&chain)?;
        let url = hashwatch.url();
        let config = config(&url, smtp.port, more);
        let mut hashwatch = hashwatch.configured(&config)?.with_env("HASHWATCH_LOG", "trace");
        hashwatch.run()?;
        hashwatch.wait_for_tip(&tip(&chain)?, SOON)?;
        Ok(Scene { _home: home, smtp, hashwatch, url })
    }

    /// The same program started again with other words in `[alerts.subscriptions]`.
    fn again(&mut self, more: &str) -> Result<()> {
        self.hashwatch.terminate()?;
        let file = self.hashwatch.data_dir().with_file_name("hashwatch.toml");
        fs::write(file, config(&self.url, self.smtp.port, more))?;
        self.hashwatch.run()
    }

    /// A page, asked for by a visitor of this address.
    fn get(&self, path: &str, from: &str) -> Result<Answer> {
        self.hashwatch.get_with(path, &[("x-forwarded-for", from), ("accept", "text/html")])
    }

    /// A form from a page of ours.
    fn send(&self, path: &str, form: &str, from: &str) -> Result<Answer> {
        let headers = [("x-forwarded-for", from), ("accept", "text/html"), ("origin", self.url.as_str())];
        self.hashwatch.send(path, form, &headers)
    }

    fn wish(&self, address: &str, from: &str) -> Result<Answer> {
        self.send("/subscribe", &format!("share=1&channel=mail&address={}", address.replace('@', "%40")), from)
    }

    /// What a link of the first mail to an address with this subject holds.
    fn token(&self, subject: &str, address: &str, start: &str) -> Result<String> {
        let is = |mail: &hashwatch_tests::Mail| mail.header("subject") == subject && mail.to == [address];
        self.smtp.mail(subject, SOON, is)?.after(start).context("a link")
    }

    fn confirm_token(&self, address: &str) -> Result<String> {
        self.token("Confirm your subscription", address, "/subscriptions/confirm/")
    }

    /// A subscription from the wish to its second mail.
    fn subscribed(&self, address: &str, from: &str) -> Result<Links> {
        let asked = self.wish(address, from)?;
        ensure!((asked.status, asked.header("location")) == (303, "/subscribe/asked"), "{}", asked.text());
        let confirm = self.confirm_token(address)?;
        let begun = self.send(&format!("/subscriptions/confirm/{confirm}"), "", from)?;
        let manage = begun.header("location").strip_prefix("/subscriptions/").context("a link to manage")?;
        let manage = manage.split('?').next().unwrap_or_default().to_owned();
        let active = "Your subscription is active";
        ensure!(self.token(active, address, "/subscriptions/")? == manage, "the mail's link is the page's");
        let unsubscribe = self.token(active, address, &format!("Unsubscribe: {}/subscriptions/", self.url))?;
        Ok(Links { confirm, manage, unsubscribe })
    }
}

fn config(url: &str, port: u16, more: &str) -> String {
    format!(
        "[site]\nurl = \"{url}\"\nproxies = [\"127.0.0.1\"]\n[alerts.mail]\nhost = \"localhost\"\nport = {port}\n\
         security = \"none\"\nfrom = \"hashwatch <alerts@watch.example>\"\n{more}\n"
    )
}

fn tip(chain: &Path) -> Result<bitcoin::BlockHash> {
    Ok(note(chain)?["tip"]["hash"].as_str().context("a tip")?.parse()?)
}

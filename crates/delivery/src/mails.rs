//! Mails with notices that a mailbox was sent in a day: so many and no more, also where another process sent them.

use std::time::{Duration, Instant};

use tokio::{sync::watch, time::timeout};

use crate::{
    DeliveryError,
    delivery::{BETWEEN_LOOKS, DAY, Delivery},
    looks::within,
    rows::MailRow,
    stop::stopped,
    table::{Tables, all, now, seconds},
};

impl MailRow {
    /// Sent at a time, Unix milliseconds.
    pub(crate) fn new(address_mark: [u8; 32], at: u64) -> MailRow {
        MailRow { address_mark, at: seconds(at) }
    }
}

impl Tables {
    pub(crate) async fn write_mails(&self, rows: &[MailRow]) -> Result<(), DeliveryError> {
        self.insert("mails", rows, "writing who was sent mails").await
    }

    /// Mails with notices since a time (Unix milliseconds), the first first.
    pub(crate) async fn mails(&self, since: u64) -> Result<Vec<MailRow>, DeliveryError> {
        let query = self.query(include_str!("../../../sql/subscribers/queries/mails.sql"));
        all(query.param("since", seconds(since)), "reading who was sent mails").await
    }
}

impl Delivery {
    /// Counts the mails of the day before this process began.
    pub(crate) async fn count_mails(&mut self, stop: &mut watch::Receiver<bool>) {
        let (day, mut told) = (u64::try_from(DAY.as_millis()).unwrap_or(u64::MAX), false);
        let sent = loop {
            let read = tokio::select! {
                biased;
                () = stopped(stop) => return,
                read = within(self.subscribers.tables().mails(now().saturating_sub(day))) => read,
            };
            match read {
                Ok(sent) => break sent,
                Err(error) if !std::mem::replace(&mut told, true) => tracing::warn!("{error}; trying again"),
                Err(_) => {}
            }
            if timeout(BETWEEN_LOOKS, stopped(stop)).await.is_ok() {
                return;
            }
        };
        let here = Instant::now();
        for mail in sent {
            let ago = (now() / 1_000).saturating_sub(u64::from(mail.at));
            self.mails.note(mail.address_mark, Duration::from_secs(ago), here);
        }
    }
}

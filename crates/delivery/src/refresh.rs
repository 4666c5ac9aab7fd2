//! What subscriptions there are, read anew: whatever was written since the last look, by whom ever.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use url::Url;

use crate::{
    ChannelKind, DeliveryError, State,
    delivery::Delivery,
    filter,
    line::{Line, Served, Standing},
    rows::{ProgressRow, SecretsRow, SubscriptionRow},
};

/// How far clocks of processes that write may be apart, in microseconds.
const OVERLAP: u64 = 60_000_000;

impl Delivery {
    /// Takes what has changed.
    pub(crate) async fn refresh(&mut self) -> Result<(), DeliveryError> {
        let subscribers = self.subscribers.clone();
        let rows = subscribers.tables().subscriptions(self.newest_version.saturating_sub(OVERLAP)).await?;
        let newest = rows.iter().map(|row| row.version).max().unwrap_or(0);
        let active = State::Active.name();
        let known = |row: &SubscriptionRow| self.lines.get(&row.id).is_some_and(|line| line.version == row.version);
        let changed: Vec<&SubscriptionRow> = rows.iter().filter(|row| row.state == active && !known(row)).collect();
        let ids: Vec<u64> = changed.iter().map(|row| row.id).collect();
        let mut sealed = subscribers.tables().secrets(&ids).await?;
        let new: HashSet<u64> = ids.iter().copied().filter(|id| !self.lines.contains_key(id)).collect();
        let mut progress = self.progress_of(&new).await?;
        for row in rows.iter().filter(|row| row.state != active) {
            if let Some(line) = self.lines.remove(&row.id) {
                self.recall(row.id, line.epoch);
            }
        }
        for row in changed {
            let Some(served) = sealed.remove(&row.id).and_then(|sealed| self.served(row, sealed)) else {
                tracing::warn!("subscription {} cannot be served: it is damaged", crate::SubscriptionId(row.id));
                continue;
            };
            self.take(row.id, served, progress.remove(&row.id));
        }
        self.newest_version = self.newest_version.max(newest);
        Ok(())
    }

    fn take(&mut self, id: u64, served: Served, progress: Option<ProgressRow>) {
        match self.lines.get_mut(&id) {
            // what is under way goes on to where it was sent
            Some(line) if line.standing == Standing::Flying && line.sealed.version == served.sealed.version => {
                line.changed = Some(served);
            }
            Some(line) => {
                let epoch = line.epoch;
                line.change(served);
                self.recall(id, epoch);
            }
            None => {
                let begins = self.begins(served.confirmed_at);
                let mut line = Line::new(served, begins);
                let begun = progress.as_ref().map(|row| line.resume(row)).is_some();
                self.lines.insert(id, line);
                if !begun {
                    self.record(id);
                }
            }
        }
    }

    /// Places of lines that are new here; nothing is asked where none is.
    async fn progress_of(&self, new: &HashSet<u64>) -> Result<HashMap<u64, ProgressRow>, DeliveryError> {
        if new.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = self.subscribers.tables().progress().await?;
        Ok(rows.into_iter().filter(|row| new.contains(&row.id)).map(|row| (row.id, row)).collect())
    }

    fn served(&self, row: &SubscriptionRow, sealed: SecretsRow) -> Option<Served> {
        let kind = ChannelKind::from_name(&row.channel)?;
        let host = match kind {
            ChannelKind::Mail | ChannelKind::Digest => String::new(),
            ChannelKind::Webhook(_) => {
                let url = Url::parse(&self.subscribers.opened(&sealed).ok()?.target).ok()?;
                url[url::Position::BeforeHost..url::Position::AfterPort].to_owned()
            }
        };
        Some(Served {
            kind,
            filter: filter::from_text(&row.filter)?,
            version: row.version,
            confirmed_at: row.confirmed_at,
            sealed: Arc::new(sealed),
            host: host.into(),
        })
    }
}

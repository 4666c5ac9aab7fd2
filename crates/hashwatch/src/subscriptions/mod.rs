//! Subscribers in this program: where their database and key lie, and their delivery beside all else.
//!
//! Left to others: what a subscription is and how it is served (delivery), its pages (web).

mod settings;
mod stored;

use std::{path::Path, sync::Arc};

use clickhouse::Client;
use hashwatch_delivery::{Delivery, Key, Subscribers};
use hashwatch_store::{NoticesMark, Store};
use tokio::{sync::watch, task::JoinHandle};

pub(crate) use self::settings::{AlertsSection, Settings};
use self::stored::StoredNotices;

/// Opens the database of subscribers beside the store's of that name, and makes it and its key where there is none.
pub(crate) async fn open(
    settings: &Settings,
    client: Client,
    store: &str,
    data_dir: &Path,
) -> anyhow::Result<Subscribers> {
    let key = Key::open_or_make(&settings.key_file(data_dir))?;
    // read-only access to the embedded engine knows of no database whose name begins so
    let database = format!("subscribers_of_{store}");
    Ok(Subscribers::open(client, &database, key).await?.under(settings.policy()?))
}

/// Serves subscribers until told to stop.
pub(crate) fn deliver(
    settings: &Settings,
    subscribers: Subscribers,
    store: Store,
    told: watch::Receiver<NoticesMark>,
    stop: watch::Receiver<bool>,
) -> anyhow::Result<JoinHandle<()>> {
    let (senders, tuning) = (settings.senders()?, settings.tuning());
    let notices = Arc::new(StoredNotices::follow(store, told));
    Ok(tokio::spawn(async move {
        if let Err(error) = Delivery::run(subscribers, senders, notices, tuning, stop).await {
            tracing::error!("subscribers are no longer served: {error}");
        }
    }))
}

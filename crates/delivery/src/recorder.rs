//! Writes down how far everybody is, many rows at a time: what comes while a write is under way is the next write.

use std::{collections::HashMap, time::Duration};

use tokio::sync::mpsc;

use crate::{
    Subscribers,
    rows::{DeadLetterRow, MailRow, ProgressRow},
};

/// Rows of one write.
const MOST_ROWS: usize = 10_000;
/// How long rows are gathered before they are written.
const GATHER: Duration = Duration::from_millis(100);
/// Between two tries of a write that fails.
const BETWEEN_TRIES: Duration = Duration::from_secs(1);

/// What is written down.
#[derive(Debug)]
pub(crate) enum Record {
    /// A line's place.
    Progress(ProgressRow),
    /// A notice that was given up, and the place behind it.
    Dead(DeadLetterRow, ProgressRow),
    /// What came of a dead letter.
    Letter(DeadLetterRow),
    /// A mail that counts for its address's day.
    Mail(MailRow),
}

/// Writes until nobody can send any more.
pub(crate) async fn record(subscribers: Subscribers, mut records: mpsc::UnboundedReceiver<Record>) {
    let mut batch = Vec::new();
    while let Some(first) = records.recv().await {
        batch.push(first);
        tokio::time::sleep(GATHER).await;
        while batch.len() < MOST_ROWS {
            let Ok(next) = records.try_recv() else { break };
            batch.push(next);
        }
        let Sorted { letters, places, mails } =
            sorted(std::mem::take(&mut batch), || subscribers.tables().next_version());
        let mut told = false;
        loop {
            // a notice that was given up is on its list before it is passed
            let letters = subscribers.tables().write_dead_letters(&letters).await;
            let written = match letters {
                Ok(()) => subscribers.tables().write_progress(&places).await,
                failed => failed,
            };
            // twice where this one fails: then fewer may follow, not more
            let written = match written {
                Ok(()) => subscribers.tables().write_mails(&mails).await,
                failed => failed,
            };
            let Err(error) = written else { break };
            if !std::mem::replace(&mut told, true) {
                tracing::warn!("how far subscribers are served cannot be written: {error}; trying again");
            }
            tokio::time::sleep(BETWEEN_TRIES).await;
        }
    }
}

/// What is written at a time.
struct Sorted {
    letters: Vec<DeadLetterRow>,
    places: Vec<ProgressRow>,
    mails: Vec<MailRow>,
}

/// Rows with their versions, each subscription's last place alone.
fn sorted(records: Vec<Record>, mut version: impl FnMut() -> u64) -> Sorted {
    let (mut letters, mut places, mut mails) = (Vec::new(), HashMap::new(), Vec::new());
    for record in records {
        let version = version();
        let (letter, place) = match record {
            Record::Progress(place) => (None, Some(place)),
            Record::Dead(letter, place) => (Some(letter), Some(place)),
            Record::Letter(letter) => (Some(letter), None),
            Record::Mail(mail) => {
                mails.push(mail);
                continue;
            }
        };
        letters.extend(letter.map(|letter| DeadLetterRow { version, ..letter }));
        if let Some(place) = place {
            places.insert(place.id, ProgressRow { version, ..place });
        }
    }
    Sorted { letters, places: places.into_values().collect(), mails }
}

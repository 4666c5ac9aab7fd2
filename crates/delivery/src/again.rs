//! Dead letters: listed, and tried once more where an operator says so.

use std::{collections::HashSet, sync::Arc, time::Duration};

use hashwatch_alerts::Filter;
use tokio::sync::{mpsc, watch};

use crate::{
    ChannelKind, DeliveryError, Notices, Senders, State, Subscribers, SubscriptionId, failure::Failure, filter, line,
    recorder::Record, rows::DeadLetterRow, stop::stopped, table::now, words::Told,
};

/// Between two looks for letters that are wanted again.
const BETWEEN_LOOKS: Duration = Duration::from_secs(5);

/// A notice that could not be delivered, or a day's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Whose.
    pub id: SubscriptionId,
    /// Which notice, the last of them where it was a mail of a day.
    pub seq: u64,
    /// All of them.
    pub seqs: Vec<u64>,
    /// Why not, the last time. Nothing in it leads to the receiver.
    pub reason: String,
    /// How often it was tried.
    pub tries: u32,
    /// When it was given up, Unix milliseconds.
    pub at: u64,
}

impl Subscribers {
    /// All that could not be delivered, the oldest first.
    pub async fn dead_letters(&self) -> Result<Vec<DeadLetter>, DeliveryError> {
        let rows = self.tables().dead_letters("dead").await?;
        let letter = |row: DeadLetterRow| {
            let seqs = row.told();
            let DeadLetterRow { id, seq, reason, tries, at, .. } = row;
            DeadLetter { id: SubscriptionId(id), seq, seqs, reason, tries, at }
        };
        Ok(rows.into_iter().map(letter).collect())
    }

    /// Has dead letters tried once more by whoever delivers: those of one subscription, or all. Says how many.
    pub async fn retry(&self, id: Option<SubscriptionId>) -> Result<usize, DeliveryError> {
        let rows = self.tables().dead_letters("dead").await?;
        let wanted = rows.into_iter().filter(|row| id.is_none_or(|id| id.0 == row.id));
        let again = |row: DeadLetterRow| {
            let version = self.tables().next_version();
            DeadLetterRow { state: "again".to_owned(), version, ..row }
        };
        let rows: Vec<DeadLetterRow> = wanted.map(again).collect();
        self.tables().write_dead_letters(&rows).await?;
        Ok(rows.len())
    }
}

pub(crate) async fn run(
    subscribers: Subscribers,
    senders: Senders,
    notices: Arc<dyn Notices>,
    records: mpsc::UnboundedSender<Record>,
    mut stop: watch::Receiver<bool>,
) {
    let mut tried = HashSet::new();
    loop {
        let round = async {
            if let Err(error) = round(&subscribers, &senders, &*notices, &records, &mut tried).await {
                tracing::warn!("dead letters cannot be tried again: {error}");
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        };
        tokio::select! {
            biased;
            () = stopped(&mut stop) => return,
            () = round => {}
        }
    }
}

/// `tried` are letters of which it is not written down yet what came of them: they are not sent again for that.
pub(crate) async fn round(
    subscribers: &Subscribers,
    senders: &Senders,
    notices: &dyn Notices,
    records: &mpsc::UnboundedSender<Record>,
    tried: &mut HashSet<(u64, u64, u64)>,
) -> Result<(), DeliveryError> {
    let key_of = |letter: &DeadLetterRow| (letter.id, letter.seq, letter.version);
    let letters = subscribers.tables().dead_letters("again").await?;
    let wanted: HashSet<_> = letters.iter().map(key_of).collect();
    tried.retain(|key| wanted.contains(key));
    for letter in letters {
        let key = key_of(&letter);
        if tried.contains(&key) {
            continue;
        }
        let letter = match once_more(subscribers, senders, notices, &letter).await? {
            Ok(()) => DeadLetterRow { state: "done".to_owned(), ..letter },
            Err(Failure { reason, .. }) => {
                DeadLetterRow { state: "dead".to_owned(), reason, tries: letter.tries + 1, at: now(), ..letter }
            }
        };
        tried.insert(key);
        let _ = records.send(Record::Letter(letter));
    }
    // written before they are looked for again
    tokio::time::sleep(Duration::from_millis(500)).await;
    Ok(())
}

/// All that it told, under the key that it had.
async fn once_more(
    subscribers: &Subscribers,
    senders: &Senders,
    notices: &dyn Notices,
    letter: &DeadLetterRow,
) -> Result<Result<(), Failure>, DeliveryError> {
    let row = subscribers.tables().subscription(letter.id).await?.filter(|row| row.state == State::Active.name());
    let sealed = subscribers.tables().secrets(&[letter.id]).await?.remove(&letter.id);
    let Some((row, sealed)) = row.zip(sealed) else { return Ok(Err(Failure::new("the subscription is gone"))) };
    let Some(channel) = ChannelKind::from_name(&row.channel) else { return Ok(Err(Failure::new("it has no channel"))) };
    let filter: Filter = filter::from_text(&row.filter).unwrap_or_default();
    let (mut told, mut key) = (Vec::new(), String::new());
    for seq in letter.told() {
        let Some(notice) = notices.after(seq.saturating_sub(1), 1).await?.pop() else {
            return Ok(Err(Failure::new("there is no such notice")));
        };
        let seen = filter.seen(&notice).unwrap_or(notice.change);
        told.push(Told::new(&notice, seen, senders.base()));
        key = line::key(letter.id, &notice);
    }
    if !letter.key.is_empty() && letter.key != key {
        return Ok(Err(Failure::new("the store was made anew: there is no such notice any more")));
    }
    let Ok(secrets) = subscribers.opened(&sealed) else {
        return Ok(Err(Failure::new("what is sealed does not open")));
    };
    Ok(senders.tell(channel, &key, &secrets, &told).await)
}

//! Opinions on all blocks formed anew, without the node: after the registry has changed, or where opinions were lost.

use std::sync::Arc;

use hashwatch_attribute::attribute;
use hashwatch_model::{Attribution, BlockId};
use hashwatch_registry::Registry;
use hashwatch_store::{Run, Snapshot, Store, StoreError, Writer};
use hashwatch_verify::VerifiedBlock;
use tokio::{runtime::Handle, sync::mpsc, task::JoinSet};

/// Bytes of facts read at a time, about; ClickHouse hands them over as a whole.
const BYTES: u64 = 64 << 20;
/// Runs that are read and attributed at the same time.
const AT_ONCE: usize = 2;

/// Opinions that are to be written together.
pub(crate) type Formed = Vec<(BlockId, Attribution)>;

/// Opinions on their way to the writer, formed while it writes the last ones. What is under way ends when this is dropped.
pub(crate) struct Forming {
    formed: mpsc::Receiver<Formed>,
    work: JoinSet<Result<(), StoreError>>,
}

impl Forming {
    /// Begins with the blocks that have no opinion under a registry; with those alone that came after the commit `since`, or with
    /// 0 all.
    pub(crate) fn begin(snapshot: Snapshot, registry: Arc<Registry>, since: u64) -> Forming {
        let (sender, formed) = mpsc::channel(1);
        let mut work = JoinSet::new();
        work.spawn(form(snapshot, registry, since, sender));
        Forming { formed, work }
    }

    /// The next ones, in no order; none when each block has its own.
    pub(crate) async fn next(&mut self) -> Result<Option<Formed>, StoreError> {
        if let Some(formed) = self.formed.recv().await {
            return Ok(Some(formed));
        }
        match self.work.join_next().await {
            Some(Ok(outcome)) => outcome.map(|()| None),
            // a bug there is one here: to go on would be to leave blocks without opinions
            Some(Err(panicked)) => std::panic::resume_unwind(panicked.into_panic()),
            None => Ok(None),
        }
    }
}

/// Forms opinions on kept blocks under a registry, where they have none, and makes them the ones that readers see, all at once.
/// Gives the count of those formed. Blocks up to the commit `since` are known to have theirs; 0 where that is not known of any.
/// `told` hears of each step how many opinions were formed.
///
/// The registry itself is kept first, so that its names can be told for as long as its opinions.
pub(crate) async fn relabel(
    store: &Store,
    writer: &mut Writer,
    snapshot: &Snapshot,
    registry: &Arc<Registry>,
    since: u64,
    mut told: impl FnMut(u64),
) -> Result<u64, StoreError> {
    let version = registry.version();
    store.keep_registry(version, registry.files()).await?;
    let mut forming = Forming::begin(snapshot.clone(), Arc::clone(registry), since);
    let mut written = 0;
    while let Some(formed) = forming.next().await? {
        writer.write_opinions(&formed, version).await?;
        written += formed.len() as u64;
        told(written);
    }
    writer.adopt(version).await?;
    Ok(written)
}

async fn form(
    snapshot: Snapshot,
    registry: Arc<Registry>,
    since: u64,
    sender: mpsc::Sender<Formed>,
) -> Result<(), StoreError> {
    let mut under_way = JoinSet::new();
    for run in snapshot.without_opinion(registry.version(), since, BYTES).await? {
        if under_way.len() == AT_ONCE {
            ended(under_way.join_next().await)?;
        }
        let (registry, sender) = (Arc::clone(&registry), sender.clone());
        // mostly computing: not to be done where others are answered
        under_way.spawn_blocking(move || {
            Handle::current().block_on(async {
                let formed = form_run(&run, &registry).await?;
                // nobody listens any more where this is to end
                let _ = sender.send(formed).await;
                Ok(())
            })
        });
    }
    while !under_way.is_empty() {
        ended(under_way.join_next().await)?;
    }
    Ok(())
}

fn ended(run: Option<Result<Result<(), StoreError>, tokio::task::JoinError>>) -> Result<(), StoreError> {
    match run {
        Some(Err(panicked)) => std::panic::resume_unwind(panicked.into_panic()),
        Some(Ok(outcome)) => outcome,
        None => Ok(()),
    }
}

async fn form_run(run: &Run, registry: &Registry) -> Result<Formed, StoreError> {
    let mut facts = run.facts()?;
    let mut formed = Vec::new();
    while let Some(block) = facts.next().await? {
        let height = block.id.height;
        let block = VerifiedBlock::restored(run.network(), block)
            .map_err(|refusal| StoreError::Damaged { height, reason: refusal.to_string() })?;
        formed.push((block.facts().id, attribute(registry, &block)));
    }
    Ok(formed)
}

//! What every handler shares.

use std::{sync::Arc, time::Duration};

use bitcoin::{Address, Script};
use hashwatch_model::{Market, Origin, RegistryVersion, Status};
use hashwatch_registry::{Dossier, Registry};
use hashwatch_store::{Counts, Mark, ProofCounts, Snapshot, Store, StoreError};
use tokio::sync::{Semaphore, watch};

use crate::{
    alerts::{Alerts, stream::Streams},
    answers::Answers,
    chart::ChartRenderer,
    concentration::Concentration,
    error::WebError,
    flow,
    miners::Miners,
    params::BlockRef,
    pools::{Ever, Records},
    published::Own,
    reference::Reference,
    replies::Replies,
    scenario::Played,
    series::Point,
    shares::{Shares, by::By, entities::Entities},
    unknown::Workbench,
    view::View,
    visitor::Rate,
};

/// Answers of each kind kept: ten windows of a few blocks. The largest, a history, has some 100 kB.
const KEPT: usize = 64;
/// Of what is as large as many windows together.
const FEW: usize = 4;
/// Columns of who stands behind blocks: two megabytes each.
const ENTITIES: usize = 9;
/// Requests of one visitor to pages of subscriptions in a minute.
const ASKED_IN_A_MINUTE: usize = 60;
/// Versions of the registry kept: some megabytes each.
const REGISTRIES: usize = 4;

/// An index, by whom, whether the axis is logarithmic, and under which registry and dossier.
type PublishedChart = (&'static str, By, bool, String);

/// The store, the registry and what goes on right now.
#[derive(Clone)]
pub struct WebState {
    pub(crate) store: Store,
    /// The one of this process. What is stored may have been named by another: see [`View`].
    pub(crate) registry: Arc<Registry>,
    /// What is publicly known of miners and markets, of mainnet whatever chain this is.
    pub(crate) dossier: watch::Receiver<Arc<Dossier>>,
    /// Prices of the operator's, as they come.
    pub(crate) market: watch::Receiver<Arc<Market>>,
    /// Others that were asked for lately.
    pub(crate) registries: Arc<Answers<Arc<Registry>, RegistryVersion>>,
    pub(crate) status: watch::Receiver<Status>,
    pub(crate) alerts: Arc<Alerts>,
    /// Streams of notices that are open.
    pub(crate) streams_of_notices: Arc<Streams>,
    /// How often pages of subscriptions are asked for.
    pub(crate) asked_of_subscriptions: Arc<Rate>,
    pub(crate) replies: Arc<Replies>,
    pub(crate) charts: Arc<ChartRenderer>,
    /// The description of the API, as it is sent.
    pub(crate) description: Arc<str>,
    /// The same for people.
    pub(crate) reference: Arc<Reference>,
    pub(crate) entities: Arc<Answers<Arc<Entities>, (Mark, By)>>,
    pub(crate) shares: Arc<Answers<Arc<Shares>>>,
    pub(crate) concentrations: Arc<Answers<Arc<Concentration>>>,
    /// By mark alone.
    pub(crate) ever: Arc<Answers<Arc<Ever>, Mark>>,
    pub(crate) records: Arc<Answers<Arc<Records>>>,
    pub(crate) miners: Arc<Answers<Arc<Miners>>>,
    pub(crate) workbenches: Arc<Answers<Arc<Workbench>>>,
    /// Who may be sent an answer while it is made.
    pub(crate) streams: Arc<Semaphore>,
    /// Who may sort blocks of Unknown.
    pub(crate) sorting: Arc<Semaphore>,
    pub(crate) points: Arc<Answers<Arc<Vec<Point>>>>,
    pub(crate) chart_data: Arc<Answers<Arc<str>>>,
    /// Our own counts of the published months, by mark alone.
    pub(crate) own_months: Arc<Answers<Arc<Own>, Mark>>,
    /// Charts of the published months, by index.
    pub(crate) published: Arc<Answers<Arc<str>, PublishedChart>>,
    /// Scenarios by the whole question.
    pub(crate) scenarios: Arc<Answers<Arc<Played>, String>>,
    pub(crate) counts: Arc<Answers<Counts, Mark>>,
    /// By commit, and how many proofs there were.
    pub(crate) proofs: Arc<Answers<ProofCounts, (u64, u64)>>,
}

impl WebState {
    /// `status` is what the pipeline, or whoever runs the server, says of the present.
    pub fn new(
        store: Store,
        registry: Arc<Registry>,
        dossier: watch::Receiver<Arc<Dossier>>,
        market: watch::Receiver<Arc<Market>>,
        status: watch::Receiver<Status>,
        charts: ChartRenderer,
    ) -> WebState {
        let (shares, chart_data) = (Arc::new(Answers::new(KEPT)), Arc::new(Answers::new(KEPT)));
        let (records, miners) = (Arc::new(Answers::new(KEPT)), Arc::new(Answers::new(KEPT)));
        let (ever, workbenches) = (Arc::new(Answers::new(FEW)), Arc::new(Answers::new(FEW)));
        let (proofs, entities) = (Arc::new(Answers::new(1)), Arc::new(Answers::new(ENTITIES)));
        let registries = Arc::new(Answers::new(REGISTRIES));
        WebState {
            store,
            registry,
            dossier,
            market,
            registries,
            status,
            alerts: Arc::default(),
            streams_of_notices: Arc::new(streams(&Alerts::default())),
            asked_of_subscriptions: Arc::new(Rate::new(ASKED_IN_A_MINUTE, Duration::from_secs(60))),
            replies: Arc::default(),
            charts: Arc::new(charts),
            description: Arc::from(""),
            reference: Arc::default(),
            entities,
            shares,
            concentrations: Arc::new(Answers::new(KEPT)),
            ever,
            records,
            miners,
            workbenches,
            streams: Arc::new(Semaphore::new(flow::PLACES)),
            sorting: Arc::new(Semaphore::new(1)),
            points: Arc::new(Answers::new(KEPT)),
            chart_data,
            own_months: Arc::new(Answers::new(1)),
            published: Arc::new(Answers::new(KEPT)),
            scenarios: Arc::new(Answers::new(KEPT)),
            counts: Arc::new(Answers::new(FEW)),
            proofs,
        }
    }

    /// The same with what is known of alerts.
    #[must_use]
    pub fn with_alerts(self, alerts: Alerts) -> WebState {
        WebState { streams_of_notices: Arc::new(streams(&alerts)), alerts: Arc::new(alerts), ..self }
    }

    pub(crate) fn origin(&self) -> &Origin {
        self.store.origin()
    }

    /// The address of a script on this network; none where it has none.
    pub(crate) fn address(&self, script: &Script) -> Option<String> {
        Address::from_script(script, self.origin().network.encoding()).ok().map(|address| address.to_string())
    }

    /// The newest state of the store, or as it was with a given block as its tip; under a version of the registry that was in use
    /// once, as it was at the last mark under it.
    pub(crate) async fn view_under(
        &self,
        as_of: Option<BlockRef>,
        version: Option<RegistryVersion>,
    ) -> Result<View, WebError> {
        let pinned = version.is_some();
        let newest = match version {
            None => self.store.snapshot().await?.ok_or(WebError::NoBlocks)?,
            Some(version) => {
                let missing = || WebError::NotFound(format!("registry {version} was never in use here"));
                self.store.snapshot_under(&version).await?.ok_or_else(missing)?
            }
        };
        let who = self.registry_of(newest.registry()).await?;
        let exact = who.version() == newest.registry();
        let height = match as_of {
            None => return Ok(View { snapshot: newest, who, pinned, exact }),
            Some(BlockRef::Height(height)) => height,
            Some(BlockRef::Hash(hash)) => {
                let found = newest.block_by_hash(hash).await?;
                let found = found.ok_or_else(|| WebError::NotFound(format!("no block {hash} is stored")))?;
                if found.stale {
                    return Err(WebError::StaleAsOf(hash.to_string()));
                }
                found.block.id.height
            }
        };
        let missing = || WebError::NotFound(format!("no block at height {height} is stored"));
        let snapshot = newest.as_of(height).await?.ok_or_else(missing)?;
        Ok(View { snapshot, who, pinned, exact })
    }

    /// A version of the registry: the one at hand, or as it was kept. Of one that was not kept, or that this program
    /// refuses, the names of today must do.
    async fn registry_of(&self, version: &RegistryVersion) -> Result<Arc<Registry>, WebError> {
        if version == self.registry.version() {
            return Ok(Arc::clone(&self.registry));
        }
        let kept = async {
            let Some(files) = self.store.registry_files(version).await? else { return Ok(Arc::clone(&self.registry)) };
            let files: Vec<(&str, &str)> = files.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
            // one that this program reads otherwise than the one that kept it is told by the names of today
            let read = tokio::task::block_in_place(|| Registry::from_files(&files));
            Ok(read.map_or_else(
                |errors| {
                    tracing::warn!(%version, "the registry as it was kept is refused: {errors}");
                    Arc::clone(&self.registry)
                },
                Arc::new,
            ))
        };
        self.registries.get(version.clone(), kept).await
    }

    /// How many blocks there are.
    pub(crate) async fn counts(&self, snapshot: &Snapshot) -> Result<Counts, StoreError> {
        self.counts.get(snapshot.mark().clone(), snapshot.counts()).await
    }

    /// What ties the coinbases of kept blocks to their headers: counted anew only where a commit or a proof has come, as
    /// it takes a while with a million proofs.
    pub(crate) async fn proof_counts(&self, snapshot: &Snapshot) -> Result<ProofCounts, StoreError> {
        let question = (snapshot.mark().commit, snapshot.proofs_written().await?);
        self.proofs.get(question, snapshot.proof_counts()).await
    }
}

fn streams(alerts: &Alerts) -> Streams {
    Streams::new(alerts.streams.most, alerts.streams.most_each)
}

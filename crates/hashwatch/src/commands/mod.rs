//! One file per subcommand.

pub(crate) mod alerts;
pub(crate) mod attribute;
pub(crate) mod audit;
pub(crate) mod check;
pub(crate) mod engine;
pub(crate) mod market;
pub(crate) mod pivots;
pub(crate) mod registry;
pub(crate) mod relabel;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod simulate;
pub(crate) mod verify_block;
pub(crate) mod verify_headers;

use std::{net::SocketAddr, sync::Arc};

use anyhow::Context;
use hashwatch_model::{Market, Status};
use hashwatch_registry::{Dossier, Registry};
use hashwatch_store::Store;
use hashwatch_web::{Alerts, ChartRenderer, WebState};
use tokio::{net::TcpListener, sync::watch};

/// Turns to true at SIGTERM or SIGINT.
fn stop_signal() -> anyhow::Result<watch::Receiver<bool>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (send, receive) = watch::channel(false);
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        // nobody listening any more is as good as stopped
        let _ = send.send(true);
        // keep the sender: a dropped one would read as a stop to nobody
        std::future::pending::<()>().await;
    });
    Ok(receive)
}

/// Serves pages and API until told to stop.
#[allow(clippy::too_many_arguments, reason = "each is one thing that pages rest on")]
async fn serve_pages(
    listener: TcpListener,
    store: Store,
    registry: Arc<Registry>,
    dossier: watch::Receiver<Arc<Dossier>>,
    market: watch::Receiver<Arc<Market>>,
    status: watch::Receiver<Status>,
    alerts: Alerts,
    mut stop: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let state = WebState::new(store, registry, dossier, market, status, ChartRenderer::new()?).with_alerts(alerts);
    let stopped = async move {
        // as above
        let _ = stop.wait_for(|stop| *stop).await;
    };
    hashwatch_web::serve(listener, state, stopped).await;
    Ok(())
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    listener.with_context(|| format!("cannot listen on {address}; give another --listen ADDR"))
}

/// The URL, on standard output: the one thing that `run` and `serve` have to say there.
#[allow(clippy::print_stdout, reason = "data on standard output")]
fn print_url(listener: &TcpListener) -> anyhow::Result<()> {
    println!("http://{}/", listener.local_addr()?);
    Ok(())
}

//! `hashwatch engine`: the embedded ClickHouse as a process of its own.

use std::process::ExitCode;

use anyhow::Context;
use hashwatch_engine::{Engine, EngineError, Library};
use tokio::net::TcpListener;

use super::stop_signal;
use crate::{
    BadUsage,
    cli::EngineArgs,
    database::{chosen_secret, share},
};

#[allow(clippy::print_stdout, reason = "data on standard output")]
pub(crate) async fn engine(args: EngineArgs) -> anyhow::Result<ExitCode> {
    if !args.listen.ip().is_loopback() {
        return Err(BadUsage(EngineError::NotLoopback { address: args.listen }.to_string()).into());
    }
    let secret = chosen_secret()?;
    let stop = stop_signal()?;
    let engine = Engine::open(Library::find(None)?, &args.data)?;
    let listener = TcpListener::bind(args.listen).await.with_context(|| format!("listening on {}", args.listen))?;
    let shared = share(engine, listener, secret, &args.data, stop)?;
    println!("http://{}/", shared.endpoint.address);
    tracing::info!(data = %args.data.display(), "user default; the password is in the data directory's endpoint file");
    shared.ended().await;
    Ok(ExitCode::SUCCESS)
}

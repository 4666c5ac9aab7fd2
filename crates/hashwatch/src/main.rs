//! The one binary. Subcommands are thin: they read the configuration, open what they need and hand over.
//!
//! Data go to standard output, progress and logs to standard error. Exit status: 0; 1 when the data were refused or
//! the work failed; 2 for bad usage.

mod address;
mod alerts;
mod blocks;
mod chain;
mod cli;
mod clock;
mod commands;
mod config;
mod database;
mod dossier;
mod files;
mod hashing;
mod input;
mod market;
mod overlay;
mod pipeline;
mod pivots;
mod progress;
mod relabel;
mod site;
mod subscriptions;
mod told;
mod watched;

use std::{io::IsTerminal, process::ExitCode, time::Duration};

use anyhow::Context;
use clap::Parser;
use tracing_subscriber::EnvFilter;

use crate::cli::{Cli, Command};

/// Bytes of a worker's stack; what is not used takes no memory.
const WORKER_STACK: usize = 8 << 20;

/// How long a statement that still runs may hold up the end.
const CLOSING: Duration = Duration::from_secs(20);

/// A mistake of the operator's: exit status 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BadUsage(pub(crate) String);

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_env("HASHWATCH_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
    // what needs no runtime starts none: a file of headers takes less time than its threads
    let outcome = match cli.command {
        Command::Run(args) => run_async(commands::run::run(args)),
        Command::Index(args) => run_async(commands::run::index(args)),
        Command::Serve(args) => run_async(commands::serve::serve(args)),
        Command::Check(args) => run_async(commands::check::check(args)),
        Command::Registry(command) => commands::registry::registry(command),
        Command::Relabel(args) => run_async(commands::relabel::relabel(args)),
        Command::Audit(args) => run_async(commands::audit::audit(args)),
        Command::Pivots(command) => commands::pivots::pivots(command),
        Command::Subscriptions(command) => run_async(commands::subscriptions::subscriptions(command)),
        Command::Alerts(command) => run_async(commands::alerts::alerts(command)),
        Command::Market(args) => run_async(commands::market::market(args)),
        Command::Engine(args) => run_async(commands::engine::engine(args)),
        Command::Simulate(args) => commands::simulate::simulate(args),
        Command::VerifyHeaders(args) => commands::verify_headers::verify_headers(args),
        Command::VerifyBlock(args) => commands::verify_block::verify_block(args),
        Command::Attribute(args) => commands::attribute::attribute(args),
    };
    match outcome {
        Ok(code) => code,
        Err(error) if error.is::<BadUsage>() => {
            eprintln_line(&error);
            ExitCode::from(2)
        }
        Err(error) => {
            eprintln_line(&error);
            ExitCode::FAILURE
        }
    }
}

fn run_async(work: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    // a question to the store passes through a page, its figures and the client, each with frames of its own
    let runtime = runtime.enable_all().thread_stack_size(WORKER_STACK).build().context("no asynchronous runtime")?;
    let outcome = runtime.block_on(work);
    if !hashwatch_engine::wait_until_closed(CLOSING) {
        tracing::warn!("a statement was still running {} s after the end", CLOSING.as_secs());
    }
    // a blocked thread (a node that never answers) must not hold up the end
    runtime.shutdown_timeout(Duration::from_millis(500));
    outcome
}

fn eprintln_line(error: &anyhow::Error) {
    eprintln!("hashwatch: {error:#}");
}

//! The one binary. Subcommands are thin: they read the configuration, open what they need and hand over.
//!
//! Data go to standard output, progress and logs to standard error. Exit status: 0; 1 when the data were refused or
//! the work failed; 2 for bad usage.

mod address;
mod chain;
mod cli;
mod clock;
mod commands;
mod config;
mod database;
mod pipeline;
mod progress;

use std::{io::IsTerminal, process::ExitCode};

use clap::Parser;
use tracing_subscriber::EnvFilter;

use crate::cli::{Cli, Command};

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
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "no asynchronous runtime");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(async {
        match cli.command {
            Command::Run(args) => commands::run::run(args).await,
            Command::Index(args) => commands::run::index(args).await,
            Command::Serve(args) => commands::serve::serve(args).await,
            Command::Check(args) => commands::check::check(args).await,
            Command::Engine(args) => commands::engine::engine(args).await,
            Command::Simulate(args) => commands::simulate::simulate(args),
        }
    });
    // a blocked thread (a node that never answers) must not hold up the end
    runtime.shutdown_timeout(std::time::Duration::from_millis(500));
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

fn eprintln_line(error: &anyhow::Error) {
    eprintln!("hashwatch: {error:#}");
}

//! `hashwatch simulate`: writes a synthetic chain.

use std::process::ExitCode;

use hashwatch_simulate::{Plan, Progress as Made, SimulateError, generate, write_headers};

use crate::{BadUsage, cli::SimulateArgs, progress::Progress};

pub(crate) fn simulate(args: SimulateArgs) -> anyhow::Result<ExitCode> {
    let plan = Plan::new(args.network, args.blocks, args.seed).in_the_past();
    let plan = Plan { bytes_per_block: args.bytes_per_block, ..plan };
    let mut progress = Progress::new("simulating", u64::from(plan.expected_blocks()));
    let done = |made: Made| progress.set(u64::from(made.blocks));
    let made = match (&args.headers, &args.out) {
        (Some(file), _) => write_headers(&plan, file, done).map(|_| ()),
        (None, Some(dir)) => generate(&plan, dir, done).map(|_| ()),
        (None, None) => return Err(BadUsage("give --out DIR or --headers FILE".to_owned()).into()),
    };
    made.map_err(|error| match error {
        SimulateError::Network(_) | SimulateError::NoBlocks | SimulateError::BlockBytes { .. } => {
            BadUsage(error.to_string()).into()
        }
        error => anyhow::Error::from(error),
    })?;
    progress.finish();
    Ok(ExitCode::SUCCESS)
}

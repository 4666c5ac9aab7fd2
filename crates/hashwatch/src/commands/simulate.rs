//! `hashwatch simulate`: writes a synthetic chain.

use std::process::ExitCode;

use hashwatch_simulate::{Plan, Progress as Made, generate, write_headers};

use crate::{BadUsage, cli::SimulateArgs, progress::Progress};

pub(crate) fn simulate(args: SimulateArgs) -> anyhow::Result<ExitCode> {
    let plan = Plan { bytes_per_block: args.bytes_per_block, ..Plan::new(args.network, args.blocks, args.seed) };
    let mut progress = Progress::new("simulating", u64::from(plan.expected_blocks()));
    let done = |made: Made| progress.set(u64::from(made.blocks));
    match (&args.headers, &args.out) {
        (Some(file), _) => write_headers(&plan, file, done)?,
        (None, Some(dir)) => generate(&plan, dir, done)?,
        (None, None) => return Err(BadUsage("give --out DIR or --headers FILE".to_owned()).into()),
    };
    progress.finish();
    Ok(ExitCode::SUCCESS)
}

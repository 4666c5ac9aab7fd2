//! The running program at a new block: all rules by default, with what they read of the store and write into it.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    str::FromStr,
    time::{Duration, Instant},
};

use hashwatch_model::Network;
use hashwatch_simulate::{Growing, Plan, generate};

/// What the program logs of each look that has seen something new.
const SAID: &str = "the rules are evaluated";
/// For the first blocks to be indexed, and for one more to be looked at.
const PATIENCE: Duration = Duration::from_secs(1_800);

struct Running {
    process: Child,
    log: PathBuf,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Running {
    fn start(home: &Path, chain: &Path) -> Running {
        let log = home.join("log");
        let process = Command::new(env!("CARGO_BIN_EXE_hashwatch"))
            .args(["run", "--listen", "127.0.0.1:0", "--blocks-dir"])
            .arg(chain)
            .arg("--data")
            .arg(home.join("data"))
            .env("HASHWATCH_LOG", "info,hashwatch::alerts=debug")
            .stdout(Stdio::null())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        Running { process, log }
    }

    /// Heights that were looked at, and how long each took, in milliseconds.
    fn looks(&self) -> Vec<(u32, f64)> {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let look = |line: &str| Some((field(line, "height")?, field(line, "milliseconds")?));
        log.lines().filter(|line| line.contains(SAID)).filter_map(look).collect()
    }

    /// Until a block was looked at: how long that took.
    fn look_at(&mut self, height: u32) -> f64 {
        let began = Instant::now();
        loop {
            if let Some((_, took)) = self.looks().into_iter().find(|(at, _)| *at == height) {
                return took;
            }
            assert!(began.elapsed() < PATIENCE, "block {height} is not looked at; see {}", self.log.display());
            assert!(self.process.try_wait().unwrap().is_none(), "the program ended; see {}", self.log.display());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

fn field<T: FromStr>(line: &str, name: &str) -> Option<T> {
    line.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
}

/// Milliseconds of a look at each of some blocks that come to so many.
pub(crate) fn measure(blocks: u32, more: usize) -> Vec<f64> {
    let home = tempfile::tempdir().unwrap();
    let chain = home.path().join("chain");
    generate(&Plan::new(Network::Sim, blocks, 1).in_the_past(), &chain, |_| ()).unwrap();
    let mut growing = Growing::open(&chain).unwrap();
    let mut running = Running::start(home.path(), &chain);
    running.look_at(growing.tip().height);
    let mut now = u64::from(growing.note().tip.time);
    let mut took = Vec::with_capacity(more);
    while took.len() < more {
        now += 60;
        let came = growing.extend_to(now).unwrap();
        if came > 0 {
            let look = running.look_at(growing.tip().height);
            // where two come at once, they are looked at together
            took.extend((came == 1).then_some(look));
        }
    }
    took
}

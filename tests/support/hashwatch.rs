//! The program under test, run as a user runs it: its own process, real arguments, real HTTP.
//!
//! The binary is `$HASHWATCH_BIN`, or the one that cargo built into the same target directory as the tests.

mod asked;

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

pub use self::asked::Answer;
use crate::bitcoind::Bitcoind;
use crate::ports::free_port;
use crate::waiting::wait_for;

/// From the start to the first answer; the embedded engine loads meanwhile, maybe from a cold disk.
const START_TIMEOUT: Duration = Duration::from_secs(60);
const STOP_TIMEOUT: Duration = Duration::from_secs(30);
/// A run that ends by itself must do so within this.
const ONCE_TIMEOUT: Duration = Duration::from_secs(600);

/// A data directory of hashwatch's and, at times, a process that runs on it. The directory outlives the process: kill
/// one and start the next on the same data. It goes when the value is dropped.
pub struct Hashwatch {
    /// Holds `data` (made by hashwatch itself) and the outputs; it is the processes' working and home directory.
    home: TempDir,
    process: Option<Child>,
    port: u16,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    agent: ureq::Agent,
}

impl Hashwatch {
    /// An empty data directory; nothing runs yet.
    pub fn new() -> Result<Self> {
        Ok(Self {
            home: tempfile::Builder::new().prefix("hashwatch-test-").tempdir()?,
            process: None,
            port: free_port()?,
            arguments: Vec::new(),
            environment: Vec::new(),
            agent: asked::agent(),
        })
    }

    /// One that follows this node on regtest: `run` and `index` get its URL and cookie.
    pub fn following(node: &Bitcoind) -> Result<Self> {
        Self::following_at(&node.url(), node)
    }

    /// The same by way of a proxy at `url`, with the node's own cookie.
    pub fn following_at(url: &str, node: &Bitcoind) -> Result<Self> {
        let hashwatch = Self::new()?.with(["--network", "regtest", "--rpc-url", url]);
        Ok(hashwatch.with([OsStr::new("--rpc-cookie"), node.cookie_file().as_os_str()]))
    }

    /// One that reads a directory of blk*.dat without a node.
    pub fn reading(blocks_dir: &Path) -> Result<Self> {
        Ok(Self::new()?.with([OsStr::new("--blocks-dir"), blocks_dir.as_os_str()]))
    }

    /// More arguments for `run` and `index`.
    #[must_use]
    pub fn with(mut self, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// An environment variable for every process started from here. None of the caller's `HASHWATCH_*` are passed on.
    #[must_use]
    pub fn with_env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// The same by way of a `--config` file with this text.
    pub fn configured(self, toml: &str) -> Result<Self> {
        let file = self.home.path().join("hashwatch.toml");
        fs::write(&file, toml)?;
        Ok(self.with([OsStr::new("--config"), file.as_os_str()]))
    }

    /// What is given as `--data`.
    pub fn data_dir(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// Where it serves: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// `hashwatch run`; returns when `/api/v1/status` answers.
    pub fn run(&mut self) -> Result<()> {
        self.serve_by("run", self.arguments.clone())
    }

    /// `hashwatch serve` on what was indexed; returns when `/api/v1/status` answers.
    pub fn serve(&mut self) -> Result<()> {
        // of what is given to others, it takes the configuration alone
        let at = self.arguments.iter().position(|it| it == "--config");
        let config = at.and_then(|at| self.arguments.get(at..at + 2)).unwrap_or_default().to_vec();
        self.serve_by("serve", config)
    }

    /// Starts `hashwatch run` and waits for nothing: for tests that kill it early.
    pub fn spawn_run(&mut self) -> Result<()> {
        self.spawn("run", self.arguments.clone())
    }

    /// Starts `hashwatch index --once` and waits for nothing; see [`Self::wait`].
    pub fn spawn_index_once(&mut self) -> Result<()> {
        let mut arguments = self.arguments.clone();
        arguments.push("--once".into());
        self.start("index", arguments)
    }

    /// `hashwatch engine` on the data directory, on this value's port; returns its URL when it serves.
    pub fn run_engine(&mut self) -> Result<String> {
        self.spawn("engine", Vec::new())?;
        let url = wait_for("hashwatch engine says its URL", START_TIMEOUT, || {
            let said = self.stdout().lines().next().map(str::to_owned);
            said.map(Ok).or_else(|| (!self.is_running()).then(|| Err(anyhow::anyhow!("hashwatch engine ended"))))
        });
        url.and_then(|url| url).map_err(|error| error.context(self.said()))
    }

    /// `hashwatch index --once`: an error unless it ends with status 0.
    pub fn index_once(&mut self) -> Result<()> {
        self.spawn_index_once()?;
        let status = self.wait()?;
        ensure!(status.success(), "hashwatch index ended with {status}; {}", self.said());
        Ok(())
    }

    /// `hashwatch check --json` on the data directory: exit status and both outputs.
    pub fn check(&self) -> Result<Output> {
        self.command("check", [OsStr::new("--json"), "--data".as_ref(), self.data_dir().as_os_str()])
    }

    /// Runs any subcommand to its end, with these arguments alone.
    pub fn command(&self, subcommand: &str, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Result<Output> {
        let mut command = self.prepare(subcommand)?;
        Ok(command.args(arguments).stdin(Stdio::null()).output()?)
    }

    /// The same with a file's bytes on standard input.
    pub fn command_reading(
        &self,
        subcommand: &str,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
        file: &Path,
    ) -> Result<Output> {
        let mut command = self.prepare(subcommand)?;
        Ok(command.args(arguments).stdin(File::open(file)?).output()?)
    }

    /// Waits until the process ends by itself.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        let mut process = self.process.take().context("hashwatch is not running")?;
        let ended = wait_for("hashwatch ends", ONCE_TIMEOUT, || process.try_wait().transpose());
        if ended.is_err() {
            end(&mut process);
        }
        Ok(ended??)
    }

    /// Whether the process is alive.
    pub fn is_running(&mut self) -> bool {
        self.process.as_mut().is_some_and(|process| matches!(process.try_wait(), Ok(None)))
    }

    /// How long the process has computed so far, all its threads together.
    pub fn cpu_time(&self) -> Result<Duration> {
        let process = self.process.as_ref().context("hashwatch is not running")?;
        let stat = fs::read_to_string(format!("/proc/{}/stat", process.id()))?;
        // fields 14 and 15, counted from 1; the second is the name in brackets, and may hold spaces
        let fields: Vec<&str> = stat.rsplit(')').next().context("fields")?.split_whitespace().collect();
        let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
        Ok(Duration::from_secs(ticks).div_f64(rustix::param::clock_ticks_per_second() as f64))
    }

    /// The process, while there is one.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(std::process::Child::id)
    }

    /// SIGKILL, and waits until the process is gone.
    pub fn kill9(&mut self) {
        if let Some(mut process) = self.process.take() {
            end(&mut process);
        }
    }

    /// SIGTERM: an error unless the process then ends with status 0 in time.
    pub fn terminate(&mut self) -> Result<()> {
        let process = self.process.as_ref().context("hashwatch is not running")?;
        kill_process(Pid::from_child(process), Signal::TERM)?;
        let mut process = self.process.take().context("hashwatch is not running")?;
        let ended = wait_for("hashwatch ends after SIGTERM", STOP_TIMEOUT, || process.try_wait().transpose());
        if ended.is_err() {
            end(&mut process);
        }
        let status = ended.with_context(|| self.said())??;
        ensure!(status.success(), "after SIGTERM hashwatch ended with {status}; {}", self.said());
        Ok(())
    }

    /// What the processes started so far wrote to standard error.
    pub fn stderr(&self) -> String {
        read_lossy(&self.stderr_file())
    }

    /// What the last process wrote to standard output.
    pub fn stdout(&self) -> String {
        read_lossy(&self.stdout_file())
    }

    fn serve_by(&mut self, subcommand: &str, arguments: Vec<OsString>) -> Result<()> {
        self.spawn(subcommand, arguments)?;
        let answered = wait_for("hashwatch serves /api/v1/status", START_TIMEOUT, || {
            if !self.is_running() {
                return Some(Err(anyhow::anyhow!("hashwatch {subcommand} ended at its start")));
            }
            self.get("/api/v1/status").is_ok_and(|answer| answer.status == 200).then_some(Ok(()))
        });
        answered.and_then(|ready| ready).map_err(|error| {
            self.kill9();
            error.context(self.said())
        })
    }

    /// Starts a subcommand that listens.
    fn spawn(&mut self, subcommand: &str, mut arguments: Vec<OsString>) -> Result<()> {
        arguments.extend(["--listen".into(), format!("127.0.0.1:{}", self.port).into()]);
        self.start(subcommand, arguments)
    }

    fn start(&mut self, subcommand: &str, arguments: Vec<OsString>) -> Result<()> {
        ensure!(!self.is_running(), "hashwatch runs already on this data directory");
        let mut command = self.prepare(subcommand)?;
        let stderr = File::options().create(true).append(true).open(self.stderr_file())?;
        command.arg("--data").arg(self.data_dir()).args(arguments);
        command.stdin(Stdio::null()).stdout(File::create(self.stdout_file())?).stderr(stderr);
        self.process = Some(command.spawn().with_context(|| format!("cannot run {command:?}"))?);
        Ok(())
    }

    /// The binary in an environment of its own: neither a configuration nor a node of the developer's must be found.
    fn prepare(&self, subcommand: &str) -> Result<Command> {
        let mut command = Command::new(binary()?);
        for (name, _) in std::env::vars_os() {
            // where the embedded engine lies is a matter of the machine
            if name.to_string_lossy().starts_with("HASHWATCH_") && name != "HASHWATCH_LIBCHDB" {
                command.env_remove(name);
            }
        }
        command.current_dir(self.home.path()).env("HOME", self.home.path());
        command.envs(self.environment.iter().cloned()).arg(subcommand);
        Ok(command)
    }

    fn said(&self) -> String {
        format!("its standard error ends:\n{}", last_lines(&self.stderr(), 40))
    }

    fn stderr_file(&self) -> PathBuf {
        self.home.path().join("stderr")
    }

    fn stdout_file(&self) -> PathBuf {
        self.home.path().join("stdout")
    }
}

impl Drop for Hashwatch {
    fn drop(&mut self) {
        self.kill9();
        if std::thread::panicking() {
            eprintln!("hashwatch: {}", self.said());
        }
    }
}

/// The binary under test.
pub fn binary() -> Result<PathBuf> {
    if let Some(binary) = std::env::var_os("HASHWATCH_BIN") {
        return Ok(binary.into());
    }
    // target/debug/deps/TEST -> target/debug/hashwatch
    let test = std::env::current_exe()?;
    let built = test.parent().and_then(Path::parent).context("the test lies outside a target directory")?;
    let binary = built.join("hashwatch");
    if !binary.is_file() {
        bail!("{} does not exist: cargo build -p hashwatch first (with the tests' profile)", binary.display());
    }
    Ok(binary)
}

fn end(process: &mut Child) {
    // an error means that it has ended already
    let _ = process.kill();
    let _ = process.wait();
}

fn read_lossy(file: &Path) -> String {
    String::from_utf8_lossy(&fs::read(file).unwrap_or_default()).into_owned()
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

//! Real full nodes: bitcoind on regtest, started, stopped, killed and connected to each other.
//!
//! The program is `$BITCOIND` or what `tests/fetch-bitcoind.sh` fetched. Mining is left to [`crate::miner`].

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bitcoincore_rpc::{Auth, Client, RpcApi};
use serde_json::json;
use tempfile::TempDir;

use crate::ports::free_port;
use crate::waiting::{wait_for, wait_until};

const START_TIMEOUT: Duration = Duration::from_secs(60);
const STOP_TIMEOUT: Duration = Duration::from_secs(60);
/// A port that was free may be taken before bitcoind binds it.
const START_ATTEMPTS: u32 = 3;

/// A bitcoind on regtest with a data directory of its own, which goes when the value is dropped.
///
/// RPC (cookie authentication), REST and the peer-to-peer port listen on 127.0.0.1 alone; the node looks for no peers
/// by itself. It counts blocks up to a hundred years old as recent, so a chain mined in the past does not leave it in
/// initial block download; `-maxtipage=86400` in `arguments` gives the usual rule back.
pub struct Bitcoind {
    process: Option<Child>,
    home: TempDir,
    rpc_port: u16,
    p2p_port: u16,
    arguments: Vec<String>,
}

impl Bitcoind {
    /// Starts a node at the genesis block and waits until its RPC answers.
    pub fn start() -> Result<Self> {
        Self::start_with(&[])
    }

    /// The same with more command line arguments; of an option given twice bitcoind takes the last.
    pub fn start_with(arguments: &[&str]) -> Result<Self> {
        let mut node = Self {
            process: None,
            home: tempfile::Builder::new().prefix("hashwatch-bitcoind-").tempdir()?,
            rpc_port: 0,
            p2p_port: 0,
            arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
        };
        let mut attempt = 1;
        loop {
            (node.rpc_port, node.p2p_port) = (free_port()?, free_port()?);
            match node.launch() {
                Ok(()) => return Ok(node),
                Err(error) if attempt == START_ATTEMPTS => return Err(error),
                Err(_) => attempt += 1,
            }
        }
    }

    /// A client with the node's cookie. The cookie changes at every start: ask again after [`Self::restart`].
    pub fn rpc(&self) -> Result<Client> {
        let client = Client::new(&self.url(), Auth::CookieFile(self.cookie_file()));
        client.context("no RPC client for bitcoind: is it running?")
    }

    /// Where JSON-RPC and REST are served: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.rpc_port)
    }

    /// The file with `user:password` for the RPC; it exists while the node runs.
    pub fn cookie_file(&self) -> PathBuf {
        self.network_dir().join(".cookie")
    }

    /// What was given as `-datadir`; the node's files lie in its folder `regtest`.
    pub fn datadir(&self) -> &Path {
        self.home.path()
    }

    /// Where blk*.dat and xor.dat lie.
    pub fn blocks_dir(&self) -> PathBuf {
        self.network_dir().join("blocks")
    }

    /// Where other nodes reach this one: `127.0.0.1:PORT`.
    pub fn p2p_address(&self) -> String {
        format!("127.0.0.1:{}", self.p2p_port)
    }

    /// Whether the process is alive.
    pub fn is_running(&mut self) -> bool {
        self.process.as_mut().is_some_and(|process| matches!(process.try_wait(), Ok(None)))
    }

    /// Asks the node to stop and waits until it has; all it knows is on disk then.
    pub fn stop(&mut self) -> Result<()> {
        let Some(mut process) = self.process.take() else { return Ok(()) };
        let asked = self.rpc().and_then(|rpc| Ok(rpc.call::<String>("stop", &[])?));
        if let Err(error) = asked {
            end(&mut process);
            return Err(error.context("bitcoind could not be asked to stop and was killed"));
        }
        let status = wait_for("bitcoind stops", STOP_TIMEOUT, || process.try_wait().transpose());
        let status: ExitStatus = status.inspect_err(|_| end(&mut process))??;
        if !status.success() {
            bail!("bitcoind stopped with {status}; its log ends:\n{}", self.log_end());
        }
        Ok(())
    }

    /// SIGKILL: no flush, no goodbye.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            end(&mut process);
        }
    }

    /// Starts the node again on the same data and ports, first stopping it if it runs.
    pub fn restart(&mut self) -> Result<()> {
        self.stop()?;
        self.launch()
    }

    /// Connects this node to `other` and waits until both have finished the handshake.
    pub fn connect(&self, other: &Self) -> Result<()> {
        let rpc = self.rpc()?;
        let address = other.p2p_address();
        // "onetry", again while the other is still busy: "add" tries again only after a minute
        wait_until("two bitcoinds connect", START_TIMEOUT, || match self.handshake_with(&address) {
            Ok(Some(done)) => done,
            Ok(None) => {
                let _ = rpc.call::<()>("addnode", &[json!(address), json!("onetry")]);
                false
            }
            Err(_) => false,
        })
    }

    /// Takes the connection made by [`Self::connect`] apart and waits until it is gone.
    pub fn disconnect(&self, other: &Self) -> Result<()> {
        let address = other.p2p_address();
        self.rpc()?.call::<()>("disconnectnode", &[json!(address)])?;
        wait_until("two bitcoinds disconnect", START_TIMEOUT, || matches!(self.handshake_with(&address), Ok(None)))
    }

    /// Cuts the node off from all peers, or lets it back.
    pub fn set_network_active(&self, active: bool) -> Result<()> {
        self.rpc()?.call::<bool>("setnetworkactive", &[json!(active)])?;
        Ok(())
    }

    /// Whether the handshake with the peer at `address` is done; `None` if there is no such peer.
    fn handshake_with(&self, address: &str) -> Result<Option<bool>> {
        let peers: Vec<serde_json::Value> = self.rpc()?.call("getpeerinfo", &[])?;
        let peer = peers.iter().find(|peer| peer["addr"] == address);
        // version 0 until the other has said which it speaks
        Ok(peer.map(|peer| peer["version"].as_u64().unwrap_or(0) > 0))
    }

    fn launch(&mut self) -> Result<()> {
        let program = program()?;
        let output = File::create(self.home.path().join("output.log"))?;
        let process = Command::new(&program)
            .arg("-regtest")
            .arg(format!("-datadir={}", self.home.path().display()))
            .args(["-server=1", "-rest=1", "-rpcbind=127.0.0.1", "-rpcallowip=127.0.0.1"])
            .arg(format!("-rpcport={}", self.rpc_port))
            .args(["-listen=1", "-listenonion=0", "-discover=0", "-dnsseed=0", "-fixedseeds=0", "-natpmp=0"])
            .arg("-connect=0")
            .arg(format!("-bind=127.0.0.1:{}", self.p2p_port))
            .args(["-disablewallet=1", "-fallbackfee=0.0001", "-printtoconsole=0", "-par=1", "-dbcache=32"])
            .arg("-maxtipage=3153600000")
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("cannot run {}", program.display()))?;
        self.process = Some(process);
        let answered = wait_for("bitcoind answers", START_TIMEOUT, || {
            if !self.is_running() {
                return Some(Err(anyhow::anyhow!("bitcoind ended at its start")));
            }
            // no cookie yet, no listener yet, or "in warmup": all of them pass
            let ready = self.rpc().is_ok_and(|rpc| rpc.get_block_count().is_ok());
            ready.then_some(Ok(()))
        });
        answered.and_then(|ready| ready).map_err(|error| {
            self.kill();
            error.context(format!("{} said:\n{}", program.display(), self.log_end()))
        })
    }

    fn network_dir(&self) -> PathBuf {
        self.home.path().join("regtest")
    }

    /// The last lines of what the node wrote, for error messages.
    pub fn log_end(&self) -> String {
        let output = fs::read_to_string(self.home.path().join("output.log")).unwrap_or_default();
        let log = fs::read_to_string(self.network_dir().join("debug.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        format!("{output}{}", lines[lines.len().saturating_sub(20)..].join("\n"))
    }
}

impl Drop for Bitcoind {
    fn drop(&mut self) {
        self.kill();
    }
}

fn end(process: &mut Child) {
    // an error means that it has ended already
    let _ = process.kill();
    let _ = process.wait();
}

/// The bitcoind to run: `$BITCOIND`, or the one that was fetched.
fn program() -> Result<PathBuf> {
    if let Some(program) = std::env::var_os("BITCOIND").filter(|program| !program.is_empty()) {
        return Ok(program.into());
    }
    let fetched = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.parts/bitcoind/bitcoind");
    if !fetched.exists() {
        bail!("no bitcoind: run tests/fetch-bitcoind.sh first, or set BITCOIND");
    }
    Ok(fetched)
}

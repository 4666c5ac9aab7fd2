//! The program under questions.

use std::{
    fs,
    io::Read,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use hashwatch_tests::measure::{Table, in_earnest};

use super::row;

/// What the overview is made of, over all time.
const OVERVIEW: [&str; 7] = [
    "/api/v1/shares?window=all",
    "/api/v1/concentration?window=all",
    "/api/v1/hashrate?window=all",
    "/api/v1/difficulty?window=all",
    "/api/v1/revenue?window=all",
    "/charts/history.json?window=all",
    "/?window=all",
];

/// A running `hashwatch serve`. It ends when it is dropped.
struct Served {
    process: Child,
    url: String,
    agent: ureq::Agent,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Served {
    fn start(home: &Path) -> Served {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
        let listen = format!("127.0.0.1:{port}");
        let process = Command::new(env!("CARGO_BIN_EXE_hashwatch"))
            .args(["serve", "--network", "regtest", "--listen", &listen, "--data"])
            .arg(home.join("data"))
            .env("HASHWATCH_LOG", "warn")
            .stdout(Stdio::null())
            .spawn()
            .expect("the program starts");
        let config = ureq::Agent::config_builder().proxy(None).timeout_global(Some(Duration::from_secs(300)));
        let served = Served { process, url: format!("http://{listen}"), agent: config.build().into() };
        while served.agent.get(format!("{}/api/v1/status", served.url)).call().is_err() {
            std::thread::sleep(Duration::from_millis(100));
        }
        served
    }

    /// Milliseconds that an answer takes, and its bytes.
    fn ask(&self, path: &str) -> (f64, u64) {
        let began = Instant::now();
        let mut answer =
            self.agent.get(format!("{}{path}", self.url)).call().unwrap_or_else(|error| panic!("{path}: {error}"));
        let mut reader = answer.body_mut().with_config().limit(u64::MAX).reader();
        let bytes = std::io::copy(&mut reader, &mut std::io::sink()).expect("a body");
        (began.elapsed().as_secs_f64() * 1e3, bytes)
    }

    /// Bytes resident now.
    fn resident(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        line.unwrap_or(0) * 1_024
    }
}

pub(super) fn measure(home: &Path, blocks: u32, table: &mut Table) {
    let served = Served::start(home);
    let (first, _) = served.ask("/api/v1/shares?window=all");
    row(
        table,
        "the first answer of a process: `/api/v1/shares?window=all`",
        &[first],
        "reads the chain first".to_owned(),
    );
    cold(&served, blocks, table);
    warm(&served, table);
    file(&served, blocks, table);
}

/// Answers as of blocks that nobody asked for.
fn cold(served: &Served, blocks: u32, table: &mut Table) {
    for path in OVERVIEW {
        let mut all: Vec<f64> =
            (1..=7).map(|below| served.ask(&format!("{path}&as_of={}", blocks - 1 - below)).0).collect();
        all.sort_by(f64::total_cmp);
        let most = all[all.len() - 1];
        row(
            table,
            &format!("cold: `{path}`"),
            &all,
            format!("at most 150 ms: {}", if most <= 150.0 { "yes" } else { "no" }),
        );
    }
}

/// Many asking for the same.
fn warm(served: &Served, table: &mut Table) {
    let Some(wrk) = wrk() else {
        eprintln!("no wrk: run tests/fetch-wrk.sh");
        return;
    };
    let seconds = if in_earnest() { 15 } else { 1 };
    for path in OVERVIEW {
        served.ask(path);
        let told = Command::new(&wrk)
            .args(["-t1", "-c64", &format!("-d{seconds}s"), "--latency", &format!("{}{path}", served.url)])
            .output()
            .expect("wrk runs");
        let text = String::from_utf8_lossy(&told.stdout).into_owned();
        assert!(told.status.success(), "{text}");
        let failed = text.lines().find_map(|line| line.trim().strip_prefix("Non-2xx or 3xx responses:"));
        let after = |word: &str| {
            text.lines().find_map(|line| line.trim().strip_prefix(word).map(|rest| rest.trim().to_owned()))
        };
        let (middle, worst) = (after("50%").unwrap_or_default(), after("99%").unwrap_or_default());
        let rate = after("Requests/sec:").unwrap_or_default();
        table.row(&[
            format!("warm, 64 connections: `{path}`"),
            middle,
            format!("99 %: {worst}"),
            format!("{rate} requests/s{}", failed.map_or_else(String::new, |count| format!(",{count} refused"))),
        ]);
    }
}

fn wrk() -> Option<PathBuf> {
    let fetched = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.parts/wrk/wrk");
    std::env::var_os("WRK").map(PathBuf::from).or_else(|| fetched.exists().then_some(fetched))
}

/// Every block as one file.
fn file(served: &Served, blocks: u32, table: &mut Table) {
    let before = served.resident();
    let mut most = before;
    let (mut times, mut size) = (Vec::new(), 0);
    for _ in 0..3 {
        let began = Instant::now();
        let mut answer = served.agent.get(format!("{}/api/v1/blocks.csv", served.url)).call().expect("the file");
        let mut reader = answer.body_mut().with_config().limit(u64::MAX).reader();
        let mut buffer = vec![0; 1 << 20];
        size = 0;
        loop {
            let read = reader.read(&mut buffer).expect("rows");
            if read == 0 {
                break;
            }
            size += read;
            most = most.max(served.resident());
        }
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    let rate = f64::from(blocks) / times[1] * 1e3;
    let grown = most.saturating_sub(before) / 1_000_000;
    let beside = format!("{rate:.0} rows/s, {} MB; resident memory grew by {grown} MB at most", size / 1_000_000);
    row(table, "every block as CSV: `/api/v1/blocks.csv`", &times, beside);
}

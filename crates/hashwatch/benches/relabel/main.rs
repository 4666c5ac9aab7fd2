//! How fast opinions on a whole chain are formed anew: `hashwatch relabel` under another registry, against ClickHouse alone reading
//! the same columns and writing as many opinions.
//!
//! The blocks are made up and go into the store by its own writer. Some bear a tag that is in no registry but an overlay's, one for
//! each round, so that every round has a registry of its own and blocks change hands.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a bench that cannot go on fails")]

#[path = "../made_up/mod.rs"]
mod made_up;

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use hashwatch_engine::connect;
use hashwatch_tests::measure::{Table, in_earnest};
use serde_json::Value;

use made_up::{farm, fill};

fn main() {
    let (blocks, rounds) = if in_earnest() { (1_000_000, 3) } else { (3_000, 1) };
    let under = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench");
    fs::create_dir_all(&under).expect("a disk with room");
    let home = tempfile::tempdir_in(under).expect("a temporary directory");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(fill(home.path(), blocks, rounds));
    let runs: Vec<Run> = (0..rounds)
        .map(|round| {
            let mut run = relabel(home.path(), blocks, round);
            let alone = runtime.block_on(clickhouse_alone(home.path(), &run.version, blocks));
            run.spent[..2].copy_from_slice(&alone);
            run
        })
        .collect();
    report(&runs, blocks);
}

/// What is measured, in the order of [`Run::spent`].
const WORKS: [&str; 4] = [
    "ClickHouse alone: reading the columns of the facts",
    "ClickHouse alone: `INSERT ... SELECT` of as many opinions",
    "`hashwatch relabel`, from reading to swapped in: read, check, attribute, write",
    "the same, start to exit, with the report of what changed hands",
];

/// One round.
struct Run {
    /// Of the registry.
    version: String,
    spent: [Spent; 4],
    /// The most memory that the program had resident, in bytes.
    resident: u64,
}

/// What a work took, and what was computed for it on all cores, in seconds.
#[derive(Clone, Copy, Default)]
struct Spent {
    seconds: f64,
    computed: Option<f64>,
}

fn report(runs: &[Run], blocks: u32) {
    let sorted = |of: &dyn Fn(&Run) -> f64| {
        let mut all: Vec<f64> = runs.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all
    };
    let median = |of: &dyn Fn(&Run) -> f64| sorted(of)[runs.len() / 2];
    let columns = ["work", "s", "s of all cores", "blocks/s", "x ClickHouse alone"];
    let mut table = Table::new("relabel", &columns);
    for (place, work) in WORKS.into_iter().enumerate() {
        let all = sorted(&|run| run.spent[place].seconds);
        let (middle, least, most) = (all[runs.len() / 2], all[0], all[runs.len() - 1]);
        let computed = runs[0].spent[place].computed.map(|_| median(&|run| run.spent[place].computed.unwrap_or(0.0)));
        let alone = |run: &Run| run.spent[0].seconds + run.spent[1].seconds;
        let ratio = (place > 1).then(|| median(&|run| run.spent[place].seconds / alone(run)));
        let shown = |figure: Option<f64>| figure.map_or_else(String::new, |figure| format!("{figure:.1}"));
        table.row(&[
            work.to_owned(),
            format!("{middle:.1} ({least:.1} to {most:.1})"),
            shown(computed),
            format!("{:.0}", f64::from(blocks) / middle),
            shown(ratio),
        ]);
    }
    let most = runs.iter().map(|run| run.resident).max().unwrap_or(0);
    table.note(&format!(
        "{blocks} made-up blocks in the embedded ClickHouse, {} rounds taken in turn, each under a registry of its own; medians. \
         ClickHouse alone is both of its works, one after the other. The program had at most {} MB resident.",
        runs.len(),
        most / 1_000_000
    ));
    table.finish();
}

/// The program, under an overlay that names one more farm.
fn relabel(home: &Path, blocks: u32, round: usize) -> Run {
    let overlay = home.join(format!("overlay-{round}.toml"));
    let text = format!(
        "[[claim]]\npool = \"antpool\"\ntag = [{{ text = \"{}\", source = \"https://example.org/farms\", date = \"2026-01-02\" }}]\n",
        farm(round)
    );
    fs::write(&overlay, text).expect("an overlay");
    let report = tempfile::NamedTempFile::new().expect("a temporary file");
    let began = Instant::now();
    let mut program = Command::new(env!("CARGO_BIN_EXE_hashwatch"))
        .args(["relabel", "--network", "regtest", "--json", "--data"])
        .arg(home.join("data"))
        .arg("--overlay")
        .arg(&overlay)
        .stdout(report.reopen().expect("the report"))
        .stderr(Stdio::inherit())
        .spawn()
        .expect("the program starts");
    let (id, status) = (program.id().to_string(), format!("/proc/{}/status", program.id()));
    let (mut resident, mut computed) = (0, 0.0_f64);
    let exit = loop {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let peak =
            text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        resident = resident.max(peak.unwrap_or(0) * 1_024);
        computed = computed.max(seconds_of_all_cores(&id));
        if let Some(exit) = program.try_wait().expect("its end") {
            break exit;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let whole = began.elapsed().as_secs_f64();
    assert!(exit.success(), "{exit}");
    let report: Value = serde_json::from_slice(&fs::read(report.path()).unwrap()).expect("a report");
    assert_eq!(report["opinions_formed"], blocks, "{report}");
    assert!(report["blocks_changed"].as_u64().is_some_and(|changed| changed > 0), "{report}");
    let version = report["to_registry"].as_str().expect("a version").to_owned();
    let inside = Spent { seconds: report["seconds"].as_f64().expect("seconds"), computed: None };
    let whole = Spent { seconds: whole, computed: Some(computed) };
    Run { version, spent: [Spent::default(), Spent::default(), inside, whole], resident }
}

/// What a process has computed so far; 0 where it has ended.
fn seconds_of_all_cores(process: &str) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // fields 14 and 15, counted from 1; the second is the name in brackets, and may hold spaces. Linux counts in hundredths
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    fields.map(|ticks| ticks.parse::<f64>().unwrap_or(0.0) / 100.0).sum()
}

/// Seconds that ClickHouse needs to read what opinions are formed from, and to write as many.
async fn clickhouse_alone(home: &Path, version: &str, blocks: u32) -> [Spent; 2] {
    let connection = connect(&home.join("data"), None).await.expect("the embedded ClickHouse");
    let client = connection.client().with_database("hashwatch");
    let run = async |statement: &str| {
        let (began, before) = (Instant::now(), seconds_of_all_cores("self"));
        client.query(statement).execute().await.expect("a statement that runs");
        let seconds = began.elapsed().as_secs_f64();
        Spent { seconds, computed: Some(seconds_of_all_cores("self") - before) }
    };
    run("CREATE OR REPLACE TABLE written AS opinions").await;
    let read = run("SELECT * EXCEPT (commit, size, weight) FROM blocks FORMAT Null").await;
    let write = run(&format!("INSERT INTO written SELECT * FROM opinions WHERE registry_version = '{version}'")).await;
    let written: u64 = client.query("SELECT count() FROM written").fetch_one().await.expect("a count");
    assert_eq!(written, u64::from(blocks));
    run("DROP TABLE written SYNC").await;
    [read, write]
}

//! Several processes and one data directory: who holds it, how the others reach it, and what a killed one leaves.
//!
//! The other processes are this test program again, running [`child`] alone as told by an environment variable.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod support;

use hashwatch_engine::{Access, Connection, Endpoint, Engine, EngineError, Reached, Secret, connect};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

const ROLE: &str = "HASHWATCH_ENGINE_TEST_ROLE";
const DATA: &str = "HASHWATCH_ENGINE_TEST_DATA";

/// A child process and what it says.
struct Other {
    process: Child,
    says: Lines<BufReader<ChildStdout>>,
}

fn command(program: &str, role: &str, data: &Path) -> Command {
    let mut command = Command::new(program);
    command.env(ROLE, role).env(DATA, data).stdout(Stdio::piped()).kill_on_drop(true);
    command
}

fn start(role: &str, data: &Path) -> Other {
    let this = std::env::current_exe().unwrap();
    let mut command = command(this.to_str().unwrap(), role, data);
    spawn(command.args(["--exact", "child", "--nocapture", "--test-threads=1"]))
}

fn spawn(command: &mut Command) -> Other {
    let mut process = command.spawn().unwrap();
    let says = BufReader::new(process.stdout.take().unwrap()).lines();
    Other { process, says }
}

impl Other {
    /// Waits for a line that begins with `word`, and gives its rest.
    async fn hear(&mut self, word: &str) -> String {
        let heard = tokio::time::timeout(Duration::from_secs(60), async {
            while let Some(line) = self.says.next_line().await.unwrap() {
                // the test harness writes "test child ... " before the first line
                if let Some((_, rest)) = line.split_once(word) {
                    return Some(rest.trim().to_owned());
                }
            }
            None
        });
        heard
            .await
            .expect("the other process is stuck")
            .unwrap_or_else(|| panic!("the other process never said {word}"))
    }

    async fn signal(&self, name: &str) {
        let pid = self.process.id().unwrap().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().await.unwrap().success());
    }

    async fn end(mut self) -> ExitStatus {
        while let Ok(Some(_)) = self.says.next_line().await {}
        tokio::time::timeout(Duration::from_secs(60), self.process.wait()).await.expect("it ends").unwrap()
    }
}

/// The other process's part. Without a role this is an empty test.
#[test]
fn child() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let data = std::path::PathBuf::from(std::env::var_os(DATA).unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    match role.as_str() {
        "instance" => runtime.block_on(instance(&data)),
        "writer" => runtime.block_on(writer(&data)),
        "exits" => {
            let engine = Engine::open(support::library(), &data).unwrap();
            println!("open");
            // no destructor runs: libchdb's own exit handlers meet an open database
            std::mem::forget(engine);
            std::process::exit(7);
        }
        "panics" => {
            let _engine = Engine::open(support::library(), &data).unwrap();
            panic!("as the test wants");
        }
        "fills" => runtime.block_on(fills(&data)),
        other => panic!("no role {other}"),
    }
}

/// What `hashwatch run` does: open, serve, publish, until SIGTERM or SIGINT.
async fn instance(data: &Path) {
    use tokio::signal::unix::{SignalKind, signal};
    let engine = Engine::open(support::library(), data).unwrap();
    let (mut term, mut int) = (signal(SignalKind::terminate()).unwrap(), signal(SignalKind::interrupt()).unwrap());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = Endpoint { address: listener.local_addr().unwrap(), secret: Secret::random().unwrap() };
    let serving = engine
        .serve(listener, endpoint.secret.clone(), Access::Full, async move {
            tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
        })
        .unwrap();
    let published = endpoint.publish(data).unwrap();
    println!("open");
    serving.await;
    drop((published, engine));
    println!("closed");
}

/// Inserts 1,000 rows after 1,000 rows, and says after each insert how many were acknowledged.
async fn writer(data: &Path) {
    let engine = Engine::open(support::library(), data).unwrap();
    let client = engine.client();
    let table = "CREATE TABLE IF NOT EXISTS w (n UInt64, text String) ENGINE = MergeTree ORDER BY n SETTINGS fsync_after_insert = 1";
    client.query(table).execute().await.unwrap();
    let mut next: u64 = client.query("SELECT count() FROM w").fetch_one().await.unwrap();
    loop {
        let mut insert = client.insert::<Written>("w").await.unwrap();
        for n in next..next + 1_000 {
            insert.write(&Written { n, text: "\n\n".repeat(50) }).await.unwrap();
        }
        insert.end().await.unwrap();
        next += 1_000;
        println!("acknowledged {next}");
    }
}

#[derive(clickhouse::Row, serde::Serialize)]
struct Written {
    n: u64,
    text: String,
}

async fn count(connection: &Connection, sql: &str) -> u64 {
    connection.client().query(sql).fetch_one().await.unwrap()
}

#[tokio::test]
async fn whoever_comes_second_goes_through_whoever_came_first() {
    let _turn = support::turn().await;
    let data = tempfile::tempdir().unwrap();
    let mut other = start("instance", data.path());
    other.hear("open").await;

    let refused = Engine::open(support::library(), data.path()).unwrap_err();
    let EngineError::AlreadyOpen { pid, .. } = &refused else { panic!("{refused}") };
    assert_eq!(*pid, other.process.id());
    assert!(refused.to_string().contains(&format!("pid {}", pid.unwrap())), "{refused}");

    // the library is not even looked for
    let through = connect(data.path(), Some(Path::new("/nonexistent"))).await.unwrap();
    assert_eq!(
        (through.reached(), through.reached().to_string().as_str()),
        (Reached::RunningInstance, "running instance")
    );
    through.client().query("CREATE TABLE x ENGINE = MergeTree ORDER BY a AS SELECT 7 AS a").execute().await.unwrap();

    other.signal("-TERM").await;
    other.hear("closed").await;
    assert!(other.end().await.success());
    assert_eq!(Endpoint::find(data.path()), None, "the endpoint was withdrawn");

    let own = connect(data.path(), None).await.unwrap();
    assert_eq!(own.reached(), Reached::Embedded);
    assert_eq!(count(&own, "SELECT toUInt64(a) FROM x").await, 7);
}

#[tokio::test]
async fn a_dead_instance_leaves_nothing_that_confuses() {
    let _turn = support::turn().await;
    let data = tempfile::tempdir().unwrap();
    let mut other = start("instance", data.path());
    other.hear("open").await;
    let stale = Endpoint::find(data.path()).unwrap();
    other.signal("-KILL").await;
    assert!(!other.end().await.success());
    assert_eq!(Endpoint::find(data.path()).as_ref(), Some(&stale), "a killed process withdraws nothing");
    let own = connect(data.path(), None).await.unwrap();
    assert_eq!(own.reached(), Reached::Embedded);
    assert_eq!(Endpoint::find(data.path()), None);

    // open, but nowhere to be reached: a clear error, not a wait for ever
    let _wrong = stale.publish(data.path()).unwrap();
    let refused = connect(data.path(), None).await.unwrap_err();
    assert!(
        matches!(refused, EngineError::Unreachable { pid: Some(pid), .. } if pid == std::process::id()),
        "{refused}"
    );
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill_at_any_moment() {
    let _turn = support::turn().await;
    let data = tempfile::tempdir().unwrap();
    for wait in [1_u64, 40, 90, 170] {
        let mut other = start("writer", data.path());
        let mut acknowledged: u64 = other.hear("acknowledged").await.parse().unwrap();
        tokio::time::sleep(Duration::from_millis(wait)).await;
        other.signal("-KILL").await;
        while let Ok(Some(line)) = other.says.next_line().await {
            if let Some(count) = line.strip_prefix("acknowledged ") {
                acknowledged = count.parse().unwrap_or(acknowledged);
            }
        }
        other.end().await;
        let own = connect(data.path(), None).await.unwrap();
        let found = count(&own, "SELECT count() FROM w").await;
        assert!(found >= acknowledged, "{found} rows of {acknowledged} acknowledged");
        assert_eq!(found % 1_000, 0, "an insert is there whole or not at all");
        assert_eq!(count(&own, "SELECT uniqExact(n) FROM w").await, found);
        assert_eq!(count(&own, "SELECT countIf(length(text) != 100) FROM w").await, 0);
        assert_eq!(std::fs::read_dir(data.path().join("engine-spool")).unwrap().count(), 0, "old rows are cleared");
    }
}

#[tokio::test]
async fn a_process_ends_as_it_means_to() {
    let _turn = support::turn().await;
    let data = tempfile::tempdir().unwrap();
    let mut exits = start("exits", data.path());
    exits.hear("open").await;
    assert_eq!(exits.end().await.code(), Some(7), "no crash on the way out");
    assert_eq!(start("panics", data.path()).end().await.code(), Some(101));
    let mut interrupted = start("instance", data.path());
    interrupted.hear("open").await;
    interrupted.signal("-INT").await;
    assert!(interrupted.end().await.success());
    Engine::open(support::library(), data.path()).unwrap();
}

/// Appends to a file until the disk has no byte left.
fn fill(ballast: &Path) {
    use std::io::Write;
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(ballast).unwrap();
    while file.write_all(&[1; 4096]).is_ok() {}
}

/// Fills the disk of its data directory, in a mount namespace of its own.
async fn fills(data: &Path) {
    let engine = Engine::open(support::library(), data).unwrap();
    let client = engine.client();
    let table = "CREATE TABLE w (n UInt64, text String) ENGINE = MergeTree ORDER BY n SETTINGS fsync_after_insert = 1";
    client.query(table).execute().await.unwrap();
    client.query("CREATE TABLE x (n UInt64) ENGINE = MergeTree ORDER BY n").execute().await.unwrap();
    let mut acknowledged = 0_u64;
    let error = loop {
        let sent = client
            .query("INSERT INTO w SELECT number, randomPrintableASCII(1000) FROM numbers({from:UInt64}, 1000)")
            .param("from", acknowledged)
            .execute()
            .await;
        match sent {
            Ok(()) => acknowledged += 1_000,
            Err(error) => break error,
        }
    };
    assert!(hashwatch_engine::is_disk_full(&error), "{error}");
    assert!(error.to_string().contains("free some space"), "{error}");
    // and when the rows do not even fit beside the tables
    let ballast = data.join("ballast");
    fill(&ballast);
    let mut insert = client.insert::<Written>("w").await.unwrap();
    let mut refused = None;
    for n in 0..100_000 {
        if let Err(error) = insert.write(&Written { n, text: "x".repeat(1_000) }).await {
            refused = Some(error);
            break;
        }
    }
    let refused = match refused {
        Some(error) => error,
        None => insert.end().await.unwrap_err(),
    };
    println!("spooling refused: {refused}");
    assert!(hashwatch_engine::is_disk_full(&refused), "{refused}");
    // reading still works, and so does everything once there is room again
    assert_eq!(client.query("SELECT count() FROM w").fetch_one::<u64>().await.unwrap(), acknowledged);
    drop((client, engine));
    // closing the engine freed what it had spooled
    fill(&ballast);
    let fresh = Engine::open(support::library(), &data.join("fresh")).map(|_| ());
    assert!(matches!(fresh, Err(EngineError::DiskFull { .. })), "{fresh:?}");
    std::fs::remove_file(&ballast).unwrap();
    let engine = Engine::open(support::library(), data).unwrap();
    let client = engine.client();
    assert_eq!(client.query("SELECT count() FROM w").fetch_one::<u64>().await.unwrap(), acknowledged);
    println!("recovered {acknowledged}");
}

#[tokio::test]
async fn a_full_disk_is_told_and_survived() {
    let _turn = support::turn().await;
    let data = tempfile::tempdir().unwrap();
    let this = std::env::current_exe().unwrap();
    let script = "mount -t tmpfs -o size=40m tmpfs \"$1\" || { echo 'cannot mount'; exit 0; }; shift; exec \"$@\"";
    let mut unshare = command("unshare", "fills", data.path());
    unshare.args(["--map-root-user", "--mount", "sh", "-c", script, "sh", data.path().to_str().unwrap()]);
    unshare.arg(&this).args(["--exact", "child", "--nocapture"]).stderr(Stdio::piped());
    let ran = match unshare.output().await {
        Ok(ran) => ran,
        Err(error) => return println!("SKIPPED: this machine has no unshare(1): {error}"),
    };
    let (said, complained) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    if said.contains("cannot mount") || complained.contains("unshare:") {
        println!("SKIPPED: this machine gives no small disk of its own to a test: {said}{complained}");
        return;
    }
    println!("{said}{complained}");
    assert!(ran.status.success() && said.contains("recovered"), "{said}{complained}");
}

//! The interface on a port: who may come in, what they may do, and what is said to rubbish.
#![allow(clippy::unwrap_used)]

mod support;

use hashwatch_engine::{AUTHENTICATION_FAILED, Access, Endpoint, EngineError, Secret};
use std::net::SocketAddr;
use support::code;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

struct Door {
    endpoint: Endpoint,
    close: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

async fn open_door(engine: &hashwatch_engine::Engine, access: Access) -> Door {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = Endpoint { address: listener.local_addr().unwrap(), secret: Secret::random().unwrap() };
    let (close, closed) = oneshot::channel::<()>();
    let serving = engine
        .serve(listener, endpoint.secret.clone(), access, async {
            let _ = closed.await;
        })
        .unwrap();
    Door { endpoint, close, serving: tokio::spawn(serving) }
}

/// Sends bytes, and gives the whole answer until the other side closes or falls silent.
async fn raw(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // a server that has answered already may refuse the rest
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(Ok(read)) = tokio::time::timeout(std::time::Duration::from_millis(500), stream.read(&mut chunk)).await
    {
        if read == 0 {
            break;
        }
        answer.extend_from_slice(&chunk[..read]);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn the_same_interface_answers_who_knows_the_secret() {
    let mut fixture = support::engine().await;
    let door = open_door(&fixture, Access::Full).await;
    let client = door.endpoint.client().with_database("t");
    client.query("CREATE TABLE x (a UInt32, s String) ENGINE = MergeTree ORDER BY a").execute().await.unwrap();
    client
        .query("INSERT INTO x VALUES ({a:UInt32}, {s:String})")
        .param("a", 1)
        .param("s", "\n\n'")
        .execute()
        .await
        .unwrap();
    let inside: String = fixture.client().query("SELECT s FROM x").fetch_one().await.unwrap();
    let outside: String = client.query("SELECT s FROM x").fetch_one().await.unwrap();
    assert_eq!((inside.as_str(), outside.as_str()), ("\n\n'", "\n\n'"));

    let stranger = client.clone().with_password("0".repeat(64));
    assert_eq!(code(stranger.query("SELECT 1").fetch_one::<u8>().await), AUTHENTICATION_FAILED);
    let nobody = clickhouse::Client::default().with_url(format!("http://{}", door.endpoint.address));
    assert_eq!(code(nobody.query("DROP TABLE t.x").fetch_one::<u8>().await), AUTHENTICATION_FAILED);

    // requests under way are answered, then the port is closed and the directory free
    let slow = tokio::spawn(async move { client.query("SELECT sleep(1)").fetch_one::<u8>().await });
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    drop(fixture.engine.take());
    door.close.send(()).unwrap();
    assert_eq!(slow.await.unwrap().unwrap(), 0);
    door.serving.await.unwrap();
    assert!(TcpStream::connect(door.endpoint.address).await.is_err());
    fixture.reopen();
}

#[tokio::test]
async fn read_only_access_reads_tables_and_nothing_else() {
    let fixture = support::engine().await;
    let door = open_door(&fixture, Access::ReadOnly).await;
    let owner = fixture.client();
    owner.query("CREATE TABLE x (a UInt32) ENGINE = MergeTree ORDER BY a").execute().await.unwrap();
    owner.query("INSERT INTO x VALUES (7)").execute().await.unwrap();
    let file = fixture.data.path().join("private.txt");
    std::fs::write(&file, "private").unwrap();
    let path = file.display();

    let visitor = door.endpoint.client().with_database("t");
    let read = visitor.query("SELECT a FROM x WHERE a = {a:UInt32}").param("a", 7).with_setting("max_threads", "1");
    assert_eq!(read.fetch_one::<u32>().await.unwrap(), 7);
    let refused = [
        "INSERT INTO x VALUES (8)".to_owned(),
        "DROP TABLE x".to_owned(),
        "CREATE TABLE y (a UInt8) ENGINE = Memory".to_owned(),
        format!("CREATE TEMPORARY TABLE y (a String) ENGINE = File(LineAsString, '{path}')"),
        "SET readonly = 0".to_owned(),
        "SYSTEM FLUSH LOGS".to_owned(),
        format!("SELECT file('{path}')"),
        format!("SELECT \"fil\\x65\"('{path}')"),
        format!("SELECT arrayMap(file, ['{path}'])"),
        format!("SELECT 1 INTO OUTFILE '{path}.new'"),
    ];
    for sql in refused {
        let refusal = code(visitor.query(&sql).execute().await);
        assert!([164, 48].contains(&refusal), "{sql}: {refusal}");
    }
    // ClickHouse's own readonly stands behind: the setting cannot be given back
    let loosened = visitor.query("SELECT 1").with_setting("readonly", "0");
    assert_eq!(loosened.fetch_one::<u8>().await.unwrap(), 1);
    assert_eq!(
        code(visitor.query("SELECT * FROM file('x', CSV, 'a UInt8') SETTINGS readonly = 0").execute().await),
        164
    );
    let mut insert = visitor.insert::<Row>("x").await.unwrap();
    insert.write(&Row { a: 8 }).await.unwrap();
    assert_eq!(code(insert.end().await), 164);
    assert_eq!(owner.query("SELECT count() FROM x").fetch_one::<u64>().await.unwrap(), 1);
}

/// Whose database of subscribers it is shows by its name alone.
#[tokio::test]
async fn read_only_access_knows_of_no_subscribers() {
    let fixture = support::engine().await;
    let door = open_door(&fixture, Access::ReadOnly).await;
    let owner = fixture.client();
    for sql in [
        "CREATE DATABASE subscribers_of_t",
        "CREATE TABLE subscribers_of_t.secrets (a String) ENGINE = MergeTree ORDER BY a",
        "INSERT INTO subscribers_of_t.secrets VALUES ('hunter2')",
        "CREATE TABLE t.secrets (a String) ENGINE = MergeTree ORDER BY a",
        "INSERT INTO t.secrets VALUES ('seen')",
    ] {
        owner.query(sql).execute().await.unwrap();
    }
    let visitor = door.endpoint.client().with_database("t");
    assert_eq!(visitor.query("SELECT a FROM secrets").fetch_one::<String>().await.unwrap(), "seen");
    assert_eq!(visitor.query("SELECT sum(number) FROM numbers(5)").fetch_one::<u64>().await.unwrap(), 10);
    let refused = [
        "SELECT a FROM subscribers_of_t.secrets",
        "SELECT a FROM `subscribers_of_t`.`secrets`",
        "SELECT count() FROM subscribers_of_t.secrets",
        "SELECT a FROM {db:Identifier}.secrets",
        "SELECT a FROM (SELECT * FROM subscribers_of_t.secrets)",
        "SELECT 'hunter2' IN subscribers_of_t.secrets",
        "WITH x AS (SELECT a FROM subscribers_of_t.secrets) SELECT a FROM x",
        "SELECT a FROM secrets UNION ALL SELECT a FROM subscribers_of_t.secrets",
        "SELECT a FROM secrets WHERE a = (SELECT a FROM subscribers_of_t.secrets)",
        "SELECT a FROM merge('subscribers_of_t', '.*')",
        "SELECT a FROM merge(REGEXP('subscribers.*'), 'secrets')",
        "SELECT a FROM cluster('default', subscribers_of_t.secrets)",
        "SELECT a FROM clusterAllReplicas('default', subscribers_of_t.secrets)",
        "SELECT a FROM remote('127.0.0.1', subscribers_of_t.secrets)",
        "SELECT a FROM view(SELECT a FROM subscribers_of_t.secrets)",
        "SELECT a FROM loop(subscribers_of_t.secrets)",
        "SELECT a FROM loop('subscribers_of_t', 'secrets')",
        "SELECT a FROM dictionary('subscribers_of_t.secrets')",
        "SELECT * FROM mergeTreeIndex('subscribers_of_t', 'secrets')",
        "DESCRIBE TABLE subscribers_of_t.secrets",
        "SHOW CREATE TABLE subscribers_of_t.secrets",
        "SHOW CREATE DATABASE subscribers_of_t",
        "EXISTS TABLE subscribers_of_t.secrets",
        "EXPLAIN SELECT a FROM subscribers_of_t.secrets",
        "SET ROLE everything",
        "EXECUTE AS default SELECT 1",
        "USE subscribers_of_t",
    ];
    for sql in refused {
        let asked = visitor.query(sql).param("db", "subscribers_of_t").fetch_all::<String>().await;
        assert!(asked.is_err(), "{sql}: {asked:?}");
    }
    let inside = visitor.clone().with_database("subscribers_of_t");
    assert!(inside.query("SELECT a FROM secrets").fetch_all::<String>().await.is_err(), "as the current database");
    // both tables have this name: one is seen
    let merged =
        visitor.query("SELECT a FROM merge(REGEXP('^(t|subscribers_of_t)$'), 'secrets')").fetch_all::<String>();
    assert_eq!(merged.await.unwrap(), ["seen"]);
    for sql in
        ["SHOW DATABASES", "SHOW TABLES FROM subscribers_of_t", "SHOW COLUMNS FROM secrets FROM subscribers_of_t"]
    {
        let answer = raw_answer(&door, sql).await;
        assert!(!answer.contains("subscribers_of_t") && !answer.contains("String"), "{sql}: {answer}");
    }
    for (table, column) in [
        ("databases", "name"),
        ("tables", "database"),
        ("columns", "database"),
        ("parts", "database"),
        ("parts_columns", "database"),
        ("mutations", "database"),
        ("detached_parts", "database"),
        ("data_skipping_indices", "database"),
        ("projections", "database"),
        ("merges", "database"),
        ("completions", "word"),
    ] {
        let sql = format!("SELECT count() FROM system.{table} WHERE {column} LIKE 'subscribers%'");
        assert_eq!(visitor.query(&sql).fetch_one::<u64>().await.unwrap(), 0, "{sql}");
    }
    // whoever has full access sees it, before and after
    assert_eq!(owner.query("SELECT a FROM subscribers_of_t.secrets").fetch_one::<String>().await.unwrap(), "hunter2");
}

async fn raw_answer(door: &Door, sql: &str) -> String {
    let (key, length) = (door.endpoint.secret.expose(), sql.len());
    let head = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nX-ClickHouse-Key: {key}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
    );
    let answer = raw(door.endpoint.address, format!("{head}{sql}").as_bytes()).await;
    answer.split("\r\n\r\n").nth(1).unwrap_or_default().to_owned()
}

#[derive(clickhouse::Row, serde::Serialize)]
struct Row {
    a: u32,
}

#[tokio::test]
async fn headers_and_statuses_are_those_of_clickhouse() {
    let fixture = support::engine().await;
    let door = open_door(&fixture, Access::Full).await;
    let key = door.endpoint.secret.expose();
    let ask = |method: &str, target: &str, body: &str| {
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: x\r\nX-ClickHouse-Key: {key}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let address = door.endpoint.address;
        async move { raw(address, request.as_bytes()).await }
    };
    let answer = ask("POST", "/?default_format=JSONCompact&query_id=q1", "SELECT 1 AS a").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    for header in [
        "content-type: application/json; charset=UTF-8",
        "x-clickhouse-format: JSONCompact",
        "x-clickhouse-query-id: q1",
        "x-clickhouse-summary: {\"read_rows\":\"1\"",
    ] {
        assert!(answer.contains(header), "{header} in {answer}");
    }
    let cases = [
        ("POST", "/", "SELECT nosuch", 404, "x-clickhouse-exception-code: 47"),
        ("POST", "/", "SELEKT", 400, "x-clickhouse-exception-code: 62"),
        ("POST", "/", "SELECT throwIf(1)", 500, "x-clickhouse-exception-code: 395"),
        ("GET", "/?query=SELECT%201", "", 200, "\r\n\r\n1\n"),
        ("POST", "/?query=SELECT", " {x:UInt8}+1", 500, "x-clickhouse-exception-code: 456"),
        ("POST", "/?query=SELECT&param_x=4", " {x:UInt8}+1", 200, "\r\n\r\n5\n"),
        ("GET", "/?query=CREATE%20DATABASE%20u", "", 500, "x-clickhouse-exception-code: 164"),
        ("GET", "/ping", "", 200, "Ok.\n"),
        ("GET", "/", "", 200, "Ok.\n"),
        ("GET", "/play", "", 404, "There is no such page"),
        ("DELETE", "/", "SELECT 1", 405, "allow: GET, POST"),
        ("POST", "/?compress=1", "SELECT 1", 501, "switch compression off"),
        ("POST", "/?session_id=a", "SELECT 1", 501, "sessions"),
        ("POST", "/", "", 400, "empty query"),
    ];
    for (method, target, body, status, text) in cases {
        let answer = ask(method, target, body).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{method} {target}: {answer}");
        assert!(answer.contains(text), "{method} {target}: {answer}");
    }
}

#[tokio::test]
async fn rubbish_is_answered_and_harms_nobody() {
    let fixture = support::engine().await;
    let door = open_door(&fixture, Access::Full).await;
    let address = door.endpoint.address;
    let key = door.endpoint.secret.expose();
    let head = format!("Host: x\r\nX-ClickHouse-Key: {key}\r\n");

    let unknown = raw(address, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\nSELECT 1").await;
    assert!(unknown.starts_with("HTTP/1.1 403 "), "{unknown}");
    assert!(unknown.contains("x-clickhouse-exception-code: 516"), "{unknown}");
    let long = format!("GET /?a={} HTTP/1.1\r\n{head}\r\n", "a".repeat(300_000));
    let long = raw(address, long.as_bytes()).await;
    assert!(long.is_empty() || long.starts_with("HTTP/1.1 4"), "{long}");
    let wide: String = (0..5_000).map(|n| format!("X-{n}: {n}\r\n")).collect();
    let wide = raw(address, format!("GET / HTTP/1.1\r\n{wide}\r\n").as_bytes()).await;
    assert!(wide.is_empty() || wide.starts_with("HTTP/1.1 4"), "{wide}");
    for rubbish in ["\0\0\0\0", "SSH-2.0-OpenSSH\r\n", "\u{16}\u{3}\u{1}", "GET\r\n\r\n"] {
        let answer = raw(address, rubbish.as_bytes()).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{rubbish:?}: {answer}");
    }
    // a statement without end
    let body = " ".repeat(17 << 20);
    let huge = format!("POST / HTTP/1.1\r\n{head}Content-Length: {}\r\n\r\n{body}", body.len());
    let huge = raw(address, huge.as_bytes()).await;
    assert!(huge.is_empty() || huge.starts_with("HTTP/1.1 413 "), "{huge}");
    // a form that is none
    let form = format!(
        "POST / HTTP/1.1\r\n{head}Content-Type: multipart/form-data; boundary=B\r\nContent-Length: 5\r\n\r\n--B\r\n"
    );
    assert!(raw(address, form.as_bytes()).await.starts_with("HTTP/1.1 400 "));
    // rows that stop in the middle: nothing is inserted
    let client = fixture.client();
    client.query("CREATE TABLE x (a UInt32) ENGINE = MergeTree ORDER BY a").execute().await.unwrap();
    let cut = format!(
        "POST /?database=t&query=INSERT%20INTO%20x%20FORMAT%20TSV HTTP/1.1\r\n{head}Content-Length: 100\r\n\r\n1\n2\n"
    );
    raw(address, cut.as_bytes()).await;
    assert_eq!(client.query("SELECT count() FROM x").fetch_one::<u64>().await.unwrap(), 0);
    assert_eq!(std::fs::read_dir(fixture.data.path().join("engine-spool")).unwrap().count(), 0);
    let alive: u8 = door.endpoint.client().query("SELECT 1").fetch_one().await.unwrap();
    assert_eq!(alive, 1);
}

#[tokio::test]
async fn the_engine_is_never_opened_to_a_network() {
    let fixture = support::engine().await;
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let served = fixture.serve(listener, Secret::random().unwrap(), Access::ReadOnly, std::future::ready(()));
    assert!(matches!(served.err(), Some(EngineError::NotLoopback { .. })));
}

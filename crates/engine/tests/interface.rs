//! The HTTP interface as the unmodified `clickhouse` crate meets it: parameters, settings, errors, parallel work.
#![allow(clippy::unwrap_used)]

mod support;

use hashwatch_engine::{exception_code, is_disk_full};
use support::code;

#[derive(Debug, PartialEq, clickhouse::Row, serde::Deserialize)]
struct Lists {
    s: Vec<String>,
    n: Vec<u32>,
    o: Option<u32>,
    i: i64,
    f: f64,
}

#[tokio::test]
async fn bound_parameters_are_values_whatever_they_hold() {
    let fixture = support::engine().await;
    let client = fixture.client();
    let hostile = [
        "",
        "'",
        "\\",
        "\\'",
        "'); DROP TABLE t; --",
        "{x:String}",
        "\n\n\t\r\n",
        "\0 \u{1} \u{7f}",
        "\\N",
        "NULL",
        "--clickhouse-rs-boundary-\r\n\r\n",
        "Content-Disposition: form-data; name=\"query\"\r\n\r\nSELECT 2",
        "\u{1f525} \u{202e}ü",
        "<script>alert(1)</script>",
        "; SELECT 1",
        "$a$ /* -- ",
    ];
    for text in hostile {
        let back: String = client.query("SELECT {x:String}").param("x", text).fetch_one().await.unwrap();
        assert_eq!(back, text);
        // the crate's own way: into the text of the statement
        let back: String = client.query("SELECT ? || ''").bind(text).fetch_one().await.unwrap();
        assert_eq!(back, text);
    }
    let lists: Lists = client
        .query(
            "SELECT {s:Array(String)} AS s, {n:Array(UInt32)} AS n, {o:Nullable(UInt32)} AS o, {i:Int64} AS i, \
             {f:Float64} AS f",
        )
        .param("s", hostile.as_slice())
        .param("n", vec![1_u32, u32::MAX])
        .param("o", None::<u32>)
        .param("i", i64::MIN)
        .param("f", 0.1)
        .fetch_one()
        .await
        .unwrap();
    let expected = Lists { s: hostile.map(str::to_owned).to_vec(), n: vec![1, u32::MAX], o: None, i: i64::MIN, f: 0.1 };
    assert_eq!(lists, expected);
    let many: u64 = client
        .query("SELECT length({s:Array(String)})")
        .param("s", vec!["0123456789".repeat(10); 20_000])
        .fetch_one()
        .await
        .unwrap();
    assert_eq!(many, 20_000, "two megabytes of parameters");
    assert_eq!(code(client.query("SELECT {missing:UInt8}").fetch_one::<u8>().await), 456);
    assert_eq!(code(client.query("SELECT {n:UInt8}").param("n", "x").fetch_one::<u8>().await), 457);
}

#[tokio::test]
async fn settings_hold_for_their_request_alone() {
    let fixture = support::engine().await;
    let client = fixture.client();
    let ask = "SELECT value FROM system.settings WHERE name = 'max_block_size'";
    let before: String = client.query(ask).fetch_one().await.unwrap();
    let during: String = client.query(ask).with_setting("max_block_size", "77").fetch_one().await.unwrap();
    let after: String = client.query(ask).fetch_one().await.unwrap();
    assert_eq!((during.as_str(), &after), ("77", &before));
    // nor does what a statement does to its session outlive it
    client.query("SET max_block_size = 78").execute().await.unwrap();
    client.query("CREATE TEMPORARY TABLE mine (a UInt8)").execute().await.unwrap();
    assert_eq!(client.query(ask).fetch_one::<String>().await.unwrap(), before);
    assert_eq!(code(client.query("SELECT a FROM mine").fetch_one::<u8>().await), 60);

    assert_eq!(code(client.query("SELECT 1").with_setting("no_such_setting", "1").fetch_one::<u8>().await), 115);
    assert_eq!(code(client.query("SELECT 1").with_setting("max_threads", "many").fetch_one::<u8>().await), 27);
    assert_eq!(code(client.query("SELECT 1").with_setting("x' = 1 --", "1").fetch_one::<u8>().await), 115);
    let name = "'; DROP DATABASE t; --";
    assert_eq!(code(client.clone().with_database(name).query("SELECT 1").fetch_one::<u8>().await), 81);
    let current: String = client.query("SELECT currentDatabase()").fetch_one().await.unwrap();
    assert_eq!(current, "t");
    // a limit set by the caller is kept: this one would count for minutes
    let slow =
        client.query("SELECT count() FROM numbers(1e12) WHERE rand() = 1").with_setting("max_execution_time", "0.2");
    assert_eq!(code(slow.fetch_one::<u64>().await), 159);
}

#[tokio::test]
async fn refusals_carry_clickhouse_codes() {
    let fixture = support::engine().await;
    let client = fixture.client();
    let cases = [
        ("SELEKT 1", 62),
        ("SELECT nosuch", 47),
        ("SELECT * FROM nosuch", 60),
        ("SELECT * FROM nosuch.t", 81),
        ("SELECT nosuch(1)", 46),
        ("SELECT throwIf(number = 150000) FROM numbers(200000)", 395),
        ("SELECT 1; SELECT 2", 62),
        ("", 62),
        ("SELECT 1 INTO OUTFILE '/nonexistent/x'", 48),
        ("INSERT INTO x FROM INFILE '/nonexistent/x' FORMAT CSV", 48),
        ("ATTACH TABLE x FROM '/nonexistent/x' (a UInt8) ENGINE = MergeTree ORDER BY a", 48),
    ];
    for (sql, expected) in cases {
        assert_eq!(code(client.query(sql).fetch_one::<u8>().await), expected, "{sql}");
    }
    let error = client.query("SELECT nosuch").fetch_one::<u8>().await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("Code: 47. DB::Exception:") && text.contains("(UNKNOWN_IDENTIFIER)"), "{text}");
    assert!(text.contains(&format!("(version {} ", fixture.version())), "{text}");
    assert!(!is_disk_full(&error));
    assert_eq!(exception_code(&clickhouse::error::Error::RowNotFound), None);
}

#[tokio::test]
async fn statements_touch_no_file_and_no_other_host() {
    let fixture = support::engine().await;
    let client = fixture.client();
    let file = fixture.data.path().join("private.txt");
    std::fs::write(&file, "private\n").unwrap();
    let path = file.display();
    let denied = [
        format!("SELECT * FROM file('{path}', LineAsString)"),
        format!("SELECT * FROM default.`{path}`"),
        "SELECT * FROM url('http://127.0.0.1:1/', CSV, 'a String')".to_owned(),
        "SELECT * FROM remote('127.0.0.1:1', system.one)".to_owned(),
        "SELECT * FROM s3('http://127.0.0.1:1/bucket/key.csv', CSV, 'a String')".to_owned(),
        format!("INSERT INTO FUNCTION file('{path}.new', CSV, 'a String') SELECT 'x'"),
        format!("BACKUP DATABASE t TO File('{path}.backup')"),
        "CREATE USER x".to_owned(),
    ];
    for sql in denied {
        assert_eq!(code(client.query(&sql).execute().await), 497, "{sql}");
    }
    let names: Vec<_> =
        std::fs::read_dir(fixture.data.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().starts_with("private.txt.")), "{names:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_requests_run_at_once() {
    let fixture = support::engine().await;
    let client = fixture.client();
    client.query("CREATE TABLE p (a UInt32) ENGINE = MergeTree ORDER BY a").execute().await.unwrap();
    let begun = std::time::Instant::now();
    let sleepers: Vec<_> = (0..6)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.query("SELECT sleep(2)").fetch_one::<u8>().await })
        })
        .collect();
    for sleeper in sleepers {
        sleeper.await.unwrap().unwrap();
    }
    let took = begun.elapsed().as_secs_f64();
    assert!(took < 8.0, "six times two seconds took {took} s one after the other");

    let tasks: Vec<_> = (0..40_u32)
        .map(|task| {
            let client = client.clone();
            tokio::spawn(async move {
                for round in 0..5 {
                    let number = task * 100 + round;
                    client.query("INSERT INTO p VALUES ({n:UInt32})").param("n", number).execute().await?;
                    let back: u32 =
                        client.query("SELECT a FROM p WHERE a = {n:UInt32}").param("n", number).fetch_one().await?;
                    assert_eq!(back, number);
                }
                Ok::<_, clickhouse::error::Error>(())
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(client.query("SELECT uniqExact(a) FROM p").fetch_one::<u64>().await.unwrap(), 200);
}

#[tokio::test]
async fn other_formats_and_raw_bytes_are_passed_on() {
    let fixture = support::engine().await;
    let client = fixture.client();
    let mut cursor = client.query("SELECT number AS n FROM numbers(3)").fetch_bytes("JSONEachRow").unwrap();
    let text = cursor.collect().await.unwrap();
    assert_eq!(text.as_ref(), b"{\"n\":0}\n{\"n\":1}\n{\"n\":2}\n");
    let mut cursor = client.query("SELECT 1 AS a FORMAT CSVWithNames").fetch_bytes("TSV").unwrap();
    assert_eq!(cursor.collect().await.unwrap().as_ref(), b"\"a\"\n1\n");
    let described: Vec<(String, String, String, String, String, String, String)> =
        client.query("DESCRIBE TABLE system.one").fetch_all().await.unwrap();
    assert_eq!(described[0].0, "dummy");
}

//! Tables through the unmodified `clickhouse` crate: what is written is read back, in every type the project uses.

#![allow(clippy::unwrap_used)]

mod support;

use clickhouse::Row;
use serde::{Deserialize, Serialize};

const SCHEMA: &str = "CREATE TABLE blocks (
    height UInt32, hash FixedString(32), work UInt64, fee Int64, rate Float64, coinbase String,
    pool Nullable(String), tag LowCardinality(String), spot Nullable(UInt32), seen DateTime('UTC'),
    evidence Array(Tuple(String, UInt32)), `outputs.sats` Array(UInt64), `outputs.script` Array(String), flag Bool
) ENGINE = MergeTree ORDER BY height SETTINGS fsync_after_insert = 1";

#[derive(Debug, Clone, PartialEq, Row, Serialize, Deserialize)]
struct Block {
    height: u32,
    hash: [u8; 32],
    work: u64,
    fee: i64,
    rate: f64,
    #[serde(with = "serde_bytes")]
    coinbase: Vec<u8>,
    pool: Option<String>,
    tag: String,
    spot: Option<u32>,
    seen: u32,
    evidence: Vec<(String, u32)>,
    #[serde(rename = "outputs.sats")]
    output_sats: Vec<u64>,
    #[serde(rename = "outputs.script")]
    output_scripts: Vec<String>,
    flag: bool,
}

fn block(height: u32) -> Block {
    let odd = height % 2 == 1;
    // coinbases with empty lines, all 256 bytes, statement-like text and nothing at all
    let coinbase = match height % 5 {
        0 => b"\n\n\r\n\r\n\n".to_vec(),
        1 => (0..=255).collect(),
        2 => b"'); DROP TABLE blocks; -- \\N\t".to_vec(),
        3 => Vec::new(),
        _ => vec![0xff; 100],
    };
    Block {
        height,
        hash: std::array::from_fn(|at| height.to_le_bytes()[at % 4] ^ u8::try_from(at).unwrap()),
        work: u64::MAX - u64::from(height),
        fee: if odd { i64::MIN } else { i64::from(height) },
        rate: f64::from(height) / 3.0,
        coinbase,
        pool: odd.then(|| format!("pool {height}")),
        tag: ["/a/", "\n", "", "\u{1f525}"][height as usize % 4].to_owned(),
        spot: (!odd).then_some(height),
        seen: 1_700_000_000 + height,
        evidence: (0..height % 3).map(|n| (format!("e{n}"), n)).collect(),
        output_sats: vec![u64::from(height); height as usize % 4],
        output_scripts: vec!["\n\nscript".to_owned(); height as usize % 4],
        flag: odd,
    }
}

#[tokio::test]
async fn two_hundred_thousand_rows_come_back_as_they_went() {
    const ROWS: u32 = 200_000;
    let fixture = support::engine().await;
    let client = fixture.client();
    client.query(SCHEMA).execute().await.unwrap();
    let mut insert = client.insert::<Block>("blocks").await.unwrap();
    for height in 0..ROWS {
        insert.write(&block(height)).await.unwrap();
    }
    insert.end().await.unwrap();

    let mut cursor = client.query("SELECT ?fields FROM blocks ORDER BY height").fetch::<Block>().unwrap();
    let mut height = 0;
    while let Some(row) = cursor.next().await.unwrap() {
        assert_eq!(row, block(height));
        height += 1;
    }
    assert_eq!(height, ROWS);
    let left = std::fs::read_dir(fixture.data.path().join("engine-spool")).unwrap().count();
    assert_eq!(left, 0, "no spooled rows are left behind");
}

#[tokio::test]
async fn inserts_work_in_every_way_a_client_sends_them() {
    let fixture = support::engine().await;
    let client = fixture.client();
    client.query("CREATE TABLE n (a UInt32, s String) ENGINE = MergeTree ORDER BY a").execute().await.unwrap();

    #[derive(Row, Serialize)]
    struct N {
        a: u32,
        s: String,
    }
    // RowBinary without the names and types
    let mut insert = client.clone().with_validation(false).insert::<N>("n").await.unwrap();
    insert.write(&N { a: 1, s: "\n\n".to_owned() }).await.unwrap();
    insert.end().await.unwrap();
    // a text format, through query=
    let mut insert = client.insert_formatted_with("INSERT INTO n (a, s) SETTINGS max_threads = 1 FORMAT CSV");
    insert.send("2,\"x\n\ny\"\n3,\"b;c\"\n".into()).await.unwrap();
    insert.end().await.unwrap();
    // VALUES with the rows in the body
    let mut insert = client.insert_formatted_with("INSERT INTO n VALUES");
    insert.send("(4, 'infile; it''s')".into()).await.unwrap();
    insert.end().await.unwrap();
    // rows in the statement itself
    client.query("INSERT INTO n VALUES (5, 'outfile')").execute().await.unwrap();
    client.query("INSERT INTO n FORMAT TSV\n6\tx\\n\n7\t\n\n").execute().await.unwrap_err();
    client.query("INSERT INTO n FORMAT TSV\n6\tx\\n\n7\t\n").execute().await.unwrap();
    client.query("INSERT INTO n SELECT number, 'sel' FROM numbers(8, 2)").execute().await.unwrap();
    // nothing at all
    client.insert::<N>("n").await.unwrap().end().await.unwrap();
    client.insert_formatted_with("INSERT INTO n FORMAT RowBinary").send(bytes::Bytes::new()).await.unwrap();

    let rows: Vec<(u32, String)> = client.query("SELECT a, s FROM n ORDER BY a").fetch_all().await.unwrap();
    let expected = ["\n\n", "x\n\ny", "b;c", "infile; it's", "outfile", "x\n", "", "sel", "sel"];
    assert_eq!(rows.len(), expected.len());
    for (row, expected) in rows.iter().zip(expected) {
        assert_eq!(row.1, expected, "row {}", row.0);
    }
}

#[tokio::test]
async fn an_insert_that_is_given_up_leaves_no_row() {
    let fixture = support::engine().await;
    let client = fixture.client();
    client.query(SCHEMA).execute().await.unwrap();
    let mut insert = client.insert::<Block>("blocks").await.unwrap();
    for height in 0..10_000 {
        insert.write(&block(height)).await.unwrap();
    }
    drop(insert);
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let count: u64 = client.query("SELECT count() FROM blocks").fetch_one().await.unwrap();
    assert_eq!(count, 0);
}

#[tokio::test]
async fn a_large_result_arrives_whole() {
    let fixture = support::engine().await;
    let client = fixture.client();
    #[derive(Row, Deserialize)]
    struct Line {
        number: u64,
        #[serde(with = "serde_bytes")]
        text: Vec<u8>,
    }
    let sql = "SELECT number, repeat(char(number % 256), 100) AS text FROM numbers(1000000)";
    let mut cursor = client.query(sql).fetch::<Line>().unwrap();
    let (mut rows, mut sum) = (0_u64, 0_u64);
    while let Some(Line { number, text }) = cursor.next().await.unwrap() {
        assert_eq!((text.len(), u64::from(text[0])), (100, number % 256));
        rows += 1;
        sum += number;
    }
    assert_eq!((rows, sum), (1_000_000, 499_999_500_000));
}

#[tokio::test]
async fn rows_survive_closing_and_opening_again() {
    let mut fixture = support::engine().await;
    fixture.client().query(SCHEMA).execute().await.unwrap();
    let mut insert = fixture.client().insert::<Block>("blocks").await.unwrap();
    insert.write(&block(7)).await.unwrap();
    insert.end().await.unwrap();
    let old = fixture.client();
    fixture.reopen();
    let row: Block = fixture.client().query("SELECT ?fields FROM blocks").fetch_one().await.unwrap();
    assert_eq!(row, block(7));
    assert_eq!(support::code(old.query("SELECT 1").fetch_one::<u8>().await), 236, "the old engine is closed for good");
}

//! What cannot be opened, and what is said then.
#![allow(clippy::unwrap_used)]

mod support;

use hashwatch_engine::{Engine, EngineError, Library};

#[tokio::test]
async fn one_process_opens_one_directory_at_a_time() {
    let fixture = support::engine().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let refused = Engine::open(support::library(), elsewhere.path()).unwrap_err();
    assert!(matches!(&refused, EngineError::OtherPathOpen { open } if open == fixture.data_dir()), "{refused}");
    let refused = Engine::open(support::library(), fixture.data.path()).unwrap_err();
    assert!(matches!(refused, EngineError::AlreadyOpen { pid: Some(pid), .. } if pid == std::process::id()));
    drop(fixture.engine);
    Engine::open(support::library(), elsewhere.path()).unwrap();
}

#[tokio::test]
async fn a_library_that_is_none_is_named() {
    let _turn = support::turn().await;
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("libchdb.so");
    let error = Library::find(Some(&missing)).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, EngineError::LibraryMissing { .. }), "{text}");
    assert!(text.contains(missing.to_str().unwrap()) && text.contains("make engine"), "{text}");
    assert!(text.contains("HASHWATCH_LIBCHDB"), "{text}");

    std::fs::write(&missing, "not a library").unwrap();
    let error = Library::find(Some(&missing)).unwrap_err();
    assert!(matches!(error, EngineError::LibraryNotLoadable { .. }), "{error}");
    // the first megabyte of the real one, as a broken download leaves it
    let real = std::fs::File::open(support::library().path()).unwrap();
    std::io::copy(&mut std::io::Read::take(real, 1 << 20), &mut std::fs::File::create(&missing).unwrap()).unwrap();
    let error = Library::find(Some(&missing)).unwrap_err();
    assert!(matches!(error, EngineError::LibraryNotLoadable { .. }), "{error}");
}

#[tokio::test]
async fn unusable_directories_are_refused_clearly() {
    let _turn = support::turn().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = Engine::open(support::library(), &file).unwrap_err();
    assert!(matches!(error, EngineError::DataDirectory { operation: "create", .. }), "{error}");
    for pattern in ["a{b}", "a*", "a\\b"] {
        let error = Engine::open(support::library(), &folder.path().join(pattern)).unwrap_err();
        assert!(matches!(error, EngineError::UnusablePath { .. }), "{error}");
    }
    // spaces, quotes, markup and letters are no trouble
    let odd = folder.path().join("it's <b>\"ü\" & more; a=b");
    let engine = Engine::open(support::library(), &odd).unwrap();
    let client = engine.client();
    client.query("CREATE TABLE x (n UInt64, text String) ENGINE = MergeTree ORDER BY n").execute().await.unwrap();
    let mut insert = client.insert::<Row>("x").await.unwrap();
    insert.write(&Row { n: 1, text: "\n\n".to_owned() }).await.unwrap();
    insert.end().await.unwrap();
    assert_eq!(client.query("SELECT n FROM x").fetch_one::<u64>().await.unwrap(), 1);
}

#[derive(clickhouse::Row, serde::Serialize)]
struct Row {
    n: u64,
    text: String,
}

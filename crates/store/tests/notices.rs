//! What was said of alerts, on the real engine: numbers without gaps, restating, whole or not at all, hostile texts.
//!
//! One test, because a process opens one data directory.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod chain;

use chain::{chain, chunk};
use clickhouse::Client;
use hashwatch_engine::{Engine, Library};
use hashwatch_model::{AlertId, BlockId, Change, Measure, Notice, RegistryVersion, Subject};
use hashwatch_store::{KeptNotice, NoticeFilter, Restated, Store, StoreError, Writer};

const HOSTILE: &str = "b'; DROP TABLE notices --\n\t\\ {before:UInt64} \u{202e}<script>\u{1f980}\0";

fn block(height: u32) -> BlockId {
    BlockId { height, hash: format!("{height:064x}").parse().unwrap() }
}

/// The same height on another branch.
fn other(height: u32) -> BlockId {
    BlockId { height, hash: format!("ff{height:062x}").parse().unwrap() }
}

fn notice(alert: u64, (from_level, level): (u8, u8), height: u32) -> Notice {
    let share = Measure::new("share", "share", 0.35, Some((0.33, 0.37)));
    let blocks = Measure::new("blocks", "blocks", 705.0, None);
    Notice {
        seq: 0,
        alert: AlertId(alert),
        rule: if alert == 3 { "hhi" } else { "share" }.to_owned(),
        subject: Subject { kind: "pool".to_owned(), id: format!("pool-{alert}"), name: format!("Pool {alert}") },
        change: Change::between(from_level, level).unwrap(),
        from_level,
        level,
        threshold: 1.0 / 3.0,
        threshold_now: Some(1.0 / 3.0),
        block: block(height),
        time: 1_700_000_000 + height,
        measures: vec![share, blocks],
        registry: RegistryVersion("0123456789abcdef".to_owned()),
        said_at: 1_700_000_000_123,
        historic: false,
        first_said_of: None,
    }
}

fn all(limit: u32) -> NoticeFilter {
    NoticeFilter { before: u64::MAX, up_to: u32::MAX, limit, rule: None, subject: None }
}

fn seqs(kept: &[KeptNotice]) -> Vec<u64> {
    kept.iter().map(|it| it.notice.seq).collect()
}

/// What is told of how far it has come is so.
async fn say(store: &Store, new: &[Notice], moved: &[Restated], evaluated: BlockId) -> u64 {
    let mark = store.say(new, moved, evaluated).await.unwrap();
    assert_eq!(mark, store.notices_mark().await.unwrap());
    mark.seq
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said() {
    let dir = tempfile::tempdir().unwrap();
    let (origin, blocks, registry) = chain(&dir.path().join("chain"), 30, 7).await;
    let engine = Engine::open(Library::find(None).unwrap(), &dir.path().join("data")).unwrap();
    let store = Store::open(engine.client(), "test", origin).await.unwrap();
    Writer::open(&store).await.unwrap().commit(&chunk(&blocks, 0, 30), registry.version()).await.unwrap();
    let client = engine.client().with_database("test");

    numbers_have_no_gaps(&store).await;
    pages_and_alerts(&store).await;
    a_notice_is_restated(&store).await;
    hostile_texts_come_back(&store).await;
    a_write_is_whole_or_not_there(&client, &store).await;
    damage_is_found(&client, &store).await;
}

async fn numbers_have_no_gaps(store: &Store) {
    assert_eq!(store.evaluated().await.unwrap(), None);
    assert_eq!(store.notices_mark().await.unwrap().seq, 0);
    assert!(store.notices_after(0, 10).await.unwrap().is_empty());
    assert_eq!(say(store, &[], &[], block(1)).await, 0);
    assert_eq!(store.evaluated().await.unwrap(), Some(block(1)));
    let said = [notice(1, (0, 1), 2), notice(1, (1, 2), 3), notice(2, (0, 2), 4)];
    assert_eq!(say(store, &said, &[], block(5)).await, 3);
    assert_eq!(store.evaluated().await.unwrap(), Some(block(5)));
    // back: what was evaluated is what was written last
    assert_eq!(say(store, &[], &[], other(4)).await, 3);
    assert_eq!(store.evaluated().await.unwrap(), Some(other(4)));
    let later = [notice(1, (2, 0), 6), notice(3, (0, 1), 6)];
    assert_eq!(say(store, &later, &[], block(6)).await, 5);
    let kept = store.notices_after(0, 10).await.unwrap();
    for ((kept, said), seq) in kept.iter().zip(said.iter().chain(&later)).zip(1..) {
        assert_eq!(*kept, KeptNotice { notice: Notice { seq, ..said.clone() }, restated_at: None });
    }
    assert_eq!(seqs(&kept), [1, 2, 3, 4, 5]);
}

async fn pages_and_alerts(store: &Store) {
    assert_eq!(seqs(&store.notices_after(2, 2).await.unwrap()), [3, 4]);
    let page = async |filter: NoticeFilter| seqs(&store.notices_page(&filter).await.unwrap());
    assert_eq!(page(all(10)).await, [5, 4, 3, 2, 1]);
    assert_eq!(page(NoticeFilter { before: 4, ..all(2) }).await, [3, 2]);
    assert_eq!(page(NoticeFilter { rule: Some("hhi".to_owned()), ..all(9) }).await, [5]);
    let subject = |kind: &str, id: &str| NoticeFilter { subject: Some((kind.to_owned(), id.to_owned())), ..all(9) };
    assert_eq!(page(subject("pool", "pool-1")).await, [4, 2, 1]);
    assert_eq!(page(subject("group", "pool-1")).await, [0; 0]);
    assert_eq!(seqs(&store.alert(AlertId(1)).await.unwrap()), [1, 2, 4]);
    assert!(store.alert(AlertId(9)).await.unwrap().is_empty());
    let open = |alerts: Vec<Vec<KeptNotice>>| alerts.iter().map(|it| seqs(it)).collect::<Vec<_>>();
    assert_eq!(open(store.notices_open(u32::MAX).await.unwrap()), [vec![3], vec![5]]);
    assert_eq!(open(store.notices_open(4).await.unwrap()), [vec![1, 2], vec![3]], "as it was then");
    assert_eq!(page(NoticeFilter { up_to: 3, ..all(9) }).await, [2, 1]);
}

async fn a_notice_is_restated(store: &Store) {
    let before = store.notices_mark().await.unwrap();
    let measures = vec![Measure::new("share", "share", 0.36, None)];
    let moved = Restated { seq: 5, block: other(7), time: 1_700_000_999, measures: measures.clone() };
    let new = [notice(4, (0, 1), 7)];
    assert_eq!(say(store, &new, std::slice::from_ref(&moved), other(8)).await, 6);
    let after = store.notices_mark().await.unwrap();
    assert_eq!((after.seq, after.rows), (before.seq + 1, before.rows + 2));
    let now = store.alert(AlertId(3)).await.unwrap().remove(0);
    assert!(now.restated_at.is_some());
    let expected = Notice {
        seq: 5,
        block: other(7),
        time: 1_700_000_999,
        measures,
        first_said_of: Some(block(6)),
        ..notice(3, (0, 1), 6)
    };
    assert_eq!(now.notice, expected);
    assert_eq!(seqs(&store.notices_after(0, 10).await.unwrap()), [1, 2, 3, 4, 5, 6], "each once");
    assert_eq!(seqs(&store.notices_page(&all(3)).await.unwrap()), [6, 5, 4]);
    // the same again changes nothing
    store.say(&[], std::slice::from_ref(&moved), other(8)).await.unwrap();
    assert_eq!(store.notices_mark().await.unwrap().rows, after.rows);
    // on to a third block, and back to where it began
    store.say(&[], &[Restated { block: block(9), ..moved.clone() }], block(9)).await.unwrap();
    let third = store.alert(AlertId(3)).await.unwrap().remove(0).notice;
    assert_eq!((third.block, third.first_said_of), (block(9), Some(block(6))));
    store.say(&[], &[Restated { block: block(6), ..moved.clone() }], block(9)).await.unwrap();
    let back = store.alert(AlertId(3)).await.unwrap().remove(0).notice;
    assert_eq!((back.block, back.first_said_of), (block(6), None));
    let never = Restated { seq: 99, ..moved };
    assert!(matches!(store.say(&new, &[never], block(9)).await, Err(StoreError::Moved)));
    assert_eq!(store.notices_mark().await.unwrap().seq, 6, "nothing of it was said");
}

async fn hostile_texts_come_back(store: &Store) {
    let mut hostile = notice(5, (0, 1), 10);
    hostile.rule = HOSTILE.to_owned();
    hostile.subject = Subject { kind: HOSTILE.to_owned(), id: HOSTILE.to_owned(), name: HOSTILE.to_owned() };
    hostile.measures[0].name = HOSTILE.to_owned();
    assert_eq!(say(store, std::slice::from_ref(&hostile), &[], block(10)).await, 7);
    let filter = NoticeFilter {
        rule: Some(HOSTILE.to_owned()),
        subject: Some((HOSTILE.to_owned(), HOSTILE.to_owned())),
        ..all(9)
    };
    let kept = store.notices_page(&filter).await.unwrap();
    assert_eq!(kept[0].notice, Notice { seq: 7, ..hostile });
    assert_eq!(kept.len(), 1);
}

/// A write that breaks off between its rows, as one does whose process is killed, leaves nothing; the same write then is whole.
async fn a_write_is_whole_or_not_there(client: &Client, store: &Store) {
    let before = (store.notices_mark().await.unwrap(), store.evaluated().await.unwrap());
    // a stream of rows that ends in the middle of one
    let mut insert =
        client.insert_formatted_with("INSERT INTO notices (seq, revision, alert) FORMAT RowBinary".to_owned());
    let whole: Vec<u8> = [8_u64.to_le_bytes().as_slice(), &0_u32.to_le_bytes(), &6_u64.to_le_bytes()].concat();
    insert.send([whole.as_slice(), &whole[..9]].concat().into()).await.unwrap();
    assert!(insert.end().await.is_err(), "half a row is refused");
    // a stream that is dropped
    let mut insert =
        client.insert_formatted_with("INSERT INTO notices (seq, revision, alert) FORMAT RowBinary".to_owned());
    insert.send(whole.into()).await.unwrap();
    drop(insert);
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!((store.notices_mark().await.unwrap(), store.evaluated().await.unwrap()), before);
    let many: Vec<Notice> = (0..20_000).map(|at| notice(1_000 + at, (0, 1), 11)).collect();
    assert_eq!(say(store, &many, &[], block(12)).await, 20_007);
    assert_eq!(store.evaluated().await.unwrap(), Some(block(12)));
    let parts: u64 = client.query("SELECT uniqExact(_part) FROM notices WHERE seq > 7").fetch_one().await.unwrap();
    assert_eq!(parts, 1, "one insert is one part, there whole or not at all");
}

async fn damage_is_found(client: &Client, store: &Store) {
    let snapshot = store.snapshot().await.unwrap().unwrap();
    assert_eq!(snapshot.check().await.unwrap(), []);
    for (damage, finding) in [
        ("ALTER TABLE notices DELETE WHERE seq = 3", "notice 4: the one before it is missing"),
        ("ALTER TABLE notices UPDATE level = 7 WHERE seq = 1", "notice 2: it goes on from level 1, not from 7"),
        ("ALTER TABLE notices UPDATE change = 'wat' WHERE seq = 6", "notice 6: unknown change wat"),
    ] {
        client.query("CREATE OR REPLACE TABLE spare AS notices").execute().await.unwrap();
        client.query("INSERT INTO spare SELECT * FROM notices").execute().await.unwrap();
        client.query(&format!("{damage} SETTINGS mutations_sync = 2")).execute().await.unwrap();
        let found = snapshot.check().await.unwrap();
        assert!(found.iter().any(|it| it.check == "notices" && it.finding == finding), "{damage}: {found:?}");
        client.query("EXCHANGE TABLES spare AND notices").execute().await.unwrap();
    }
    assert_eq!(snapshot.check().await.unwrap(), []);
}

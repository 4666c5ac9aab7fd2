//! What is next for whom.

use hashwatch_model::{AlertId, BlockId, RegistryVersion, Subject};

use super::*;
use crate::Format;

const HOUR: u64 = 3_600_000;

pub(crate) fn notice(seq: u64, said_at: u64, level: u8) -> Arc<Notice> {
    Arc::new(Notice {
        seq,
        alert: AlertId(seq),
        rule: "share".to_owned(),
        subject: Subject { kind: "pool".to_owned(), id: "x".to_owned(), name: "X".to_owned() },
        change: Change::Raised,
        from_level: level - 1,
        level,
        threshold: 0.4,
        threshold_now: None,
        block: BlockId { height: 1, hash: "0".repeat(64).parse().unwrap() },
        time: 1,
        measures: Vec::new(),
        registry: RegistryVersion("r".to_owned()),
        said_at,
        historic: false,
        first_said_of: None,
    })
}

fn line(kind: ChannelKind, cursor: u64) -> Line {
    let sealed = SecretsRow {
        id: 1,
        version: 1,
        address: Vec::new(),
        target: Vec::new(),
        signing_key: Vec::new(),
        seed: Vec::new(),
        address_mark: [0; 32],
        confirm_hash: [0; 32],
        manage_hash: [0; 32],
        unsubscribe_hash: [0; 32],
    };
    let (filter, sealed) = (Filter::default(), Arc::new(sealed));
    Line::new(Served { kind, filter, confirmed_at: 0, sealed, host: "".into() }, cursor)
}

fn webhook() -> Line {
    line(ChannelKind::Webhook(Format::Json), 0)
}

#[test]
fn notices_come_one_by_one_in_their_order() {
    let notices = [notice(1, 10, 1), notice(2, 20, 1), notice(3, 30, 1)];
    let mut line = webhook();
    for seq in 1..=3 {
        assert!(line.scan(notices.iter().skip(usize::try_from(line.scanned()).unwrap()), 7, 100));
        let due = line.due.as_ref().unwrap();
        let key = format!("00000000000000ab-{:x}-{seq}", 10 * seq);
        assert_eq!((due.seq(), due.up_to, due.key(0xab)), (seq, seq, key));
        assert_eq!(line.cursor, seq - 1, "not before it has arrived");
        line.served();
    }
    assert!(!line.scan(notices.iter().skip(3), 7, 100));
    assert_eq!(line.cursor, 3);
}

#[test]
fn what_is_not_for_this_reader_is_passed() {
    let mut historic = Notice::clone(&notice(3, 30, 1));
    historic.historic = true;
    let notices = [notice(1, 5, 2), notice(2, 20, 1), Arc::new(historic), notice(4, 40, 2)];
    let mut recent = crate::notices::Recent::default();
    recent.take(0, crate::Newest::default(), notices.iter().map(|notice| Notice::clone(notice)).collect());
    let mut line = line(ChannelKind::Mail, recent.before_time(10));
    line.filter.least_level.insert("share".to_owned(), 2);
    assert!(line.scan(recent.after(line.scanned()).unwrap(), 7, 100));
    let due = line.due.as_ref().unwrap();
    assert_eq!(due.seq(), 4, "1 was said before it was confirmed, 2 is too low, 3 is history");
    assert_eq!(due.notices[0].1, Change::Raised, "from 1 to 2 is a beginning to whoever does not see 1");
    assert_eq!(line.cursor, 3);
}

#[test]
fn a_digest_is_of_whole_days() {
    let day = |day: u64, hour: u64| day * DAY + hour * HOUR;
    let notices =
        [notice(1, day(10, 5), 1), notice(2, day(10, 6), 1), notice(3, day(10, 8), 1), notice(4, day(11, 9), 1)];
    let mut line = line(ChannelKind::Digest, 0);
    let scan = |line: &mut Line, now: u64| {
        let after = usize::try_from(line.scanned()).unwrap();
        line.scan(notices.iter().skip(after), 7, now) || line.close()
    };
    assert!(!line.scan([].into_iter(), 7, day(10, 6)), "nothing yet");
    assert!(scan(&mut line, day(10, 9)));
    let due = line.due.clone().unwrap();
    assert_eq!((due.notices.len(), due.seq(), due.up_to), (2, 2, 2));
    // it fails for a day: what is tried again is the same mail
    line.failed(1, "no", None, day(10, 9), 1.0);
    line.start_over();
    assert!(scan(&mut line, day(11, 8)));
    assert_eq!(line.due.as_ref().map(|due| due.key(1)), Some(due.key(1)));
    line.tries = backoff::MOST_TRIES - 1;
    let Setback::Dead(letter) = line.failed(1, "no", None, day(10, 10), 1.0) else { panic!("after so many") };
    assert_eq!((letter.seqs, letter.key), (vec![1, 2], due.key(1)), "all of it is given up, not its last alone");
    assert!(scan(&mut line, day(11, 8)));
    assert_eq!(line.due.as_ref().map(|due| (due.notices.len(), due.seq())), Some((1, 3)));
    line.served();
    assert!(!scan(&mut line, day(11, 10)), "4 is of the day that is not over");
    assert!(scan(&mut line, day(12, 7)));
}

#[test]
fn what_fails_waits_and_is_given_up_and_what_follows_goes_on() {
    let notices = [notice(1, 10, 1), notice(2, 20, 1)];
    let mut line = webhook();
    assert!(line.scan(notices.iter(), 7, 100));
    for tries in 1..backoff::MOST_TRIES {
        assert!(matches!(line.failed(1, "status 500", None, 1_000, 1.0), Setback::Again), "after {tries}");
        assert!(line.next_at > 1_000 && line.cursor == 0 && line.tries == tries && line.since == 1_000);
        assert_eq!(line.wait(1_000), Duration::from_millis(line.next_at - 1_000));
        assert_eq!(line.progress(1).tries, tries);
    }
    let Setback::Dead(letter) = line.failed(1, "status 500", None, 2_000, 1.0) else { panic!() };
    assert_eq!((letter.seq, letter.tries, letter.reason.as_str()), (1, 20, "status 500"));
    assert_eq!((line.cursor, line.tries, line.standing), (1, 0, Standing::Idle));
    assert!(line.scan(notices.iter().skip(1), 7, 100));
    let day = backoff::GIVE_UP_AFTER;
    for now in [5, 5 + day].into_iter().chain([6; 9]) {
        assert!(matches!(line.failed(1, "x", None, now, 0.0), Setback::Again), "a clock that jumps gives nothing up");
    }
    assert!(matches!(line.failed(1, "x", None, 5 + day, 0.0), Setback::Dead(_)));
}

#[test]
fn it_resumes_where_it_was() {
    let mut line = webhook();
    let row = ProgressRow { id: 1, version: 1, seq: 7, tries: 2, since: 3, next_at: 4 };
    line.resume(&row, 5);
    assert_eq!((line.scanned(), ProgressRow { version: 1, ..line.progress(1) }), (7, row));
    // noted while the clock was a month ahead
    let month = 30 * 24 * HOUR;
    line.resume(&ProgressRow { since: month, next_at: month + 5_000, ..row }, 5);
    assert_eq!((line.since, line.wait(5)), (5, backoff::LONGEST));
    // so many mails a day were sent
    line.resume(&ProgressRow { tries: 0, next_at: 20 * HOUR, ..row }, 5);
    assert_eq!(line.wait(HOUR), Duration::from_millis(19 * HOUR));
}

//! Nobody waits for one who is slow.

use super::*;

const PLACES: Places = Places { first: 2, second: 2, per_host: 1, mail: 1 };

async fn task() -> AbortHandle {
    tokio::spawn(std::future::pending::<()>()).abort_handle()
}

fn host(name: &str) -> Arc<str> {
    name.into()
}

#[tokio::test]
async fn the_slow_give_up_their_place() {
    let mut lanes = Lanes::new(PLACES);
    for id in 1..=6 {
        lanes.queue((id, 0), 0);
    }
    let mut tasks = Vec::new();
    for id in 1..=2 {
        assert_eq!(lanes.next(), Some(((id, 0), Lane::First)));
        tasks.push(task().await);
        lanes.fly((id, 0), Lane::First, host(&id.to_string()), tasks[tasks.len() - 1].clone());
    }
    assert_eq!(lanes.next(), None, "both places are taken");
    assert!(lanes.slow((1, 0), false), "there is room in the second");
    assert!(lanes.slow((1, 0), true), "once is enough");
    assert_eq!(lanes.next(), Some(((3, 0), Lane::First)));
    lanes.fly((3, 0), Lane::First, host("3"), task().await);
    assert!(lanes.slow((2, 0), false));
    assert!(lanes.slow((3, 0), false), "the second is full: it stays for now");
    assert_eq!((lanes.flying_first, lanes.flying_second), (1, 2));
    assert!(!lanes.slow((3, 0), true), "but not for long");
    tokio::task::yield_now().await;
    assert!(!tasks[0].is_finished() && !tasks[1].is_finished());
    assert!(!lanes.land((3, 0)), "it has landed");
    assert!(lanes.land((1, 0)) && lanes.land((2, 0)));
    assert_eq!((lanes.flying(), lanes.flying_first, lanes.flying_second), (0, 0, 0));
}

#[tokio::test]
async fn those_that_fail_have_a_lane_of_their_own_least_failures_first() {
    let mut lanes = Lanes::new(PLACES);
    lanes.queue((1, 0), 9);
    lanes.queue((2, 0), 1);
    lanes.queue((3, 0), 1);
    lanes.queue((4, 0), 0);
    assert_eq!(lanes.next(), Some(((4, 0), Lane::First)));
    for id in [2, 3] {
        assert_eq!(lanes.next(), Some(((id, 0), Lane::Second)));
        lanes.fly((id, 0), Lane::Second, host(&id.to_string()), task().await);
    }
    assert_eq!(lanes.next(), None, "one that failed takes no place in the first lane");
}

#[tokio::test]
async fn a_host_has_so_many_places() {
    let mut lanes = Lanes::new(PLACES);
    assert!(lanes.admits((1, 0), &host("a"), 0));
    lanes.fly((1, 0), Lane::First, host("a"), task().await);
    assert!(!lanes.admits((2, 0), &host("a"), 0));
    assert!(!lanes.admits((3, 0), &host("a"), 0));
    assert!(lanes.admits((4, 0), &host("b"), 0), "others do not wait for it");
    assert_eq!(lanes.next(), None);
    assert!(lanes.land((1, 0)));
    assert_eq!(lanes.next(), Some(((2, 0), Lane::First)), "one at a time");
    assert_eq!(lanes.next(), None);
}

#[tokio::test]
async fn a_place_that_is_not_taken_is_the_next_ones() {
    let mut lanes = Lanes::new(PLACES);
    assert!(lanes.admits((1, 0), &host("a"), 0));
    lanes.fly((1, 0), Lane::First, host("a"), task().await);
    for id in 2..=4 {
        assert!(!lanes.admits((id, 0), &host("a"), 0));
    }
    assert!(lanes.land((1, 0)));
    // 2 and 3 ended meanwhile, or may not yet
    for id in 2..=3 {
        assert_eq!(lanes.next(), Some(((id, 0), Lane::First)));
        lanes.stays((id, 0));
    }
    assert_eq!(lanes.next(), Some(((4, 0), Lane::First)), "nobody would come back to wake it");
    assert!(lanes.admits((4, 0), &host("a"), 0));
    lanes.fly((4, 0), Lane::First, host("a"), task().await);
    assert!(!lanes.admits((5, 0), &host("a"), 0));
    lanes.stays((4, 0));
    assert_eq!(lanes.next(), None, "it took the place, and has none to leave");
    assert!(lanes.land((4, 0)));
    assert_eq!(lanes.next(), Some(((5, 0), Lane::First)));
    lanes.stays((5, 0));
    assert!(lanes.hosts.is_empty() && lanes.called.is_empty(), "nothing is kept of a host that nobody goes to");
}

//! What is kept, what comes back and what does not.

use std::thread;

use super::*;

fn entry(id: &str, link: Option<&str>) -> (Entry, Found) {
    let found = Found { miners: vec!["iren".to_owned()], by: vec!["IREN".to_owned(), "AI".to_owned()] };
    let link = link.map(str::to_owned);
    let entry =
        Entry { id: id.to_owned(), title: format!("title {id}"), text: "text ".repeat(500), link, published: Some(5) };
    (entry, found)
}

fn new(taken: &Taken) -> usize {
    taken.new.len()
}

#[test]
fn the_same_entry_is_one_draft() {
    let mut kept = Kept::default();
    assert_eq!(new(&kept.take("a", vec![entry("1", Some("https://x/1")), entry("1", None)], 10)), 1);
    assert_eq!(new(&kept.take("a", vec![entry("1", Some("https://x/moved"))], 20)), 0, "its name");
    assert_eq!(new(&kept.take("b", vec![entry("9", Some("https://x/1"))], 30)), 0, "its link, elsewhere");
    assert_eq!(new(&kept.take("b", vec![entry("1", Some("https://x/2"))], 40)), 1, "a name is a feed's own");
    assert_eq!(new(&kept.take("b", vec![entry("", Some("https://x/3")), entry("", Some("https://x/4"))], 50)), 2);
    assert_eq!((kept.drafts[0].found, kept.drafts[0].seen, kept.drafts[0].feed.as_str()), (10, 30, "a"));
    assert!(kept.drafts[0].summary.chars().count() <= SUMMARY_CHARS + 1);
    let ids: HashSet<&str> = kept.drafts.iter().map(|draft| draft.id.as_str()).collect();
    assert_eq!(ids.len(), 4);
}

#[test]
fn too_many_open_ones_wait_in_their_feed() {
    let mut kept = Kept::default();
    let all = |from: usize, to: usize| (from..to).map(|number| entry(&number.to_string(), None)).collect::<Vec<_>>();
    let most = |feed: &str| if feed == "e" { 0 } else { MOST_OPEN_OF_ONE };
    for feed in ["a", "b", "c", "d", "e"] {
        let taken = kept.take(feed, all(0, MOST_OPEN_OF_ONE + 3), 1);
        assert_eq!((new(&taken), taken.left), (most(feed), MOST_OPEN_OF_ONE + 3 - most(feed)), "{feed}");
    }
    for draft in &mut kept.drafts {
        draft.state = State::Refused;
    }
    let taken = kept.take("a", all(0, MOST_OPEN_OF_ONE + 3), 2);
    assert_eq!((new(&taken), taken.left), (3, 0));
    assert_eq!(new(&kept.take("e", all(0, 5), 2)), 5);
}

#[test]
fn the_longest_unseen_are_forgotten_and_no_open_one() {
    let mut kept = Kept::default();
    kept.take("a", vec![entry("first", None)], 0);
    let draft = kept.drafts[0].clone();
    kept.drafts.extend((0..MOST_DECIDED + 10).map(|number| Draft {
        id: number.to_string(),
        state: State::Refused,
        seen: 1 + u64::try_from(number / 20).unwrap(),
        entry: digest(&["a", &number.to_string()]),
        ..draft.clone()
    }));
    kept.take("a", Vec::new(), 9);
    assert_eq!(kept.drafts.len(), MOST_DECIDED + 1);
    assert_eq!(kept.drafts[0].id, draft.id);
    assert!(kept.drafts.iter().any(|draft| draft.id == (MOST_DECIDED + 9).to_string()));
}

#[test]
fn a_decision_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("made/on/demand");
    assert_eq!(Drafts::new(&data).all().unwrap(), []);
    assert_eq!(Drafts::new(&data).decide("0", State::Refused).unwrap(), None);
    assert!(!data.exists(), "nothing is made to look");
    Drafts::new(&data).change(|kept| kept.take("a", vec![entry("1", None), entry("2", None)], 1)).unwrap();
    let id = Drafts::new(&data).all().unwrap()[0].id.clone();
    let before = Drafts::new(&data).decide(&id, State::Refused).unwrap().unwrap();
    assert_eq!(before.state, State::Open);
    assert_eq!(new(&Drafts::new(&data).change(|kept| kept.take("a", vec![entry("1", None)], 2)).unwrap()), 0);
    let all = Drafts::new(&data).all().unwrap();
    let refused: Vec<&Draft> = all.iter().filter(|draft| draft.state == State::Refused).collect();
    assert_eq!((all.len(), refused.len(), refused[0].summary.as_str()), (2, 1, ""));
}

/// A watch that finds and an operator who decides, at once: neither undoes what the other did.
#[test]
fn two_who_change_it_wait_for_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let drafts = Drafts::new(dir.path());
    thread::scope(|scope| {
        for feed in ["a", "b", "c", "d"] {
            let drafts = drafts.clone();
            scope.spawn(move || {
                for number in 0..10 {
                    drafts.change(|kept| kept.take(feed, vec![entry(&number.to_string(), None)], 1)).unwrap();
                }
            });
        }
    });
    assert_eq!(drafts.all().unwrap().len(), 40);
    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "no half-written file: {left:?}");
}

#[test]
fn a_damaged_file_is_told_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join(FILE);
    for bytes in [&b"{"[..], b"", b"[]", b"{\"feeds\": 5}", b"{\"drafts\": [{}]}", b"\xff"] {
        fs::write(&file, bytes).unwrap();
        let error = Drafts::new(dir.path()).change(|kept| kept.take("a", vec![entry("1", None)], 1)).unwrap_err();
        assert!(format!("{error:#}").contains("damaged"), "{error:#}");
        assert_eq!(fs::read(&file).unwrap(), bytes);
    }
    File::create(&file).unwrap().set_len(MOST_BYTES + 1).unwrap();
    assert!(Drafts::new(dir.path()).all().is_err());
}

#[test]
fn no_two_lists_of_texts_have_one_digest() {
    assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
    assert_ne!(digest(&["a"]), digest(&["a", ""]));
}

//! Other lists against the registry: made up ones, and those of mempool and bitcoin-data where they are at hand.

use std::{fs, path::Path};

use hashwatch_registry::{Difference, ListedPool, Registry, compare, entries};

const POOLS: &str = "[[pool]]\nslug = \"a\"\nname = \"A Pool\"\nformer = [{ name = \"Old A\", until = \"2020\", source = \"simulated\" }]\n\
                     tag = [{ text = \"/a/\", source = \"simulated\" }]\n\
                     address = [{ address = \"12dRugNcdxK39288NjcDV4GX7rMsKCGn6B\", source = \"simulated\" }]\n\
                     [[pool]]\nslug = \"b\"\nname = \"B\"\ntag = [{ text = \"/b/\", source = \"simulated\" }]\n";
const OTHER: &str = "1KFHE7w8BhaENAswwryaoccDb6qcT6DbYY";

fn listed(name: &str, tags: &[&str], addresses: &[&str]) -> ListedPool {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    ListedPool { name: name.to_owned(), tags: texts(tags), addresses: texts(addresses), link: None }
}

fn differences(list: &[ListedPool]) -> Vec<Difference> {
    compare(&Registry::from_toml("pools.toml", POOLS).expect("sound"), list)
}

#[test]
fn what_is_the_same_is_no_difference() {
    let ours = "12dRugNcdxK39288NjcDV4GX7rMsKCGn6B";
    // the same script as regtest writes it, another way to write the name, a name of old, a tag that ours is found in
    for name in ["A Pool", "a-pool", "APOOL", "Old A"] {
        assert_eq!(differences(&[listed(name, &["/A/", "x/a/x"], &[ours])]), []);
    }
    assert_eq!(differences(&[]), []);
}

#[test]
fn what_differs_is_told() {
    let pool = "a".to_owned();
    let found = differences(&[listed("A Pool", &["/new/", "/b/"], &[OTHER, "nonsense"])]);
    assert_eq!(
        found,
        [
            Difference::BadAddress { theirs: "A Pool".into(), address: "nonsense".into() },
            Difference::NewTag { pool: pool.clone(), tag: "/new/".into() },
            Difference::Conflict { mark: "/b/".into(), theirs: "A Pool".into(), ours: "b".into() },
            Difference::NewAddress { pool: pool.clone(), address: OTHER.into() },
        ]
    );
    // known by its marks alone
    let renamed = Difference::Renamed { pool, ours: "A Pool".into(), theirs: "Alpha".into() };
    assert_eq!(differences(&[listed("Alpha", &["/A/"], &[])]), [renamed]);
    // an address that others share says too little to give a pool its other marks
    let custody =
        differences(&[listed("Alpha", &["/alpha/", "/alpha 2/"], &["12dRugNcdxK39288NjcDV4GX7rMsKCGn6B", OTHER])]);
    assert!(matches!(custody.as_slice(), [Difference::Renamed { .. }]), "{custody:?}");
    let nobody = listed("Nobody & Sons", &["/nobody/"], &[OTHER]);
    assert_eq!(differences(std::slice::from_ref(&nobody)), [Difference::NewPool(nobody)]);
}

#[test]
fn entries_are_taken_as_they_are_printed() {
    let hostile = "/x\"]\n[[pool]]\\/";
    let list = [
        listed("Nobody & Sons", &["/nobody/", hostile], &[OTHER]),
        listed("F2Pool", &["/a new tag of f2/"], &[]),
        listed("AntPool", &["/ViaBTC/"], &[]),
    ];
    let text = entries(&compare(Registry::builtin(), &list[1..]), "https://example.org/", "2026-11");
    let registry = Registry::with_overlay("own", &text).unwrap();
    assert_eq!(registry.tag_claims(b"/a new tag of f2/").iter().filter(|it| it.pool.slug == "f2pool").count(), 1);
    assert_eq!(registry.tag_claims(b"/ViaBTC/")[0].pool.slug, "viabtc", "a contradiction is left to a person");
    let one =
        entries(&[Difference::NewPool(listed("Nobody & Sons", &["/nobody/", hostile], &[]))], "https://e.org/", "2026");
    let registry = Registry::with_overlay("own", &one).unwrap();
    assert_eq!(registry.tag_claims(hostile.as_bytes())[0].pool.slug, "nobodysons");
}

#[test]
fn the_lists_of_others() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/real/pools");
    if !folder.is_dir() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "no lists at {}", folder.display());
        eprintln!("skipped: no lists at {}", folder.display());
        return;
    }
    // a reader as plain as it can be: names and marks stand on lines of their own
    let read = |file: &str| {
        let text = fs::read_to_string(folder.join(file)).unwrap();
        let (mut pools, mut list): (Vec<ListedPool>, Option<&str>) = (Vec::new(), None);
        for line in text.lines().map(|line| line.trim().trim_end_matches(',')) {
            let quoted = line.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            if let Some(name) = line.strip_prefix("\"name\": \"").and_then(|rest| rest.strip_suffix('"')) {
                pools.push(listed(name, &[], &[]));
            } else if line.starts_with(']') {
                list = None;
            } else if line.ends_with('[') {
                list = ["tags", "addresses"].into_iter().find(|key| line.contains(key));
            } else if let (Some(mark), Some(key), Some(pool)) = (quoted, list, pools.last_mut()) {
                let marks = if key == "tags" { &mut pool.tags } else { &mut pool.addresses };
                marks.push(mark.replace("\\\"", "\""));
            }
        }
        pools
    };
    let mempool = read("mempool-pools-v2.json");
    assert_eq!((mempool.len(), compare(Registry::builtin(), &mempool)), (168, vec![]));
    let other = read("bitcoin-data-pool-list.json");
    let found = compare(Registry::builtin(), &other);
    let conflicts = found.iter().filter(|it| matches!(it, Difference::Conflict { .. })).count();
    let new = found.iter().filter(|it| matches!(it, Difference::NewPool(_) | Difference::NewAddress { .. })).count();
    assert_eq!((other.len(), new), (148, 0), "{found:?}");
    assert!((5..=20).contains(&conflicts), "{found:?}");
}

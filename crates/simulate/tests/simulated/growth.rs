//! A chain that grew equals one made in one go, however it was interrupted.

use std::{
    fs::{self, OpenOptions},
    path::Path,
};

use hashwatch_model::Network;
use hashwatch_simulate::{Growing, Note, Plan, SimulateError, generate};
use proptest::prelude::*;

use crate::files::{contents, made, split, stored};

/// Extends the chain until it has `blocks` blocks.
fn grow_to(dir: &Path, blocks: u32) {
    let mut growing = Growing::open(dir).unwrap();
    let mut now = u64::from(growing.note().tip.time);
    while growing.note().blocks < blocks {
        now += 60;
        growing.extend_to(now).unwrap();
    }
}

/// The same number of blocks in one go, from the same plan.
fn in_one_go(plan: &Plan, note: &Note) -> std::collections::BTreeMap<String, Vec<u8>> {
    contents(made(&Plan { blocks: note.blocks, until: None, ..*plan }).0.path())
}

#[test]
fn grown_equals_made() {
    for plan in [
        Plan::new(Network::Sim, 150, 5),
        Plan::new(Network::Regtest, 150, 5),
        Plan { bytes_per_block: Some(20_000), ..Plan::new(Network::Sim, 150, 5) },
        Plan { disordered: 100, obfuscated: false, ..Plan::new(Network::Sim, 150, 5) },
    ] {
        let (dir, _) = made(&plan);
        // opened anew in between, also with nothing to do
        grow_to(dir.path(), 151);
        grow_to(dir.path(), 151);
        grow_to(dir.path(), 400);
        let note = Note::read(dir.path()).unwrap();
        assert!(note.stale_blocks > 0 || plan.network == Network::Regtest);
        let made = in_one_go(&plan, &note);
        for (name, grown) in contents(dir.path()) {
            assert!(grown == made[&name], "{plan:?}: {name}");
        }
    }
}

#[test]
fn never_ahead_of_the_clock() {
    let plan = Plan { until: Some(1_735_689_600 + 86_400), ..Plan::new(Network::Sim, u32::MAX, 3) };
    let (dir, note) = made(&plan);
    assert!((100..200).contains(&note.blocks), "{}", note.blocks);
    let mut growing = Growing::open(dir.path()).unwrap();
    assert_eq!(growing.extend_to(1_735_689_600 + 86_400).unwrap(), 0);
    assert_eq!(growing.extend_to(0).unwrap(), 0);
    for hour in 25..60 {
        let now = 1_735_689_600 + hour * 3_600;
        let before = growing.note().blocks;
        let added = growing.extend_to(now).unwrap();
        assert_eq!(growing.note().blocks, before + added);
        assert_eq!(growing.note(), &Note::read(dir.path()).unwrap());
        assert_eq!(growing.tip().height + 1, growing.note().blocks);
        let newest = stored(dir.path(), Network::Sim.magic()).iter().map(|block| block.header.time).max().unwrap();
        assert!(u64::from(newest) <= now);
    }
    drop(growing);
    let note = Note::read(dir.path()).unwrap();
    assert!(note.blocks > 250);
    assert!(contents(dir.path()) == in_one_go(&plan, &note));
}

/// The noted tip is what a reader finds that knows nothing but the files.
#[test]
fn the_tip_is_the_first_of_the_longest() {
    let (dir, _) = made(&Plan::new(Network::Sim, 2, 11));
    let mut growing = Growing::open(dir.path()).unwrap();
    let mut now = u64::from(growing.note().tip.time);
    let mut stale = 0;
    while growing.note().blocks < 500 {
        now += 300;
        if growing.extend_to(now).unwrap() > 0 && growing.note().stale_blocks > stale {
            stale = growing.note().stale_blocks;
            let (active, rest) = split(stored(dir.path(), Network::Sim.magic()));
            assert_eq!(active.last().unwrap().hash(), growing.tip().hash);
            assert_eq!(rest.len(), stale as usize);
        }
    }
    assert!(stale > 0);
}

#[test]
fn a_year_until_now() {
    let plan = Plan { start_time: 1_800_000_000 - 5 * 86_400, ..Plan::year_until(1_800_000_000, 9) };
    let (dir, note) = made(&plan);
    assert!((600..850).contains(&note.blocks), "{}", note.blocks);
    assert!(stored(dir.path(), Network::Sim.magic()).iter().all(|block| block.header.time <= 1_800_000_000));
    assert!(note.tip.time > 1_800_000_000 - 3 * 3_600);
    assert_eq!(Plan::year_until(1_800_000_000, 9).start_time, 1_800_000_000 - 31_536_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Cut anywhere, the chain goes on as if nothing had happened.
    #[test]
    fn a_torn_end_is_mended(seed in 0_u64..1_000, cut in 1_u64..5_000) {
        let plan = Plan::new(Network::Sim, 40, seed);
        let (dir, note) = made(&plan);
        let whole = contents(dir.path());
        let path = dir.path().join("blk00000.dat");
        let length = fs::metadata(&path).unwrap().len();
        OpenOptions::new().write(true).open(&path).unwrap().set_len(length - cut).unwrap();
        let mut growing = Growing::open(dir.path()).unwrap();
        prop_assert!(growing.note().blocks < note.blocks);
        let now = stored(tempdir_of(&whole).path(), Network::Sim.magic()).iter().map(|b| b.header.time).max().unwrap();
        let mut now = u64::from(now);
        while growing.note().blocks < note.blocks {
            growing.extend_to(now).unwrap();
            now += 1;
        }
        drop(growing);
        let note = Note::read(dir.path()).unwrap();
        prop_assert!(contents(dir.path()) == in_one_go(&plan, &note));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Whatever was made can be opened, says the same of itself, and is not touched by being opened.
    #[test]
    fn any_chain_is_read_back(
        seed in any::<u64>(), blocks in 1_u32..200, disordered in 0_u32..200, sparse in prop::option::of(1_000_u32..4_000_000),
        obfuscated in any::<bool>(), regtest in any::<bool>(),
    ) {
        let network = if regtest { Network::Regtest } else { Network::Sim };
        let disordered = disordered.min(blocks);
        let plan = Plan { disordered, bytes_per_block: sparse, obfuscated, ..Plan::new(network, blocks, seed) };
        let (dir, note) = made(&plan);
        let size = || fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum::<u64>();
        let before = size();
        let growing = Growing::open(dir.path()).unwrap();
        prop_assert_eq!(growing.note(), &note);
        prop_assert_eq!(size(), before);
        prop_assert_eq!(note.blocks, blocks);
    }
}

/// A write that fails leaves a chain that can go on: Linux has a file that is always full.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_told_and_overcome() {
    let plan = Plan::new(Network::Sim, 50, 2);
    let (dir, note) = made(&plan);
    let mut growing = Growing::open(dir.path()).unwrap();
    let full = dir.path().join("hashwatch-sim.json.new");
    std::os::unix::fs::symlink("/dev/full", &full).unwrap();
    let later = u64::from(note.tip.time) + 86_400;
    assert!(matches!(growing.extend_to(later), Err(SimulateError::DiskFull { .. })));
    assert_eq!(growing.note(), &note);
    fs::remove_file(&full).unwrap();
    assert!(growing.extend_to(later).unwrap() > 50);
    drop(growing);
    let note = Note::read(dir.path()).unwrap();
    assert!(contents(dir.path()) == in_one_go(&plan, &note));
}

/// A copy of a directory that was read before.
fn tempdir_of(files: &std::collections::BTreeMap<String, Vec<u8>>) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(dir.path().join(name), bytes).unwrap();
    }
    dir
}

/// What lies behind the noted blocks is an unfinished write, whole blocks or not.
#[test]
fn what_the_note_does_not_count_is_cut_off() {
    let plan = Plan::new(Network::Sim, 60, 2);
    let (dir, note) = made(&plan);
    grow_to(dir.path(), 80);
    note_back(dir.path(), &note);
    assert_eq!(Growing::open(dir.path()).unwrap().note(), &note);
    assert!(contents(dir.path()) == in_one_go(&plan, &note));
}

fn note_back(dir: &Path, note: &Note) {
    let mut text = serde_json::to_vec_pretty(note).unwrap();
    text.push(b'\n');
    fs::write(dir.join("hashwatch-sim.json"), text).unwrap();
}

#[test]
fn damage_is_told() {
    let (dir, _) = made(&Plan::new(Network::Sim, 100, 2));
    let path = dir.path().join("blk00000.dat");
    let mut bytes = fs::read(&path).unwrap();
    bytes[8 + 40] ^= 1;
    fs::write(&path, &bytes).unwrap();
    assert!(matches!(Growing::open(dir.path()), Err(SimulateError::Corrupt { offset: 0, .. })));
    bytes[8 + 40] ^= 1;
    let middle = bytes.len() / 2;
    bytes[middle..middle + 3_000].fill(0);
    fs::write(&path, &bytes).unwrap();
    assert!(matches!(Growing::open(dir.path()), Err(SimulateError::Corrupt { offset: 1.., .. })));
}

#[test]
fn one_at_a_time() {
    let (dir, _) = made(&Plan::new(Network::Sim, 3, 2));
    let first = Growing::open(dir.path()).unwrap();
    assert!(matches!(Growing::open(dir.path()), Err(SimulateError::Busy { .. })));
    drop(first);
    Growing::open(dir.path()).unwrap();
}

#[test]
fn another_format_is_not_continued() {
    let (dir, mut note) = made(&Plan::new(Network::Sim, 3, 2));
    note.format += 1;
    note_back(dir.path(), &note);
    assert!(matches!(Growing::open(dir.path()), Err(SimulateError::Format { .. })));
}

#[test]
fn an_unfinished_chain_is_made_again() {
    let plan = Plan::new(Network::Sim, 30, 2);
    let (dir, _) = made(&plan);
    let whole = contents(dir.path());
    fs::remove_file(dir.path().join("hashwatch-sim.json")).unwrap();
    assert!(matches!(Growing::open(dir.path()), Err(SimulateError::Unfinished { .. })));
    generate(&plan, dir.path(), |_| {}).unwrap();
    assert!(contents(dir.path()) == whole);
}

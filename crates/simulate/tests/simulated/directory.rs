//! Directories that are not ours, plans that cannot be, and the small files beside the blocks.

use std::fs;

use hashwatch_model::Network;
use hashwatch_simulate::{
    DEFAULT_START, Growing, NOTE_FILE, Note, Plan, Progress, REGISTRY_FILE, SimulateError, generate, registry_toml,
    write_headers,
};

use crate::files::{contents, made, stored};

#[test]
fn a_directory_with_other_things_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let plan = Plan::new(Network::Sim, 2, 1);
    fs::write(dir.path().join("thesis.txt"), "years of work").unwrap();
    assert!(
        matches!(generate(&plan, dir.path(), |_| {}), Err(SimulateError::NotEmpty { found, .. }) if found == "thesis.txt")
    );
    assert_eq!(contents(dir.path()).len(), 1);
    // block files alone may be a real node's
    fs::rename(dir.path().join("thesis.txt"), dir.path().join("blk00000.dat")).unwrap();
    assert!(matches!(generate(&plan, dir.path(), |_| {}), Err(SimulateError::NotEmpty { .. })));
    // not even a lock makes a foreign file ours
    fs::write(dir.path().join("hashwatch-sim.lock"), "").unwrap();
    fs::write(dir.path().join("wallet.dat"), "").unwrap();
    assert!(
        matches!(generate(&plan, dir.path(), |_| {}), Err(SimulateError::NotEmpty { found, .. }) if found == "wallet.dat")
    );
    assert_eq!(contents(dir.path())["blk00000.dat"], b"years of work");
}

#[test]
fn a_finished_chain_is_not_overwritten() {
    let plan = Plan::new(Network::Sim, 2, 1);
    let (dir, _) = made(&plan);
    let before = contents(dir.path());
    assert!(matches!(generate(&plan, dir.path(), |_| {}), Err(SimulateError::NotEmpty { .. })));
    assert!(contents(dir.path()) == before);
    let file = dir.path().join("headers.bin");
    write_headers(&plan, &file, |_| {}).unwrap();
    assert!(matches!(write_headers(&plan, &file, |_| {}), Err(SimulateError::Exists { .. })));
}

#[test]
fn what_the_system_refuses_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let error = generate(&Plan::new(Network::Sim, 2, 1), &file.join("below"), |_| {}).unwrap_err();
    assert!(matches!(error, SimulateError::Io { .. }));
    assert!(error.to_string().contains("below"), "{error}");
    assert!(matches!(Growing::open(dir.path()), Err(SimulateError::NoChain { .. })));
    fs::write(dir.path().join(NOTE_FILE), "{").unwrap();
    assert!(matches!(Growing::open(dir.path()), Err(SimulateError::Note { .. })));
}

#[test]
fn impossible_plans_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let plan = Plan::new(Network::Sim, 10, 1);
    let refused = |plan: Plan| generate(&plan, dir.path(), |_| {}).unwrap_err();
    assert!(matches!(refused(Plan { network: Network::Mainnet, ..plan }), SimulateError::Network(Network::Mainnet)));
    assert!(matches!(refused(Plan { blocks: 0, ..plan }), SimulateError::NoBlocks));
    assert!(matches!(refused(Plan { bytes_per_block: Some(999), ..plan }), SimulateError::BlockBytes { .. }));
    assert!(matches!(refused(Plan { bytes_per_block: Some(4_000_001), ..plan }), SimulateError::BlockBytes { .. }));
    assert!(matches!(refused(Plan { disordered: 11, ..plan }), SimulateError::Disordered { .. }));
    assert!(matches!(refused(Plan { until: Some(DEFAULT_START - 1), ..plan }), SimulateError::Until { .. }));
    let early = Plan { network: Network::Regtest, start_time: 1_296_688_602, ..plan };
    assert!(matches!(refused(early), SimulateError::StartTime { .. }));
    assert!(contents(dir.path()).is_empty());
    let late = Plan { start_time: u32::MAX - 3_600, blocks: 100, ..plan };
    assert!(matches!(refused(late), SimulateError::TimeRunsOut { .. }));
}

#[test]
fn the_note_says_what_the_chain_is() {
    let (dir, note) = made(&Plan::new(Network::Sim, 20, 77));
    assert_eq!(Note::read(dir.path()).unwrap(), note);
    assert_eq!((note.network.as_str(), note.seed, note.blocks, note.tip.height), ("sim", 77, 20, 19));
    let first = &stored(dir.path(), Network::Sim.magic())[0];
    assert_eq!(note.genesis_header(), Some(first.header));
    assert_eq!(note.genesis.hash, first.hash());
    let origin = note.origin();
    assert!(origin.simulated);
    assert_eq!((origin.network, origin.start), (Network::Sim, first.hash()));
    // as many hashes as the first target asks for in ten minutes, scaled, are about 1 ZH/s
    let shown = first.header.difficulty_float() * 2_f64.powi(32) / 600.0 * note.hash_scale;
    assert!((shown / 1e21 - 1.0).abs() < 0.01, "{shown}");
    assert_eq!(fs::read_to_string(dir.path().join(REGISTRY_FILE)).unwrap(), registry_toml());
}

#[test]
fn progress_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let mut told: Vec<Progress> = Vec::new();
    generate(&Plan::new(Network::Sim, 100, 1), dir.path(), |progress| told.push(progress)).unwrap();
    assert_eq!(told.iter().map(|progress| progress.blocks).collect::<Vec<_>>(), [16, 32, 48, 64, 80, 96, 100]);
    assert!(told.iter().all(|progress| progress.expected == 100));
}

/// Blocks in a shuffled order are the same blocks.
#[test]
fn disorder_changes_the_order_alone() {
    let plan = Plan::new(Network::Sim, 210, 4);
    let shuffled = Plan { disordered: 210, ..plan };
    let read = |plan: &Plan| stored(made(plan).0.path(), Network::Sim.magic());
    let (ordered, shuffled) = (read(&plan), read(&shuffled));
    let hashes = |blocks: &[crate::files::Stored]| blocks.iter().map(|block| block.hash()).collect::<Vec<_>>();
    let (mut ordered, mut shuffled) = (hashes(&ordered), hashes(&shuffled));
    assert_ne!(ordered, shuffled);
    assert_eq!(ordered[0], shuffled[0], "the genesis opens the file");
    ordered.sort_unstable();
    shuffled.sort_unstable();
    assert_eq!(ordered, shuffled);
}

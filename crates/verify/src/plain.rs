//! A quick look over a run of headers: is it plainly good? It may say no of a run that keeps every rule (then the rules
//! themselves are asked), but never yes of one that breaks any.

use hashwatch_model::Network;
use hashwatch_sha256d::{HEADER_BYTES, RUN};

use crate::{
    rules::{latest, least_version},
    times::MEDIAN_BLOCKS,
    tip::{Tip, time_of, words},
};

/// Times compared side by side.
const TOGETHER: usize = 16;

/// Whether each header of a run (inside one epoch, not its first block) has the tip's bits and keeps every rule.
///
/// Every comparison is made for every header and the outcomes are gathered without a branch: a run that fails is rare.
pub(crate) fn plainly_good(tip: &Tip, run: &[u8], hashes: &[[u8; 32]], now: u64) -> bool {
    let Some(last) = &tip.last else { return false };
    let top = tip.next + hashes.len() as u64 - 1;
    let rules = tip.network.retarget();
    let (Ok(first), Ok(top)) = (u32::try_from(tip.next), u32::try_from(top)) else { return false };
    let same_bits = !rules.min_difficulty_blocks && first % hashwatch_model::network::EPOCH_BLOCKS != 0;
    if !same_bits || last.times.known < MEDIAN_BLOCKS || hashes.len() > RUN {
        return false;
    }
    linked_and_worked(tip.network, last.hash, last.bits.to_consensus(), last.target, top, run, hashes)
        && in_time(last.times.last, run, latest(now))
}

/// Link, bits, version and proof of work. Of hash and target the upper halves are compared: equal ones are not plain.
fn linked_and_worked(
    network: Network,
    below: [u8; 32],
    bits: u32,
    target: [u64; 4],
    top: u32,
    run: &[u8],
    hashes: &[[u8; 32]],
) -> bool {
    // what the highest header must have is enough for those below
    let version = least_version(network, top).map_or(i32::MIN, |(least, _, _)| least);
    let upper = u128::from(target[3]) << 64 | u128::from(target[2]);
    let mut parent = words(below);
    let mut bad = 0_u64;
    for (header, hash) in run.as_chunks::<HEADER_BYTES>().0.iter().zip(hashes) {
        let hash = words(*hash);
        let link = words(*array(header, 4));
        bad |= (link[0] ^ parent[0]) | (link[1] ^ parent[1]) | (link[2] ^ parent[2]) | (link[3] ^ parent[3]);
        bad |= u64::from(u32::from_le_bytes(*array(header, 72)) ^ bits);
        bad |= u64::from(i32::from_le_bytes(*array(header, 0)) < version);
        bad |= u64::from((u128::from(hash[3]) << 64 | u128::from(hash[2])) >= upper);
        parent = hash;
    }
    bad == 0
}

/// Later than the median of the eleven below, which is to say: later than at least six of them; and not too far ahead.
fn in_time(below: [u32; MEDIAN_BLOCKS], run: &[u8], latest: u32) -> bool {
    let mut times = [0; MEDIAN_BLOCKS + RUN];
    times[..MEDIAN_BLOCKS].copy_from_slice(&below);
    let headers = run.as_chunks::<HEADER_BYTES>().0;
    for (time, header) in times[MEDIAN_BLOCKS..].iter_mut().zip(headers) {
        *time = time_of(header);
    }
    let times = &times[..MEDIAN_BLOCKS + headers.len()];
    let mut bad = 0;
    // side by side, which the compiler turns into vectors; then those left over
    let mut at = 0;
    while let Some(together) = times.get(at..at + MEDIAN_BLOCKS + TOGETHER) {
        bad |= early_or_late::<TOGETHER>(together, latest);
        at += TOGETHER;
    }
    for window in times[at..].windows(MEDIAN_BLOCKS + 1) {
        bad |= early_or_late::<1>(window, latest);
    }
    bad == 0
}

/// Not 0 where any of the last `N` times is not later than six of the eleven before it, or later than the latest.
#[inline(always)]
fn early_or_late<const N: usize>(times: &[u32], latest: u32) -> u32 {
    let (mut earlier, mut bad) = ([0_u32; N], 0);
    let newest: &[u32; N] = times[MEDIAN_BLOCKS..].first_chunk().unwrap_or(&[0; N]);
    for back in 0..MEDIAN_BLOCKS {
        let below: &[u32; N] = times[back..].first_chunk().unwrap_or(&[0; N]);
        for ((earlier, below), time) in earlier.iter_mut().zip(below).zip(newest) {
            *earlier += u32::from(below < time);
        }
    }
    for (earlier, time) in earlier.iter().zip(newest) {
        bad |= u32::from(*earlier < 6) | u32::from(*time > latest);
    }
    bad
}

fn array<const N: usize>(header: &[u8; HEADER_BYTES], from: usize) -> &[u8; N] {
    // a constant place in an array of constant length: no check is left after compiling
    match header[from..].first_chunk() {
        Some(bytes) => bytes,
        None => &[0; N],
    }
}

//! What is left over when messages do not fill the lanes.

use crate::Hash;

/// Hashes whole batches of `LANES` rows with `batches`. What is left over goes to one more batch, filled up with
/// zeroes, when that is faster than one after the other with `few`.
pub(crate) fn in_batches<const LANES: usize, const ROW: usize>(
    rows: &[[u8; ROW]],
    out: &mut [Hash],
    batches: impl Fn(&[[u8; ROW]], &mut [Hash]),
    few: impl Fn(&[[u8; ROW]], &mut [Hash]),
) {
    let whole = rows.len() - rows.len() % LANES;
    if whole > 0 {
        batches(&rows[..whole], &mut out[..whole]);
    }
    let (rows, out) = (&rows[whole..], &mut out[whole..]);
    if rows.len() < ENOUGH {
        return few(rows, out);
    }
    let (mut filled, mut hashes) = ([[0; ROW]; LANES], [[0; 32]; LANES]);
    filled[..rows.len()].copy_from_slice(rows);
    batches(&filled, &mut hashes);
    out.copy_from_slice(&hashes[..out.len()]);
}

/// From this many messages on, a batch of 16 that is not full takes less time than SHA-NI.
const ENOUGH: usize = 8;

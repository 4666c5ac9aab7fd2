-- Coinbases that were proven after they were stored, by whole blocks (`hashwatch audit`), and what only those tell.
-- No commit mark: a proof speaks of a hash, whatever chain it is on, one insert is whole or not at all, and the same proof
-- twice says no more than once.
CREATE TABLE IF NOT EXISTS proofs
(
    height UInt32,
    hash FixedString(32),
    size UInt32,
    weight UInt32,
    proven_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = MergeTree
ORDER BY (height, hash)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1

-- Each change of a node's tip that hashwatch saw: the tip, the one that it left, and the last block that both chains share
-- (the tip left, where the chain merely grew). No commit mark, as with proofs.
CREATE TABLE IF NOT EXISTS tips
(
    node LowCardinality(String),
    seen_at DateTime64(3, 'UTC'),
    height UInt32,
    hash FixedString(32),
    left_height UInt32,
    left_hash FixedString(32),
    ancestor_height UInt32,
    ancestor_hash FixedString(32)
)
ENGINE = MergeTree
ORDER BY (seen_at, node)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1

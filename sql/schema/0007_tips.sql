-- What was seen of nodes' active chains while hashwatch watched: one row each time that a node's tip was found to have changed.
-- `left_height` and `left_hash` are the tip before, `ancestor_height` and `ancestor_hash` the last block that both chains
-- share: the tip before where the node merely went on. Like a proof it carries no commit: it speaks of a node and a moment, not of
-- our chain.
CREATE TABLE IF NOT EXISTS tips
(
    node String,
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
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_free_disk_bytes_to_perform_insert = 33554432

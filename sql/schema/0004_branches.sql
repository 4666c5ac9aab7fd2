-- Which blocks left the active chain or came back to it, and with which mark. A block that never did either has no row.
CREATE TABLE IF NOT EXISTS branches
(
    hash FixedString(32),
    height UInt32,
    commit UInt64,
    stale Bool
)
ENGINE = MergeTree
ORDER BY (hash, commit)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1

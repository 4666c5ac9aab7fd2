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
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_free_disk_bytes_to_perform_insert = 33554432

-- Notices that could not be delivered. state: dead, again (an operator wants it tried once more), done.
CREATE TABLE IF NOT EXISTS dead_letters
(
    id UInt64,
    seq UInt64,
    version UInt64,
    state LowCardinality(String),
    reason String,
    tries UInt32,
    at UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (id, seq)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_free_disk_bytes_to_perform_insert = 33554432

-- How far each subscription is served: every notice up to seq, the next one failed so many times since, and is tried again at next_at
-- (Unix milliseconds, 0 for neither).
CREATE TABLE IF NOT EXISTS progress
(
    id UInt64,
    version UInt64,
    seq UInt64,
    tries UInt32,
    since UInt64,
    next_at UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY id
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_free_disk_bytes_to_perform_insert = 33554432

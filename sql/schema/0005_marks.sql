-- Commit marks. A chunk's rows are written first and its mark last, the newest mark is what readers see. Numbers grow and
-- are never used twice: a write that failed leaves rows whose mark never comes.
-- `parent_height` is where the chunk stood: below the mark before it in a reorg, NULL at the start of the chain.
CREATE TABLE IF NOT EXISTS marks
(
    commit UInt64,
    height UInt32,
    hash FixedString(32),
    time UInt32,
    median_time UInt32,
    parent_height Nullable(UInt32),
    registry_version LowCardinality(String),
    written_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = MergeTree
ORDER BY commit
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_free_disk_bytes_to_perform_insert = 33554432

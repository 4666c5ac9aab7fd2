-- The chain this database belongs to, one row, written when the database is made.
CREATE TABLE IF NOT EXISTS origin
(
    network LowCardinality(String),
    start FixedString(32),
    simulated Bool,
    hash_scale Float64
)
ENGINE = MergeTree
ORDER BY tuple()
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_free_disk_bytes_to_perform_insert = 33554432

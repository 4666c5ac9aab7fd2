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
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1

-- What was said of alerts: a row for each notice, and one more each time that a reorg moved it to another block (`revision` grows by
-- one), the highest revision of a `seq` counts, and only `height`, `hash`, `time`, `measures`, `first_height` and `first_hash` differ
-- between them. What was said together, and up to which block everything was evaluated then (`evaluated_height`, `evaluated_hash`), is
-- one insert, which is there whole or not at all, `step` orders these, here and in the table evaluated.
-- Like a proof a notice carries no commit: it was said as of a block, whatever becomes of that.
-- Measures: name, unit, value, 95 % interval (two numbers or none, unnamed, as the Rust client reads no names in tuples).
CREATE TABLE IF NOT EXISTS notices
(
    seq UInt64,
    revision UInt32,
    step UInt64,
    alert UInt64,
    rule LowCardinality(String),
    subject_kind LowCardinality(String),
    subject_id String,
    subject_name String,
    change LowCardinality(String),
    from_level UInt8,
    level UInt8,
    threshold Float64,
    height UInt32,
    hash FixedString(32),
    time UInt32,
    measures Array(Tuple(String, String, Float64, Array(Float64))),
    registry_version LowCardinality(String),
    said_at DateTime64(3, 'UTC'),
    historic Bool,
    first_height Nullable(UInt32),
    first_hash Nullable(FixedString(32)),
    evaluated_height UInt32,
    evaluated_hash FixedString(32),
    written_at DateTime64(3, 'UTC') DEFAULT now64(3),
    INDEX by_alert alert TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (seq, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_free_disk_bytes_to_perform_insert = 33554432

-- When each node was first seen to have a block, whatever chain it lies on. A block that was there when hashwatch began to
-- watch has no row. One that is noted twice counts from its earliest row, so it carries no commit either.
CREATE TABLE IF NOT EXISTS sightings
(
    height UInt32,
    hash FixedString(32),
    node String,
    seen_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (height, hash, node)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_free_disk_bytes_to_perform_insert = 33554432

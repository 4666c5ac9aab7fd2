-- Which key the rest is sealed under, told without telling it: one row.
CREATE TABLE IF NOT EXISTS key_mark
(
    mark FixedString(32)
)
ENGINE = MergeTree
ORDER BY mark
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_free_disk_bytes_to_perform_insert = 33554432

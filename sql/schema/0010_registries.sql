-- Registries that opinions were formed under, each with the files that it was made of: so that an opinion of long ago can be told
-- with the names of then. Written before the first opinion under it, and never changed.
-- Files: name, text (unnamed, as the Rust client reads no names in tuples).
CREATE TABLE IF NOT EXISTS registries
(
    version String,
    files Array(Tuple(String, String)) CODEC(ZSTD(3)),
    written_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = MergeTree
ORDER BY version
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_free_disk_bytes_to_perform_insert = 33554432

-- What opens or leads to a subscriber: sealed (XChaCha20-Poly1305 under the key file, bound to row and column), or as a hash. Rows are
-- deleted with their subscription, and what was deleted leaves the disk within seconds. It is not compressed: it is noise.
CREATE TABLE IF NOT EXISTS secrets
(
    id UInt64,
    version UInt64,
    address String CODEC(NONE),
    target String CODEC(NONE),
    signing_key String CODEC(NONE),
    seed String CODEC(NONE),
    address_mark FixedString(32) CODEC(NONE),
    confirm_hash FixedString(32) CODEC(NONE),
    manage_hash FixedString(32) CODEC(NONE),
    unsubscribe_hash FixedString(32) CODEC(NONE)
)
ENGINE = ReplacingMergeTree(version)
ORDER BY id
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_free_disk_bytes_to_perform_insert = 33554432, old_parts_lifetime = 1, cleanup_delay_period = 1, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 1

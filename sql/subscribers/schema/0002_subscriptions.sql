-- Subscriptions, the newest version of each. Nothing here leads to whoever subscribed. What is gone stays as an id, so that none is
-- given twice.
-- due: what its mailbox or target is to be sent besides notices: confirm, welcome, test, or nothing.
CREATE TABLE IF NOT EXISTS subscriptions
(
    id UInt64,
    version UInt64,
    state LowCardinality(String),
    channel LowCardinality(String),
    filter String,
    due LowCardinality(String),
    requested_at UInt64,
    confirmed_at UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY id
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_free_disk_bytes_to_perform_insert = 33554432, old_parts_lifetime = 1, cleanup_delay_period = 1, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 1

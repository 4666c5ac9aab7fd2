-- Mails that asked an address to confirm: so many a day and no more. Addresses are told apart, not told.
CREATE TABLE IF NOT EXISTS confirmations
(
    address_mark FixedString(32),
    at DateTime
)
ENGINE = MergeTree
ORDER BY address_mark
TTL at + INTERVAL 2 DAY
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_free_disk_bytes_to_perform_insert = 33554432

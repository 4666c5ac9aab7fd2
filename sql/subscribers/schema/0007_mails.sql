-- Mails with notices that an address was sent: so many a day and no more, whoever counts. Addresses are told apart, not told.
CREATE TABLE IF NOT EXISTS mails
(
    address_mark FixedString(32),
    at DateTime
)
ENGINE = MergeTree
ORDER BY at
TTL at + INTERVAL 2 DAY
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_free_disk_bytes_to_perform_insert = 33554432

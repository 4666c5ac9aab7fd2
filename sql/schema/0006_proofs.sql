-- Coinbases proven after their block was stored: the merkle root of the header computed from the whole block, and what that
-- block measures. A row here outweighs `coinbase_proof`, `size` and `weight` in the table blocks.
-- It carries no commit: a proof speaks of a hash, which is the same on every chain and under every mark. One insert is one part,
-- there whole or not at all, and nothing else must be there with it. The same proof twice says the same.
CREATE TABLE IF NOT EXISTS proofs
(
    height UInt32,
    hash FixedString(32),
    size UInt32,
    weight UInt32,
    proven_at DateTime64(3, 'UTC') DEFAULT now64(3),
    INDEX by_hash hash TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (height, hash)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_free_disk_bytes_to_perform_insert = 33554432

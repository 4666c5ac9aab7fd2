-- Facts: one row a block, active or stale, written once. Hashes stand as they are written, most significant byte first.
-- `commit` is the number of the mark that makes the row visible: without that mark it is what a failed write left.
CREATE TABLE IF NOT EXISTS blocks
(
    height UInt32,
    hash FixedString(32),
    commit UInt64,
    version Int32,
    prev_hash FixedString(32),
    merkle_root FixedString(32),
    time UInt32,
    bits UInt32,
    nonce UInt32,
    median_time UInt32,
    chainwork FixedString(32),
    tx_count UInt32,
    size Nullable(UInt32),
    weight Nullable(UInt32),
    subsidy UInt64,
    reward UInt64,
    coinbase_txid FixedString(32),
    coinbase_script String,
    coinbase_outputs UInt32,
    coinbase_tx String CODEC(ZSTD(1)),
    coinbase_proof LowCardinality(String),
    INDEX by_hash hash TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_commit commit TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (height, hash, commit)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_free_disk_bytes_to_perform_insert = 33554432

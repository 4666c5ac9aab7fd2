-- Opinions: who mined a block, under which version of the registry, on what evidence. An empty pool is Unknown.
-- Evidence: kind, pool, value, offset, source, outside: whether the block lies outside the time of the claim, so that it does not
-- count (unnamed, as the Rust client reads no names in tuples).
-- No fsync: what a power failure takes is missed at the next start and formed anew from the facts, and the next block need not
-- wait for the disk twice.
CREATE TABLE IF NOT EXISTS opinions
(
    registry_version LowCardinality(String),
    height UInt32,
    hash FixedString(32),
    commit UInt64,
    pool LowCardinality(String),
    strength LowCardinality(String),
    evidence Array(Tuple(String, String, String, UInt32, String, Bool)) CODEC(ZSTD(1)),
    INDEX by_commit commit TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (registry_version, height, hash, commit)
SETTINGS min_free_disk_bytes_to_perform_insert = 33554432

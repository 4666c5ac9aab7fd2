-- When a node was first seen to have a block on its active chain, while hashwatch watched. No commit mark, as with proofs:
-- readers take the earliest.
CREATE TABLE IF NOT EXISTS sightings
(
    height UInt32,
    hash FixedString(32),
    node LowCardinality(String),
    seen_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (height, hash, node)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1

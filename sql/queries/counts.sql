-- How many blocks there are. The active chain has no gaps, and nothing is kept below its start: so its ends tell.
-- Parameters: tip, commit. Columns: active, stale.
SELECT
    assumeNotNull((
        SELECT toUInt64({tip:UInt32} + 1 - height) FROM kept_blocks(commit = {commit:UInt64}) ORDER BY height LIMIT 1
    )) AS active,
    assumeNotNull((SELECT count() FROM stale_hashes(commit = {commit:UInt64}))) AS stale

-- How many blocks there are. The active chain has no gaps, so its ends tell. Parameters: tip, commit. Columns: active, stale.
SELECT
    assumeNotNull((
        SELECT toUInt64({tip:UInt32} + 1 - height) FROM active_blocks(tip = {tip:UInt32}, commit = {commit:UInt64})
        ORDER BY height LIMIT 1
    )) AS active,
    assumeNotNull((SELECT count() FROM stale_hashes(commit = {commit:UInt64}))) AS stale

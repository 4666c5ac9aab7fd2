-- How many blocks there are. Parameters: tip, commit. Columns: active, stale.
SELECT
    assumeNotNull((SELECT count() FROM active_blocks(tip = {tip:UInt32}, commit = {commit:UInt64}))) AS active,
    assumeNotNull((SELECT count() FROM stale_hashes(commit = {commit:UInt64}))) AS stale

-- How many blocks there are. Parameters: tip, commit. Columns: active, stale.
SELECT
    assumeNotNull((SELECT count() FROM active_blocks(tip = {tip:UInt32}, commit = {commit:UInt64}))) AS active,
    assumeNotNull((SELECT uniqExact(hash) FROM blocks WHERE commit <= {commit:UInt64} AND hash IN (
        SELECT hash FROM branches WHERE commit <= {commit:UInt64} GROUP BY hash HAVING argMax(stale, commit)
    ))) AS stale

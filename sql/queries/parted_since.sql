-- Whether marks after one of them, up to another, changed which blocks are stale. Parameters: after, commit. Columns: parted.
SELECT count() > 0 AS parted FROM branches
WHERE commit > {after:UInt64} AND commit IN (SELECT commit FROM marks WHERE commit > {after:UInt64} AND commit <= {commit:UInt64})

-- Whether marks after one of them, up to another, changed which blocks are stale, or that one is gone, as in a database that went
-- back in time. Parameters: after, commit. Columns: parted.
SELECT count() > 0 OR {after:UInt64} NOT IN (SELECT commit FROM marks) AS parted FROM branches
WHERE commit > {after:UInt64} AND commit IN (SELECT commit FROM marks WHERE commit > {after:UInt64} AND commit <= {commit:UInt64})

-- The highest block that is kept, on any branch. Parameter: commit. Column: height.
SELECT max(height) AS height FROM blocks WHERE commit <= {commit:UInt64}

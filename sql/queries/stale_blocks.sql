-- Stale blocks, newest first. Parameters: commit, limit. Columns: height, hash.
SELECT height, hash FROM branches WHERE commit <= {commit:UInt64}
GROUP BY height, hash HAVING argMax(stale, commit) ORDER BY height DESC, hash LIMIT {limit:UInt32}

-- Stale blocks, newest first. Parameters: commit, limit. Columns: height, hash.
SELECT height, hash FROM stale_hashes(commit = {commit:UInt64}) ORDER BY height DESC, hash LIMIT {limit:UInt32}

-- Blocks that are called stale and whose facts are there. Parameter: commit. Columns: height, hash.
SELECT height, hash FROM kept_blocks(commit = {commit:UInt64})
WHERE hash IN (SELECT hash FROM stale_hashes(commit = {commit:UInt64}))

-- Kept blocks drawn by chance, the same ones for the same seed. Parameters: commit, seed, limit. Columns: height, hash.
SELECT height, hash FROM kept_blocks(commit = {commit:UInt64})
ORDER BY sipHash64({seed:UInt64}, hash), height LIMIT {limit:UInt32}

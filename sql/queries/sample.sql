-- Kept blocks drawn at random: the same seed draws the same ones. Parameters: commit, seed, limit. Columns: height, hash.
SELECT height, hash FROM kept_blocks(commit = {commit:UInt64})
ORDER BY sipHash64({seed:UInt64}, hash), hash LIMIT {limit:UInt32}

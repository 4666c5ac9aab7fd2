-- Kept blocks above a place in the order of heights and hashes whose coinbase nobody has proven.
-- Parameters: commit, after_height, after_hash (64 hex digits), limit. Columns: height, hash, lowest first.
SELECT height, hash FROM kept_blocks(commit = {commit:UInt64})
WHERE height >= {after_height:UInt32}
  AND (height, hash) > ({after_height:UInt32}, toFixedString(unhex({after_hash:String}), 32))
  AND coinbase_proof != 'merkle' AND (height, hash) NOT IN (SELECT height, hash FROM proofs)
ORDER BY height, hash LIMIT {limit:UInt32}

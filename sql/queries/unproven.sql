-- Kept blocks whose coinbase nothing but a node or a file vouches for, after one of them, lowest first.
-- Parameters: commit, from, after (height and 64 hex digits: blocks above `from`, and of its height those with a higher hash),
-- limit. Columns: height, hash.
SELECT height, hash FROM kept_blocks(commit = {commit:UInt64})
WHERE height >= {from:UInt32} AND (height > {from:UInt32} OR hash > unhex({after:String}))
  AND coinbase_proof != 'merkle'
  AND hash NOT IN (SELECT hash FROM proofs WHERE height >= {from:UInt32})
ORDER BY height, hash LIMIT {limit:UInt32}

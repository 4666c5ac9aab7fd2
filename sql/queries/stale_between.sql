-- Stale blocks between two heights and who mined them. A coinbase proven since counts as proven.
-- Parameters: commit, registry, from, to.
-- Columns: height, hash, prev_hash, time, coinbase_proof, pool, was_active (it was part of the active chain once), newest first.
SELECT kept.height AS height, kept.hash AS hash, prev_hash, time,
    if(kept.hash IN (SELECT hash FROM proofs WHERE height IN (SELECT height FROM stale_hashes(commit = {commit:UInt64}))),
        'merkle', CAST(coinbase_proof, 'String')) AS coinbase_proof,
    CAST(opinions.pool, 'String') AS pool, gone.first != kept.commit OR gone.returned AS was_active
FROM kept_blocks(commit = {commit:UInt64}) AS kept
INNER JOIN (
    SELECT hash, min(commit) AS first, max(NOT branches.stale) AS returned FROM branches
    WHERE commit IN (SELECT commit FROM marks WHERE commit <= {commit:UInt64})
    GROUP BY hash HAVING argMax(branches.stale, commit)
) AS gone ON gone.hash = kept.hash
LEFT JOIN (
    SELECT hash, any(pool) AS pool FROM kept_opinions(commit = {commit:UInt64})
    WHERE registry_version = {registry:String} AND height BETWEEN {from:UInt32} AND {to:UInt32}
      AND height IN (SELECT height FROM stale_hashes(commit = {commit:UInt64}))
      AND hash IN (SELECT hash FROM stale_hashes(commit = {commit:UInt64}))
    GROUP BY hash
) AS opinions ON opinions.hash = kept.hash
WHERE kept.height BETWEEN {from:UInt32} AND {to:UInt32}
  AND kept.height IN (SELECT height FROM stale_hashes(commit = {commit:UInt64}))
  AND kept.hash IN (SELECT hash FROM stale_hashes(commit = {commit:UInt64}))
ORDER BY height DESC, hash

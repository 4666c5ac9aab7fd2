-- A proof says the size and weight that were stored with a block that was proven then, and says them every time.
SELECT concat('height ', toString(height), ': ', lower(hex(hash)), ' has more than one size or weight') AS finding
FROM (
    SELECT height, hash, size, weight FROM proofs
    UNION ALL
    SELECT height, hash, assumeNotNull(size), assumeNotNull(weight) FROM kept_blocks(commit = {commit:UInt64})
    WHERE coinbase_proof = 'merkle' AND size IS NOT NULL AND weight IS NOT NULL
      AND hash IN (SELECT hash FROM proofs)
)
GROUP BY height, hash HAVING min(size) != max(size) OR min(weight) != max(weight)
ORDER BY height LIMIT 20

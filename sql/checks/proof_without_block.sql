-- A later proof is of a block that is kept, and its size and weight are those that were stored with the block.
SELECT concat('height ', toString(proofs.height), ': a proof of ', lower(hex(proofs.hash)),
    if(kept.height = proofs.height, ', which has another size or weight', ', which is not kept')) AS finding
FROM proofs LEFT JOIN (
    SELECT height, hash, size, weight FROM kept_blocks(commit = {commit:UInt64}) WHERE hash IN (SELECT hash FROM proofs)
) AS kept ON kept.hash = proofs.hash
WHERE kept.hash != proofs.hash OR kept.height != proofs.height
   OR ifNull(kept.size, proofs.size) != proofs.size OR ifNull(kept.weight, proofs.weight) != proofs.weight
ORDER BY proofs.height LIMIT 20

-- No proof speaks of a block that is not kept. One may have been kept after this mark.
SELECT concat('height ', toString(height), ': a proof of ', lower(hex(hash)), ', which is not kept') AS finding
FROM proofs
WHERE (height, hash) NOT IN (SELECT height, hash FROM blocks WHERE commit IN (SELECT commit FROM marks))
ORDER BY height LIMIT 20

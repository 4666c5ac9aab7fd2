-- How the coinbases of all kept blocks are tied to their headers. Parameter: commit. Columns: merkle, node, file.
SELECT countIf(proof = 'merkle') AS merkle, countIf(proof = 'node') AS node, countIf(proof = 'file') AS file
FROM (
    SELECT if((height, hash) IN (SELECT height, hash FROM proofs), 'merkle', CAST(coinbase_proof, 'String')) AS proof
    FROM kept_blocks(commit = {commit:UInt64})
)

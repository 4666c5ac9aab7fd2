-- How many kept blocks have a coinbase that is proven, or that a node or a file vouches for. Parameter: commit.
-- Columns: merkle, node, file.
SELECT countIf(word = 'merkle' OR proven) AS merkle, countIf(word = 'node' AND NOT proven) AS node,
    countIf(word = 'file' AND NOT proven) AS file
FROM (
    SELECT coinbase_proof AS word, coinbase_proof != 'merkle' AND hash IN (SELECT hash FROM proofs) AS proven
    FROM kept_blocks(commit = {commit:UInt64})
)

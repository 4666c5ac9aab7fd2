-- The coinbase script stands in the coinbase transaction, and neither is empty.
SELECT concat('height ', toString(height), ': the coinbase script is not that of the coinbase transaction') AS finding
FROM kept_blocks(commit = {commit:UInt64})
WHERE (empty(coinbase_script) OR position(coinbase_tx, coinbase_script) = 0)
ORDER BY height LIMIT 20

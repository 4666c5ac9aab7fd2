-- The newest active blocks of Unknown between two heights, with their coinbases. One longer than `longest` bytes comes without
-- its transaction, so that an answer is bounded: then its outputs are not looked at.
-- Parameters: tip, commit, registry, from, to, longest, limit. Columns: height, hash, time, coinbase_script, coinbase_tx.
SELECT height, hash, time, coinbase_script, if(length(coinbase_tx) <= {longest:UInt32}, coinbase_tx, '') AS coinbase_tx
FROM active_blocks(tip = {tip:UInt32}, commit = {commit:UInt64})
WHERE hash IN (
    SELECT hash FROM active_opinions(tip = {tip:UInt32}, commit = {commit:UInt64}, registry = {registry:String})
    WHERE pool = '' AND height BETWEEN {from:UInt32} AND {to:UInt32}
    ORDER BY height DESC LIMIT {limit:UInt32}
) AND height BETWEEN {from:UInt32} AND {to:UInt32}
ORDER BY height DESC

-- The active chain between two heights. Parameters: tip, commit, from, to. Columns: height, hash.
SELECT height, hash FROM active_blocks(tip = {tip:UInt32}, commit = {commit:UInt64})
WHERE height BETWEEN {from:UInt32} AND {to:UInt32} ORDER BY height

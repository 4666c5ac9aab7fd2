-- The active chain between two heights with how strong the evidence is for each name: empty for Unknown. There may be a million rows,
-- read one after the other. Parameters: tip, commit, registry, from, to. Columns: height, hash, strength, lowest first.
SELECT height, hash, CAST(strength, 'String') AS strength
FROM active_opinions(tip = {tip:UInt32}, commit = {commit:UInt64}, registry = {registry:String})
WHERE height BETWEEN {from:UInt32} AND {to:UInt32}
ORDER BY height

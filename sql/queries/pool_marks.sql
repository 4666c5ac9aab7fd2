-- By which mark the blocks of a pool were named. Parameters: tip, commit, registry, pool.
-- Columns: kind, value, blocks, first, last (heights), most blocks first.
SELECT evidence[1].1 AS kind, evidence[1].3 AS value, count() AS blocks, min(height) AS first, max(height) AS last
FROM active_opinions(tip = {tip:UInt32}, commit = {commit:UInt64}, registry = {registry:String})
WHERE pool = {pool:String}
GROUP BY kind, value ORDER BY blocks DESC, kind, value

-- The lowest active block whose median time past is later than a time, and the lowest of all.
-- Parameters: tip, commit, after. Columns: first, lowest.
SELECT minIf(height, median_time > {after:Int64}) AS first, min(height) AS lowest
FROM active_blocks(tip = {tip:UInt32}, commit = {commit:UInt64})

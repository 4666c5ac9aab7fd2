-- Chainwork and times of one active block. Parameters: tip, commit, height. Columns: chainwork, time, median_time.
SELECT chainwork, time, median_time FROM active_blocks(tip = {tip:UInt32}, commit = {commit:UInt64})
WHERE height = {height:UInt32}

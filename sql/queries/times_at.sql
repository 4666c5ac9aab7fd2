-- When some active blocks say that they were mined. Parameters: tip, commit, heights. Columns: height, time.
SELECT height, time FROM active_blocks(tip = {tip:UInt32}, commit = {commit:UInt64}) WHERE height IN {heights:Array(UInt32)}

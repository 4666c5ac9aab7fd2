-- What kept blocks at some heights stand on. Parameters: commit, heights. Columns: hash, prev_hash.
SELECT hash, prev_hash FROM kept_blocks(commit = {commit:UInt64}) WHERE height IN {heights:Array(UInt32)}

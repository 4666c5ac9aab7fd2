-- The highest block that is kept, on any branch. Parameter: commit. Column: height.
SELECT max(height) AS height FROM kept_blocks(commit = {commit:UInt64})

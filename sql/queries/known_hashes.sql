-- Blocks that are kept between two heights, on any branch. Parameters: commit, from, to. Columns: height, hash.
SELECT height, hash FROM kept_blocks(commit = {commit:UInt64}) WHERE height BETWEEN {from:UInt32} AND {to:UInt32}

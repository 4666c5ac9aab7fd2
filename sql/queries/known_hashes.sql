-- Blocks that are kept between two heights, on any branch. Parameters: from, to. Columns: height, hash.
SELECT DISTINCT height, hash FROM blocks WHERE height BETWEEN {from:UInt32} AND {to:UInt32}

-- What later proofs tell of blocks at given heights. Parameter: heights. Columns: height, hash, size, weight.
SELECT DISTINCT height, hash, size, weight FROM proofs WHERE height IN {heights:Array(UInt32)}

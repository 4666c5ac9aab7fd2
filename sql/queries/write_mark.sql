-- Writes a mark, if the newest one is still the one that the chunk was made upon, and if all rows of the attempt are there:
-- an answer that got lost, another writer, a mark that comes after its rows were taken away, or a database that went back
-- in time are seen this way. The number is the attempt's alone and no insert of it comes twice, so a table never has more rows
-- than it wrote, and the sum is whole only if each table is.
-- Parameters: before (0 for none), commit, height, hash (64 hex digits), time, median_time, parent_height, registry, and rows, how
-- many there must be in blocks, opinions and branches together.
INSERT INTO marks (commit, height, hash, time, median_time, parent_height, registry_version)
SELECT {commit:UInt64}, {height:UInt32}, unhex({hash:String}), {time:UInt32}, {median_time:UInt32},
    {parent_height:Nullable(UInt32)}, {registry:String}
FROM (SELECT max(commit) AS newest FROM marks) AS last, (
    SELECT count() AS found FROM (
        SELECT 1 FROM blocks WHERE commit = {commit:UInt64}
        UNION ALL SELECT 1 FROM opinions WHERE commit = {commit:UInt64}
        UNION ALL SELECT 1 FROM branches WHERE commit = {commit:UInt64})
) AS written
WHERE newest = {before:UInt64} AND found = {rows:UInt64}

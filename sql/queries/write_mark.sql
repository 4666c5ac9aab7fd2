-- Writes a mark, if the newest one is still the one that the chunk was made upon, and if all rows of the attempt are there:
-- an answer that got lost, another writer, a mark that comes after its rows were taken away, or a database that went back
-- in time are seen this way.
-- Parameters: before (0 for none), commit, height, hash (64 hex digits), time, median_time, parent_height, registry,
-- and how many rows there must be: blocks, attributions, branches.
INSERT INTO marks (commit, height, hash, time, median_time, parent_height, registry_version)
SELECT {commit:UInt64}, {height:UInt32}, unhex({hash:String}), {time:UInt32}, {median_time:UInt32},
    {parent_height:Nullable(UInt32)}, {registry:String}
WHERE (SELECT max(commit) FROM marks) = {before:UInt64}
  AND (SELECT count() FROM blocks WHERE commit = {commit:UInt64}) = {blocks:UInt64}
  AND (SELECT count() FROM attributions WHERE commit = {commit:UInt64}) = {attributions:UInt64}
  AND (SELECT count() FROM branches WHERE commit = {commit:UInt64}) = {branches:UInt64}

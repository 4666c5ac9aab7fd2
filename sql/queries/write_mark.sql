-- Writes a mark, if the newest one is still the one that the chunk was made upon: an answer that got lost, another writer
-- or a database that went back in time are seen this way.
-- Parameters: before (0 for none), commit, height, hash (64 hex digits), time, median_time, parent_height, registry.
INSERT INTO marks (commit, height, hash, time, median_time, parent_height, registry_version)
SELECT {commit:UInt64}, {height:UInt32}, unhex({hash:String}), {time:UInt32}, {median_time:UInt32},
    {parent_height:Nullable(UInt32)}, {registry:String}
WHERE (SELECT max(commit) FROM marks) = {before:UInt64}

-- Each block has an opinion under the mark's version of the registry.
SELECT concat('height ', toString(height), ': no opinion on ', lower(hex(hash))) AS finding
FROM kept_blocks(commit = {commit:UInt64})
WHERE (height, hash) NOT IN (
    SELECT height, hash FROM kept_opinions(commit = {commit:UInt64}) WHERE registry_version = {registry:String})
ORDER BY height LIMIT 20

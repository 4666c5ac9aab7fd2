-- Each block has an opinion under the mark's version of the registry.
SELECT concat('height ', toString(height), ': no opinion on ', lower(hex(hash))) AS finding
FROM blocks
WHERE commit <= {commit:UInt64} AND (height, hash) NOT IN (
    SELECT height, hash FROM attributions WHERE registry_version = {registry:String} AND commit <= {commit:UInt64})
ORDER BY height LIMIT 20

-- A row's header fields hash to its hash.
SELECT concat('height ', toString(height), ': the header does not hash to ', lower(hex(hash))) AS finding
FROM kept_blocks(commit = {commit:UInt64})
WHERE hash != reverse(SHA256(SHA256(concat(
    reinterpretAsFixedString(version), reverse(prev_hash), reverse(merkle_root),
    reinterpretAsFixedString(time), reinterpretAsFixedString(bits), reinterpretAsFixedString(nonce)))))
ORDER BY height LIMIT 20

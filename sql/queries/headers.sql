-- The active chain's headers, lowest first. Parameters: tip, commit.
-- Columns: height, hash, version, prev_hash, merkle_root, time, bits, nonce.
SELECT height, hash, version, prev_hash, merkle_root, time, bits, nonce
FROM active_blocks(tip = {tip:UInt32}, commit = {commit:UInt64}) ORDER BY height

-- The active chain's headers and what was computed of them, lowest first. Parameters: tip, commit.
-- Columns: height, hash, version, prev_hash, merkle_root, time, bits, nonce, median_time, chainwork.
SELECT height, hash, version, prev_hash, merkle_root, time, bits, nonce, median_time, chainwork
FROM active_blocks(tip = {tip:UInt32}, commit = {commit:UInt64}) ORDER BY height

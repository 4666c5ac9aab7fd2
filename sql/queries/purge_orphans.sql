-- Takes away opinions on blocks whose facts were lost: they come again with the blocks.
ALTER TABLE opinions DELETE WHERE (height, hash) NOT IN (SELECT height, hash FROM blocks) SETTINGS mutations_sync = 2

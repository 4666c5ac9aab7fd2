-- The chain this database belongs to. Columns: network, start, simulated, hash_scale.
SELECT network, start, simulated, hash_scale FROM origin

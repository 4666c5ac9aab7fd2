-- What is sealed of the subscriptions {ids}, by row: id, version, address, target, signing_key, seed, address_mark, confirm_hash,
-- manage_hash, unsubscribe_hash.
SELECT
    id, version, address, target, signing_key, seed, address_mark, confirm_hash, manage_hash, unsubscribe_hash
FROM secrets FINAL
WHERE id IN {ids:Array(UInt64)}

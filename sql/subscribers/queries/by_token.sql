-- What is sealed of whoever has a token with the SHA-256 {hash} (hexadecimal), for whichever purpose: columns as in secrets.
SELECT
    id, version, address, target, signing_key, seed, address_mark, confirm_hash, manage_hash, unsubscribe_hash
FROM secrets FINAL
WHERE confirm_hash = unhex({hash:String}) OR manage_hash = unhex({hash:String}) OR unsubscribe_hash = unhex({hash:String})

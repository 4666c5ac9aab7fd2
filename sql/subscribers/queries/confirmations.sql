-- Wishes whose mail asked to confirm, beside the wish {id}: those of an address (its mark, in hexadecimal) and of a domain (the same) since
-- {day}, of all since {hour} (Unix seconds), and how often {id} itself was counted: of_address, of_domain, of_all, own.
SELECT
    uniqExactIf(id, address_mark = unhex({mark:String}) AND id != {id:UInt64}) AS of_address,
    uniqExactIf(id, domain_mark = unhex({domain:String}) AND id != {id:UInt64}) AS of_domain,
    uniqExactIf(id, at >= toDateTime({hour:UInt32}, 'UTC') AND id != {id:UInt64}) AS of_all,
    countIf(id = {id:UInt64}) AS own
FROM confirmations
WHERE at >= toDateTime({day:UInt32}, 'UTC') OR id = {id:UInt64}

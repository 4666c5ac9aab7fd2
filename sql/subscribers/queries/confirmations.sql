-- Wishes whose mail asked an address (its mark, in hexadecimal) to confirm since {day} (Unix seconds), beside the wish {id}, and how often
-- that one was counted: of_address, own.
SELECT
    uniqExactIf(id, address_mark = unhex({mark:String}) AND id != {id:UInt64}) AS of_address,
    countIf(id = {id:UInt64}) AS own
FROM confirmations
WHERE at >= toDateTime({day:UInt32}, 'UTC') OR id = {id:UInt64}

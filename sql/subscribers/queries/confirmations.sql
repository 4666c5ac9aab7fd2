-- Mails that asked an address (its mark, in hexadecimal) to confirm since {since} (Unix seconds).
SELECT count()
FROM confirmations
WHERE address_mark = unhex({mark:String}) AND at >= toDateTime({since:UInt32}, 'UTC')

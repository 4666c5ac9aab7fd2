-- Subscriptions of an address (its mark, in hexadecimal) that are active.
SELECT count()
FROM subscriptions FINAL
WHERE state = 'active' AND id IN (SELECT id FROM secrets WHERE address_mark = unhex({mark:String}))
